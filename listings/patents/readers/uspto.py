"""USPTO grants and applications in the red-book XML used since 2004 (grant 4.0 … 4.7, application 4.0 …), and the
claims, specification and abstract files of the application file wrapper (XML4IP)."""

from __future__ import annotations

import re
from datetime import date

from ..numbers import (
    APPLICATION,
    DESIGN,
    INVENTION,
    OTHER,
    PLANT,
    PUBLICATION,
    Number,
    NumberError,
    parse,
    us_application,
)
from ..record import CitationIn, PartyIn, PatentIn
from .classes import fixed_symbol, join, locarno, symbols, unique
from .dates import office_date
from .limits import Refused
from .xml_text import Element, below, child, children, paragraphs, text_of, value

RECORD_TAGS = ("us-patent-grant", "us-patent-application", "ClaimsDocument", "SpecificationDocument")

_KINDS = {"utility": INVENTION, "reissue": INVENTION, "design": DESIGN, "plant": PLANT, "sir": OTHER, "def": OTHER}
_SILENT = frozenset(["unknown", "omitted", "", "xx"])


def read_uspto(element: Element, name: str) -> PatentIn:
    if name == "ClaimsDocument":
        return _file_wrapper(element)
    if name == "SpecificationDocument":
        return _file_wrapper(element)
    return red_book(element)


def red_book(element: Element) -> PatentIn:
    biblio = child(element, "us-bibliographic-data-grant")
    if biblio is None:
        biblio = child(element, "us-bibliographic-data-application")
    record = PatentIn(source="uspto", office="US", as_of=office_date(element.get("date-produced")))
    reference = child(biblio, "publication-reference/document-id")
    record.publication_number, record.kind_code = us_publication(
        value(reference, "doc-number"), value(reference, "kind")
    )
    record.published_on = office_date(value(reference, "date"))
    application = child(biblio, "application-reference")
    record.application_number = us_application(re.sub(r"[^0-9D]", "", value(application, "document-id/doc-number")))
    record.filed_on = office_date(value(application, "document-id/date"))
    if application is not None:
        record.kind = _KINDS.get(application.get("appl-type", ""), "")
    record.title_en = value(biblio, "invention-title") or value(biblio, "title-of-invention")
    _classes(record, biblio)
    for claim in children(biblio, "priority-claims/priority-claim"):
        record.priority.append(
            foreign_priority(value(claim, "country"), value(claim, "doc-number"), value(claim, "date"))
        )
    for provisional in children(biblio, "us-related-documents/us-provisional-application/document-id"):
        record.priority.append(foreign_priority("US", value(provisional, "doc-number"), value(provisional, "date")))
    parties = child(biblio, "us-parties")
    if parties is None:
        parties = child(biblio, "parties")
    for applicant in (*children(parties, "us-applicants/us-applicant"), *children(parties, "applicants/applicant")):
        _party(record, applicant, "applicant")
        if applicant.get("app-type") == "applicant-inventor":
            _party(record, applicant, "inventor")
    for inventor in children(parties, "inventors/inventor"):
        _party(record, inventor, "inventor")
    for agent in children(parties, "agents/agent"):
        _party(record, agent, "agent")
    for assignee in children(biblio, "assignees/assignee"):
        _party(record, assignee, "assignee")
    for examiner in (
        *children(biblio, "examiners/primary-examiner"),
        *children(biblio, "examiners/assistant-examiner"),
    ):
        _party(record, examiner, "examiner")
    cited = (*children(biblio, "references-cited/citation"), *children(biblio, "us-references-cited/us-citation"))
    record.citations = [_citation(each) for each in cited]
    if (days := value(biblio, "us-term-of-grant/us-term-extension")).isdigit():
        record.extras["term_extension_days"] = days
    if years := value(biblio, "us-term-of-grant/length-of-grant"):
        record.extras["term_years"] = years
    record.abstract_en = "\n".join(filter(None, (paragraphs(a, "p") for a in children(element, "abstract"))))
    record.description = paragraphs(child(element, "description"), "p", "heading")
    record.claims = [text_of(claim) for claim in children(element, "claims/claim")]
    record.language = "en"
    return record


def us_publication(digits: str, kind_code: str) -> tuple[str, str]:
    """Canonical number and kind code of a US document. Raises Refused when there is none or it is none."""
    if not digits:
        raise Refused("no_number")
    try:
        number = parse("US" + digits, "US", PUBLICATION)
    except NumberError as error:
        raise Refused(error.code, number=digits, **error.params) from error
    return number.canonical, kind_code.strip().upper()


