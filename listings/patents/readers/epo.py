"""EPO Open Patent Services answers: exchange documents, full texts, families with legal events, register, searches.

A family answer is one record: it tells what family and which legal events belong to the publication that was asked
for. Full exchange documents inside a family count as documents of their own. A page-image answer names a publication
and its page counts, so it enriches that publication. Each line of a search result without biblio is a record that
only names a publication.
"""

from __future__ import annotations

import re
from datetime import date

from ..numbers import APPLICATION, GRANT, PUBLICATION, Number, NumberError, parse
from ..record import CitationIn, EventIn, PartyIn, PatentIn
from .classes import join, symbols, unique
from .dates import office_date
from .limits import Refused
from .xml_text import Element, below, child, children, paragraphs, text_of, value

RECORD_TAGS = (
    "exchange-document",
    "fulltext-document",
    "patent-family",
    "register-document",
    "inquiry-result",
    "search-result",
)
MARK_TAGS = ("standardization", "query", "classification-scheme", "classification-statistics", "biblio-search")

_COUNTRY_TAIL = re.compile(r"\s*\[([A-Z]{2})\]\s*$")
_CITED_CODE = re.compile(r"^[A-Z]$")

# Codes of the legal-event file whose ST.27 category is beyond doubt; all others keep their code and no category.
_CATEGORIES = {
    "17P": "D",
    "17Q": "D",
    "EEER": "D",
    "PGFP": "U",
    "FPAY": "U",
    "FEPP": "U",
    "MAFP": "U",
    "RFEE": "U",
    "PG25": "H",
    "LAPS": "H",
    "MKLA": "H",
    "GBPC": "H",
    "26N": "M",
    "AS": "R",
    "18D": "B",
    "18W": "B",
}


def read_epo(element: Element, name: str, context: dict[str, str]) -> list[PatentIn]:
    """The records in one element. Raises Refused when it names no document."""
    if name == "exchange-document":
        return [exchange_document(element)]
    if name == "fulltext-document":
        return [fulltext_document(element)]
    if name == "patent-family":
        nested = [exchange_document(each) for each in below(element, "exchange-document")]
        return [patent_family(element), *nested]
    if name == "register-document":
        return [register_document(element, context)]
    if name == "inquiry-result":
        return [inquiry_result(element)]
    nested = [exchange_document(each) for each in below(element, "exchange-document")]
    return nested or [search_line(each) for each in children(element, "publication-reference")]


def exchange_document(element: Element) -> PatentIn:
    record = PatentIn(source="epo_ops", office=element.get("country", ""), kind_code=element.get("kind", ""))
    record.family_id = element.get("family-id", "")
    biblio = child(element, "bibliographic-data")
    reference = child(biblio, "publication-reference")
    number, on = _document_id(reference, PUBLICATION)
    if number is None:
        number = _numbered(record.office, element.get("doc-number", ""), record.kind_code, PUBLICATION)
    _set_publication(record, number, on)
    application, filed_on = _document_id(child(biblio, "application-reference"), APPLICATION)
    record.application_number = application.canonical if application else ""
    record.filed_on = filed_on
    texts = [
        text_of(t)
        for t in (
            *children(biblio, "classifications-ipcr/classification-ipcr/text"),
            *children(biblio, "classification-ipc/text"),
        )
    ]
    record.ipc = unique([symbols(text) for text in texts])
    record.cpc = list(
        dict.fromkeys(
            symbol
            for each in children(biblio, "patent-classifications/patent-classification")
            if value(each, "section")
            and child(each, "combination-set") is None
            and (
                symbol := join(
                    value(each, "section") + value(each, "class") + value(each, "subclass"),
                    value(each, "main-group"),
                    value(each, "subgroup"),
                )
            )
        )
    )
    for claim in children(biblio, "priority-claims/priority-claim"):
        earlier, on = _document_id(claim, APPLICATION)
        if earlier is not None:
            record.priority.append((earlier.office, earlier.canonical, on))
    _parties(record, biblio, "applicants/applicant", "applicant-name/name", "applicant")
    _parties(record, biblio, "inventors/inventor", "inventor-name/name", "inventor")
    for title in children(biblio, "invention-title"):
        _put_text(record, "title", title.get("lang", ""), text_of(title))
    for abstract in children(element, "abstract"):
        _put_text(record, "abstract", abstract.get("lang", ""), paragraphs(abstract, "p"))
    record.citations = [_citation(each) for each in children(biblio, "references-cited/citation")]
    return record


