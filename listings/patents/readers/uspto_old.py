"""USPTO documents from before 2004: applications of 2001-2004 (PAP), grants of 2001-2004 in SGML turned XML (ST.32
tags), and the fixed-column text of 1976-2001 ("green book")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..numbers import DESIGN, INVENTION, OTHER, PLANT, us_application
from ..record import CitationIn, PartyIn, PatentIn
from .classes import fixed_symbol, locarno, unique
from .dates import office_date
from .limits import Limits, Refused
from .sources import Readable
from .uspto import cited_document, foreign_priority, us_publication
from .xml_text import Element, below, child, children, paragraphs, text_of, value

RECORD_TAGS = ("patent-application-publication", "PATDOC")


def read_old(element: Element, name: str) -> PatentIn:
    return pap(element) if name == "patent-application-publication" else patdoc(element)


def pap(element: Element) -> PatentIn:
    record = PatentIn(source="uspto", office="US", language="en")
    biblio = child(element, "subdoc-bibliographic-information")
    reference = child(biblio, "document-id")
    record.publication_number, record.kind_code = us_publication(
        value(reference, "doc-number"), value(reference, "kind-code")
    )
    record.published_on = record.as_of = office_date(value(reference, "document-date"))
    filing = child(biblio, "domestic-filing-data")
    record.application_number = us_application(re.sub(r"[^0-9]", "", value(filing, "application-number/doc-number")))
    record.filed_on = office_date(value(filing, "filing-date"))
    kind = value(biblio, "publication-filing-type")
    record.kind = PLANT if "plant" in kind else INVENTION
    technical = child(biblio, "technical-information")
    record.title_en = value(technical, "title-of-invention")
    record.ipc = unique(
        [fixed_symbol(text_of(each)) for each in below(technical, "ipc")] if technical is not None else []
    )
    for claim in children(biblio, "foreign-priority-data"):
        record.priority.append(
            foreign_priority(
                value(claim, "country-code"),
                value(claim, "priority-application-number/doc-number"),
                value(claim, "filing-date"),
            )
        )
    for each in children(biblio, "continuity-data/non-provisional-of-provisional/document-id"):
        record.priority.append(foreign_priority("US", value(each, "doc-number"), value(each, "document-date")))
    people = [*children(biblio, "inventors/first-named-inventor"), *children(biblio, "inventors/inventor")]
    for sequence, person in enumerate(people, 1):
        names = child(person, "name")
        given = " ".join(filter(None, (value(names, "given-name"), value(names, "middle-name"))))
        name = ", ".join(filter(None, (value(names, "family-name"), given, value(names, "name-suffix"))))
        home = child(person, "residence")
        country = next((text_of(c) for c in below(home, "country-code")), "") if home is not None else ""
        city = next((text_of(c) for c in below(home, "city")), "") if home is not None else ""
        if name:
            record.parties.append(PartyIn("inventor", name, name, country, city, sequence=sequence))
    for sequence, firm in enumerate(children(biblio, "assignee"), 1):
        name = value(firm, "organization-name") or text_of(child(firm, "name"))
        country = next((text_of(c) for c in below(firm, "country-code")), "")
        if name:
            record.parties.append(PartyIn("assignee", name, name, country, sequence=sequence))
    if name := value(biblio, "correspondence-address/name-1"):
        record.parties.append(PartyIn("agent", name, name, sequence=1))
    record.abstract_en = paragraphs(child(element, "subdoc-abstract"), "paragraph")
    record.description = paragraphs(child(element, "subdoc-description"), "paragraph", "heading")
    record.claims = [text_of(claim) for claim in children(element, "subdoc-claims/claim")]
    return record


def patdoc(element: Element) -> PatentIn:
    record = PatentIn(source="uspto", office="US", language="en")
    biblio = child(element, "SDOBI")
    record.publication_number, record.kind_code = us_publication(value(biblio, "B100/B110"), value(biblio, "B100/B130"))
    record.published_on = record.as_of = office_date(value(biblio, "B100/B140"))
    record.application_number = us_application(re.sub(r"[^0-9]", "", value(biblio, "B200/B210")))
    record.filed_on = office_date(value(biblio, "B200/B220"))
    group = child(biblio, "B500")
    record.title_en = value(group, "B540")
    record.ipc = unique(
        [
            fixed_symbol(t)
            for each in (*children(group, "B510/B511"), *children(group, "B510/B512"))
            if (t := text_of(each))
        ]
    )
    record.locarno = unique([locarno(text_of(each)) for each in children(group, "B510/B513")])
    claims = child(biblio, "B300")
    for number, on, office in zip(
        children(claims, "B310"), children(claims, "B320"), children(claims, "B330"), strict=False
    ):
        record.priority.append(foreign_priority(text_of(office), text_of(number), text_of(on)))
    for each in children(biblio, "B600/B680US"):
        record.priority.append(foreign_priority("US", value(each, "DOC/DNUM"), value(each, "DOC/DATE")))
    for role, path in (
        ("inventor", "B720/B721"),
        ("assignee", "B730/B731"),
        ("agent", "B740/B741"),
        ("examiner", "B745/B746"),
    ):
        for sequence, holder in enumerate(children(child(biblio, "B700"), path), 1):
            party = child(holder, "PARTY-US")
            names = child(party, "NAM")
            name = value(names, "ONM") or ", ".join(filter(None, (value(names, "SNM"), value(names, "FNM"))))
            if name:
                place = ", ".join(filter(None, (value(party, "ADR/CITY"), value(party, "ADR/STATE"))))
                record.parties.append(PartyIn(role, name, name, value(party, "ADR/CTRY"), place, sequence=sequence))
    for each in children(group, "B560/B561"):
        document = child(each, "PCIT/DOC")
        record.citations.append(
            cited_document(
                value(document, "CTRY") or "US", value(document, "DNUM"), value(document, "KIND"), _cited_by(each)
            )
        )
    for each in children(group, "B560/B562"):
        record.citations.append(CitationIn(by=_cited_by(each), text=value(each, "NCIT")))
    record.abstract_en = paragraphs(child(element, "SDOAB"), "PARA")
    record.description = paragraphs(child(element, "SDODE"), "PARA", "H")
    record.claims = [text_of(claim) for claim in below(element, "CLM")]
    return record


def _cited_by(element: Element) -> str:
    return "examiner" if child(element, "CITED-BY-EXAMINER") is not None else ""


# --- the green book ---------------------------------------------------------------------------------------------------

_GREEN_KINDS = {
    "1": (INVENTION, "A"),
    "2": (INVENTION, "E"),
    "4": (DESIGN, "S"),
    "5": (OTHER, "I4"),
    "6": (PLANT, "P"),
    "7": (OTHER, "H"),
}
_SECTIONS = frozenset(
    [
        "PATN",
        "INVT",
        "ASSG",
        "PRIR",
        "REIS",
        "RLAP",
        "CLAS",
        "UREF",
        "FREF",
        "OREF",
        "LREP",
        "PCTA",
        "ABST",
        "GOVT",
        "PARN",
        "BSUM",
        "DRWD",
        "DETD",
        "CLMS",
        "DCLM",
    ]
)
_TEXT_CODES = frozenset(["PAL", "PAR", "PAC", "PA1", "PA2", "PA3", "PA4", "PA5", "STM", "TBL", "EQU", "FNT"])


@dataclass(slots=True)
class GreenSection:
    name: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def first(self, code: str) -> str:
        return next((text for name, text in self.fields if name == code), "")

    def all(self, code: str) -> list[str]:
        return [text for name, text in self.fields if name == code]


def looks_like_green_book(head: bytes) -> bool:
    return re.match(rb"(?:HHHHHT[^\n]*\n)?\s*PATN\s*\r?\nWKU\s", head) is not None


def green_book(stream: Readable, limits: Limits) -> Iterator[tuple[int, bytes, PatentIn | Refused]]:
    """Each patent of a green-book file: its first line, its bytes, and the record or why there is none."""
    lines: list[bytes] = []
    size, start, number = 0, 1, 0
    rest = b""
    while True:
        chunk = stream.read(1024 * 1024)
        rest += chunk
        pieces = rest.split(b"\n")
        rest = pieces.pop() if chunk else b""
        if len(rest) > limits.row_bytes:
            yield start, b"", Refused("too_large", limit=limits.row_bytes)
            return
        for line in pieces:
            number += 1
            if line.rstrip() == b"PATN":
                if lines:
                    yield start, b"\n".join(lines), _green_record(lines, size, limits)
                lines, size, start = [], 0, number
            if lines or line.rstrip() == b"PATN":
                size += len(line) + 1
                if size <= limits.document_bytes:
                    lines.append(line)
        if not chunk:
            break
    if lines:
        yield start, b"\n".join(lines), _green_record(lines, size, limits)


def _green_record(lines: list[bytes], size: int, limits: Limits) -> PatentIn | Refused:
    if size > limits.document_bytes:
        return Refused("too_large", limit=limits.document_bytes)
    try:
        return _green_patent(_green_sections(lines))
    except Refused as refusal:
        return refusal


def _green_sections(lines: list[bytes]) -> list[GreenSection]:
    sections: list[GreenSection] = []
    for raw in lines:
        # The tapes were ASCII; a stray byte is one lost character, not a lost patent.
        line = raw.decode("ascii", "replace").rstrip()
        if line in _SECTIONS:
            sections.append(GreenSection(line))
        elif not sections or not line:
            continue
        elif line[:3].strip():
            sections[-1].fields.append((line[:3].strip(), line[5:].strip()))
        elif sections[-1].fields:
            code, text = sections[-1].fields[-1]
            sections[-1].fields[-1] = (code, f"{text} {line.strip()}")
    return sections


def _green_patent(sections: list[GreenSection]) -> PatentIn:
    head = sections[0]
    record = PatentIn(source="uspto", office="US", language="en")
    record.kind, code = _GREEN_KINDS.get(head.first("APT"), ("", ""))
    record.publication_number, record.kind_code = us_publication(_green_number(head.first("WKU")), code)
    record.published_on = record.as_of = office_date(head.first("ISD"))
    serial, series = head.first("APN"), head.first("SRC")
    if serial.isdigit() and series.isalnum():  # six digits and a check digit
        record.application_number = us_application(f"{'29' if series == 'D' else series.zfill(2)}{serial[:6]}")
    record.filed_on = office_date(head.first("APD"))
    record.title_en = head.first("TTL")
    claims: list[str] = []
    for section in sections:
        if section.name in ("INVT", "ASSG", "LREP"):
            _green_parties(record, section)
        elif section.name == "PRIR":
            record.priority.append(
                foreign_priority(section.first("CNT")[:2], section.first("APN"), section.first("APD"))
            )
        elif section.name == "CLAS":
            record.ipc = unique([fixed_symbol(text) for text in section.all("ICL")])
            if record.kind == DESIGN:
                record.ipc, record.locarno = [], unique([locarno(_green_locarno(text)) for text in section.all("ICL")])
        elif section.name == "UREF":
            record.citations.append(cited_document("US", section.first("PNO"), "", ""))
        elif section.name == "FREF":
            record.citations.append(cited_document(section.first("CNT")[:2], section.first("PNO"), "", ""))
        elif section.name == "OREF":
            record.citations += [CitationIn(text=text) for code, text in section.fields if code in _TEXT_CODES]
        elif section.name == "ABST":
            record.abstract_en = " ".join(text for code, text in section.fields if code in _TEXT_CODES)
        elif section.name in ("PARN", "BSUM", "DRWD", "DETD"):
            text = "\n".join(text for code, text in section.fields if code in _TEXT_CODES)
            record.description = f"{record.description}\n{text}".strip()
        elif section.name in ("CLMS", "DCLM"):
            for code, text in section.fields:
                if code == "NUM":
                    claims.append("")
                elif code in _TEXT_CODES and code != "STM":
                    claims[-1:] = [f"{claims[-1]} {text}".strip()] if claims else [text]
    record.claims = [claim for claim in claims if claim]
    return record


def _green_number(wku: str) -> str:
    """The number without the check digit that ends it: ``039327094`` is 3932709, ``D02427583`` design D242758."""
    wku = wku.strip().replace(" ", "")
    if not re.fullmatch(r"[A-Z0-9]{2}[0-9]{5,7}", wku):
        raise Refused("no_number" if not wku else "bad_number", given=wku[:30])
    return wku[:8] if len(wku) == 9 else wku


def _green_locarno(text: str) -> str:
    digits = re.sub(r"[^0-9]", "", text)
    return f"{digits[:2]}-{digits[2:4]}" if len(digits) >= 4 else text


def _green_parties(record: PatentIn, section: GreenSection) -> None:
    role = {"INVT": "inventor", "ASSG": "assignee", "LREP": "agent"}[section.name]
    names = section.all("NAM") if section.name != "LREP" else [*section.all("FRM"), *section.all("FR2")]
    country = section.first("CNT")[:2] or ("US" if section.first("STA") else "")
    place = ", ".join(filter(None, (section.first("CTY"), section.first("STA"))))
    for text in names:
        name = text.replace("; ", ", ")
        sequence = sum(1 for other in record.parties if other.role == role) + 1
        if name:
            record.parties.append(
                PartyIn(role, name, name, country if role != "agent" else "", place, sequence=sequence)
            )


__all__ = ["RECORD_TAGS", "green_book", "looks_like_green_book", "pap", "patdoc", "read_old"]