def foreign_priority(office: str, digits: str, on: str) -> tuple[str, str, date | None]:
    """A priority as the document names it; digits that fit no rule of that office are kept as they stand."""
    office = office.strip().upper()
    day = office_date(on)
    try:
        number: Number = parse(
            digits if digits.upper().startswith(("PCT", office)) else office + digits, office, APPLICATION
        )
    except NumberError:
        return office, re.sub(r"\s+", "", digits), day
    return number.office, number.canonical, day


def _classes(record: PatentIn, biblio: Element | None) -> None:
    groups: list[tuple[str, ...]] = []
    for each in children(biblio, "classifications-ipcr/classification-ipcr"):
        groups.append((_parts(each),) if value(each, "section") else symbols(value(each, "text")))
    old = child(biblio, "classification-ipc")
    for each in (*children(old, "main-classification"), *children(old, "further-classification")):
        groups.append(fixed_symbol(text_of(each)))
    record.ipc = unique(groups)
    cpc = [
        *children(biblio, "classifications-cpc/main-cpc/classification-cpc"),
        *children(biblio, "classifications-cpc/further-cpc/classification-cpc"),
    ]
    record.cpc = list(dict.fromkeys(_parts(each) for each in cpc if value(each, "section")))
    record.locarno = unique(
        [locarno(_dashed(value(each, "main-classification"))) for each in children(biblio, "classification-locarno")]
    )


def _dashed(text: str) -> str:
    digits = re.sub(r"[^0-9]", "", text)
    return text if "-" in text or len(digits) != 4 else f"{digits[:2]}-{digits[2:]}"


def _parts(each: Element) -> str:
    return join(
        value(each, "section") + value(each, "class").zfill(2) + value(each, "subclass"),
        value(each, "main-group"),
        value(each, "subgroup"),
    )


def _party(record: PatentIn, party: Element, role: str) -> None:
    book = child(party, "addressbook")
    if book is None:
        book = party
    name = value(book, "orgname") or ", ".join(filter(None, (value(book, "last-name"), value(book, "first-name"))))
    if not name:
        return
    country = value(book, "address/country") or value(party, "residence/country")
    place = [value(book, f"address/{part}") for part in ("address-1", "city", "state")]
    sequence = sum(1 for other in record.parties if other.role == role) + 1
    record.parties.append(
        PartyIn(
            role,
            name,
            name,
            "" if country.lower() in _SILENT else country,
            ", ".join(filter(None, place)),
            sequence=sequence,
        )
    )


def _citation(element: Element) -> CitationIn:
    category = value(element, "category")
    by = "examiner" if "examiner" in category else "applicant" if "applicant" in category else ""
    reference = child(element, "patcit/document-id")
    if reference is None:
        return CitationIn(by=by, text=value(element, "nplcit"))
    return cited_document(
        value(reference, "country") or "US", value(reference, "doc-number"), value(reference, "kind"), by
    )


def cited_document(office: str, digits: str, kind_code: str, by: str) -> CitationIn:
    """A cited patent; one whose number fits no rule keeps its words, so that nothing cited is lost."""
    office, code = office.strip().upper()[:2], kind_code.strip().upper()
    try:
        number = parse(office + re.sub(r"^" + office, "", digits), office, PUBLICATION)
    except NumberError:
        return CitationIn(office=office, by=by, text=f"{office} {digits} {code}".strip())
    return CitationIn(number.canonical, number.kind_code or (code if code[:1].isalpha() else ""), number.office, by=by)


def _file_wrapper(element: Element) -> PatentIn:
    """A paper of the file wrapper names only its application; it adds claims, a description or an abstract to it."""
    number = value(element, "DocumentHeaderDetails/ApplicationHeaderDetails/ApplicationNumber")
    if not number:
        raise Refused("no_number")
    record = PatentIn(source="uspto", office="US", partial=True, language="en")
    record.application_number = us_application(re.sub(r"[^0-9]", "", number))
    record.as_of = office_date(value(element, "MailRoomDate"))
    code = value(element, "DocumentCode")
    for noise in [*below(element, "BoundaryData")]:  # page headers and footers caught by the scan
        parent, before = noise.getparent(), noise.getprevious()
        if parent is not None:
            if before is not None:
                before.tail = (before.tail or "") + (noise.tail or "")
            else:
                parent.text = (parent.text or "") + (noise.tail or "")
            parent.remove(noise)
    if code == "CLM":
        texts = [" ".join(text_of(t) for t in children(claim, "ClaimText")) for claim in below(element, "Claim")]
        record.claims = [text for text in texts if re.match(r"\s*\(?[0-9]+\s*[.)]", text)] or [t for t in texts if t]
    elif code == "ABST":
        record.abstract_en = paragraphs(child(element, "Specification"), "P")
    else:
        record.description = paragraphs(child(element, "Specification"), "P", "Heading")
    return record