def fulltext_document(element: Element) -> PatentIn:
    record = PatentIn(source="epo_ops", partial=True)
    number, on = _document_id(child(element, "bibliographic-data/publication-reference"), PUBLICATION)
    _set_publication(record, number, on)
    for claims in children(element, "claims"):
        if record.claims and claims.get("lang", "").lower() != "en":
            continue
        record.language = claims.get("lang", "").lower()
        texts = [text_of(t) for claim in children(claims, "claim") for t in children(claim, "claim-text")]
        record.claims = [claim for text in texts for claim in split_claims(text)]
    for description in children(element, "description"):
        if record.description and description.get("lang", "").lower() != "en":
            continue
        record.language = description.get("lang", "").lower()
        record.description = paragraphs(description, "p")
    return record


def split_claims(text: str) -> list[str]:
    """One claim a piece, when a source runs numbered claims together: cut where the next expected number stands."""
    text = re.sub(r"^[^0-9]{1,40}?(?=1\s*\.\s)", "", text)  # a heading, often misread by the scan
    starts, at, number = [], 0, 1
    while (
        match := re.compile(rf"(?:^|(?<=[\s.;:]))\(?{number}\s*[.)]\s*(?=[A-Z(\"“一-鿿])").search(text, at)
    ) is not None:
        if number == 1 and match.start() > 0:
            break
        starts.append(match.start())
        at, number = match.end(), number + 1
    if not starts:
        return [text] if text else []
    return [text[a:b].strip() for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def patent_family(element: Element) -> PatentIn:
    """The family and legal events of the publication asked for; events of other members' applications are left out."""
    record = PatentIn(source="epo_ops", partial=True)
    asked, on = _document_id(child(element, "publication-reference"), PUBLICATION)
    if asked is None:
        asked, on = _document_id(child(element, "application-reference"), APPLICATION)
    members = children(element, "family-member")
    own_applications: set[tuple[str, str]] = set()
    seen: list[tuple[Element, list[tuple[Number, date | None]], tuple[Number | None, date | None]]] = []
    for member in members:
        published = [
            found
            for each in children(member, "publication-reference")
            if (found := _document_id(each, PUBLICATION))[0] is not None
        ]
        applied = _document_id(child(member, "application-reference"), APPLICATION)
        pairs = [(number, day) for number, day in published if number is not None]
        seen.append((member, pairs, applied))
        if asked is not None:
            same = any((n.office, n.canonical) == (asked.office, asked.canonical) for n, _ in pairs)
            if (same or applied[0] == asked) and applied[0] is not None:
                own_applications.add((applied[0].office, applied[0].canonical))
    if asked is None and seen and seen[0][1]:
        asked, on = seen[0][1][0]
    if asked is None:
        raise Refused("no_number")
    for member, pairs, (application, filed_on) in seen:
        for number, day in pairs:
            if number.id not in record.family:
                record.family.append(number.id)
            is_own = application is not None and (application.office, application.canonical) in own_applications
            if is_own:
                record.publications.append((number.office, number.canonical, number.kind_code, day))
            if number.id == asked.id or (
                (number.office, number.canonical) == (asked.office, asked.canonical) and on is None
            ):
                on = day if number.kind_code == asked.kind_code or not asked.kind_code else on
        record.family_id = record.family_id or member.get("family-id", "")
        if application is not None and (application.office, application.canonical) in own_applications:
            record.application_number, record.filed_on = application.canonical, filed_on
            if not record.priority:
                for claim in children(member, "priority-claim"):
                    earlier, day = _document_id(claim, APPLICATION)
                    if earlier is not None:
                        record.priority.append((earlier.office, earlier.canonical, day))
            record.events += [
                event for legal in children(member, "legal") if (event := _legal(legal)) not in record.events
            ]
    if asked.kind == APPLICATION:
        record.office, record.application_number = asked.office, asked.canonical
    else:
        _set_publication(record, asked, on)
    record.publications = list(dict.fromkeys(record.publications))
    return record


def register_document(element: Element, context: dict[str, str]) -> PatentIn:
    record = PatentIn(source="epo_ops", office="EP", as_of=office_date(element.get("date-produced")))
    record.legal_status = element.get("status", "")
    biblio = child(element, "bibliographic-data")
    record.partial = biblio is None
    for reference in children(biblio, "publication-reference"):
        number, on = _document_id(reference, PUBLICATION)
        if number is None:
            continue
        record.publications.append((number.office, number.canonical, number.kind_code, on))
        if number.office == "EP" and not record.publication_number:
            _set_publication(record, number, on)
    for reference in children(biblio, "application-reference"):
        number, on = _document_id(reference, APPLICATION)
        if number is not None and number.office == "EP":
            record.application_number, record.filed_on = number.canonical, on
    if not record.publication_number:
        _register_number(record, context.get("query", ""))
    newest = child(biblio, "classifications-ipcr")  # the register lists its newest version first
    record.ipc = unique([symbols(text_of(t)) for t in children(newest, "classification-ipcr/text")])
    for claim in children(child(biblio, "priority-claims"), "priority-claim"):
        number = _try(value(claim, "country"), value(claim, "doc-number"), "", APPLICATION)
        if number is not None:
            record.priority.append((number.office, number.canonical, office_date(value(claim, "date"))))
    parties = child(biblio, "parties")
    for group, one, role in (
        ("applicants", "applicant", "applicant"),
        ("inventors", "inventor", "inventor"),
        ("agents", "agent", "agent"),
    ):
        current = child(parties, group)
        for sequence, party in enumerate(children(current, one), 1):
            book = child(party, "addressbook")
            lines = [text_of(line) for line in children(book, "address/*") if not str(line.tag).endswith("country")]
            if name := value(book, "name"):
                record.parties.append(
                    PartyIn(
                        role,
                        name,
                        name,
                        value(book, "address/country"),
                        ", ".join(filter(None, lines)),
                        sequence=sequence,
                    )
                )
    for title in children(biblio, "invention-title"):
        _put_text(record, "title", title.get("lang", ""), text_of(title))
    for status in children(element, "ep-patent-statuses/ep-patent-status"):
        record.events.append(
            EventIn(
                f"STATUS{status.get('status-code', '')}",
                office_date(status.get("change-date")),
                "EP",
                text_en=text_of(status),
            )
        )
    for step in children(element, "procedural-data/procedural-step"):
        code = value(step, "procedural-step-code")
        words = [text_of(t) for t in children(step, "procedural-step-text")]
        days = [day for d in children(step, "procedural-step-date/date") if (day := office_date(text_of(d)))]
        record.events.append(
            EventIn(
                code,
                min(days) if days else None,
                "EP",
                _CATEGORIES.get(code, ""),
                text_en=" ".join(filter(None, words)),
            )
        )
    return record


def _register_number(record: PatentIn, query: str) -> None:
    """A register answer without its biblio names the patent only in the question it repeats."""
    match = re.search(r"(publication|application)\s*=\s*\"?([A-Z]{2}[0-9.]+)", query)
    if match is None:
        raise Refused("no_number")
    number = _try("", match[2], "", APPLICATION if match[1] == "application" else PUBLICATION)
    if number is None:
        raise Refused("no_number")
    if number.kind == APPLICATION:
        record.application_number = number.canonical
    else:
        record.publication_number = number.canonical


def inquiry_result(element: Element) -> PatentIn:
    record = PatentIn(source="epo_ops", partial=True)
    number, on = _document_id(child(element, "publication-reference"), PUBLICATION)
    _set_publication(record, number, on)
    for instance in children(element, "document-instance"):
        name = {"FullDocument": "pages", "Drawing": "drawing_pages"}.get(instance.get("desc", ""))
        if name and instance.get("number-of-pages", "").isdigit():
            record.extras[name] = instance.get("number-of-pages")
    return record


def search_line(element: Element) -> PatentIn:
    record = PatentIn(source="epo_ops", partial=True, family_id=element.get("family-id", ""))
    number, on = _document_id(element, PUBLICATION)
    _set_publication(record, number, on)
    return record


def _legal(legal: Element) -> EventIn:
    code = legal.get("code", "").strip()
    fields = {str(each.tag).rsplit("}", 1)[-1]: each for each in legal.iter("{*}*") if str(each.tag).endswith("EP")}
    on = office_date(text_of(fields.get("L007EP"))) or office_date(text_of(fields.get("L525EP")))
    details = [
        f"{each.get('desc')}: {text_of(each)}"
        for name, each in fields.items()
        if name.startswith("L5") and each.get("desc") and text_of(each)
    ]
    office = text_of(fields.get("L501EP")) or text_of(fields.get("L001EP"))
    words = ". ".join(filter(None, [legal.get("desc", "").strip(), "; ".join(details)]))
    return EventIn(code, on, office[:2], _CATEGORIES.get(code, ""), text_en=words[:2000])


def _citation(element: Element) -> CitationIn:
    phase = element.get("cited-by", "") or element.get("cited-phase", "")
    cited = CitationIn(by=phase if phase in ("applicant", "examiner") else "")
    category = value(element, "category")
    cited.category = category if _CITED_CODE.match(category) else ""
    number, _ = _document_id(child(element, "patcit"), PUBLICATION)
    if number is not None:
        cited.number, cited.kind_code, cited.office = number.canonical, number.kind_code, number.office
    else:
        cited.text = value(element, "nplcit/text") or text_of(child(element, "patcit"))[:200]
    return cited


def _parties(record: PatentIn, biblio: Element | None, path: str, name_path: str, role: str) -> None:
    """Each party stands twice, as the database and as the document write it: take the document's words, and the country
    from the other."""
    by_format: dict[str, dict[str, str]] = {}
    for party in children(child(biblio, "parties"), path):
        names = by_format.setdefault(party.get("data-format", "original"), {})
        names[party.get("sequence", str(len(names) + 1))] = value(party, name_path)
    original, normal = by_format.get("original", {}), by_format.get("epodoc", {})
    for sequence, (key, name) in enumerate((original or normal).items(), 1):
        match = _COUNTRY_TAIL.search(normal.get(key, ""))
        words = _COUNTRY_TAIL.sub("", name).strip(" ,;")
        if words:
            record.parties.append(
                PartyIn(role, words, words if words.isascii() else "", match[1] if match else "", sequence=sequence)
            )


def _put_text(record: PatentIn, what: str, lang: str, text: str) -> None:
    if not text:
        return
    lang = lang.lower()
    if lang in ("en", "zh"):
        if not getattr(record, f"{what}_{lang}"):
            setattr(record, f"{what}_{lang}", text)
    elif what == "title":
        record.title_other.setdefault(lang or "und", text)


def _set_publication(record: PatentIn, number: Number | None, on: date | None) -> None:
    if number is None:
        raise Refused("no_number")
    record.office, record.publication_number = number.office, number.canonical
    record.kind_code, record.published_on, record.kind = number.kind_code, on, number.right


def _document_id(reference: Element | None, expect: str) -> tuple[Number | None, date | None]:
    """The number in a reference and its date, which only some of its forms carry.

    The database form is best. The short form names the office in its first letters but changes some numbers, so
    outside US and WO the document's own form is read before it.
    """
    forms: dict[str, Element] = {}
    for each in children(reference, "document-id"):
        forms.setdefault(each.get("document-id-type") or "docdb", each)
    days = [day for each in forms.values() if (day := office_date(value(each, "date")))]
    short = value(forms.get("epodoc"), "doc-number")
    office = next((found for each in forms.values() if (found := value(each, "country"))), short[:2])
    order = ("docdb", "epodoc", "original") if office in ("US", "WO") else ("docdb", "original", "epodoc")
    for form in order:
        each = forms.get(form)
        if each is not None:
            number = _try(office, value(each, "doc-number"), value(each, "kind"), expect, docdb=form != "original")
            if number is not None:
                return number, days[0] if days else None
    return None, days[0] if days else None


def _numbered(office: str, digits: str, kind_code: str, expect: str) -> Number:
    number = _try(office, digits, kind_code, expect)
    if number is None:
        raise Refused("no_number")
    return number


def _try(office: str, digits: str, kind_code: str, expect: str, *, docdb: bool = True) -> Number | None:
    """A number in a database answer, or None: one odd reference among many does not spoil the document that holds
    it."""
    if not digits:
        return None
    code = kind_code if re.fullmatch(r"[A-Z][0-9]?", kind_code) else ""
    text = digits if digits[:2] == office or digits.startswith("PCT") else office + digits
    try:
        number = parse(text + (f" {code}" if code else ""), office or None, expect, docdb=docdb)
    except NumberError:
        return None
    return number._replace(kind=PUBLICATION, kind_code=code) if number.kind == GRANT else number
