"""CNIPA documents: the ``PatentDocumentAndRelated`` form (V2.2.1) and the older ``cn-patent-document`` form of 2006."""

from __future__ import annotations

import re
from datetime import date

from ..numbers import (
    APPLICATION,
    DESIGN,
    INVENTION,
    PUBLICATION,
    UTILITY_MODEL,
    Number,
    NumberError,
    parse,
    publication,
)
from ..record import CitationIn, PartyIn, PatentIn
from .classes import join, locarno, symbols, unique
from .dates import office_date
from .limits import Refused
from .uspto import cited_document, foreign_priority
from .xml_text import Element, below, child, children, paragraphs, text_of, value

RECORD_TAGS = ("PatentDocumentAndRelated", "cn-patent-document")

_APPLICATION_TYPES = {
    "10": INVENTION,
    "20": UTILITY_MODEL,
    "30": DESIGN,
    "1": INVENTION,
    "2": UTILITY_MODEL,
    "3": DESIGN,
}
_TEXT_PARTS = ("TechnicalField", "BackgroundArt", "Disclosure", "DrawingsDescription", "InventionMode")


def read_cnipa(element: Element, name: str) -> PatentIn:
    return related_document(element) if name == "PatentDocumentAndRelated" else older_document(element)


def related_document(element: Element) -> PatentIn:
    record = PatentIn(source="cnipa", office=(element.get("country") or "CN").upper(), language="zh")
    record.as_of = office_date(element.get("dateProduced") or element.get("datePublication"))
    record.legal_status = element.get("status", "")
    biblio = child(element, "BibliographicData")
    published, on = _one_of(children(biblio, "PublicationReference"), PUBLICATION, record.office)
    if published is None and element.get("docNumber"):
        published = _number(record.office, element.get("docNumber", ""), element.get("kind", ""), PUBLICATION)
    applications = children(biblio, "ApplicationReference")
    applied, filed_on = _one_of(applications, APPLICATION, record.office)
    _numbers(record, published, on or office_date(element.get("datePublication")), applied, filed_on)
    for reference in applications:
        record.kind = record.kind or _APPLICATION_TYPES.get(reference.get("applType", ""), "")
    details = child(biblio, "ClassificationIPCRDetails")
    groups: list[tuple[str, ...]] = []
    for each in children(details, "ClassificationIPCR"):
        text = symbols(value(each, "Text"))
        groups.append(
            text
            or (
                (
                    join(
                        value(each, "Section") + value(each, "MainClass").zfill(2) + value(each, "Subclass"),
                        value(each, "MainGroup"),
                        value(each, "Subgroup"),
                    ),
                )
                if value(each, "Section")
                else ()
            )
        )
    record.ipc = unique(groups)
    record.locarno = unique([locarno(text_of(each)) for each in below(element, "ClassificationLocarno")])
    for title in (child(biblio, "InventionTitle"), child(element, "InventionTitle")):
        if title is not None:
            record.title_zh = record.title_zh or text_of(title)
    for role, path in (
        ("applicant", "ApplicantDetails/Applicant"),
        ("owner", "AssigneeDetails/Assignee"),
        ("inventor", "InventorDetails/Inventor"),
        ("examiner", "ExaminerDetails/Examiner"),
    ):
        holder = next(below(biblio, path.split("/", maxsplit=1)[0]), None) if biblio is not None else None
        for person in children(holder, path.split("/")[1]):
            _party(record, person, role)
    if biblio is not None:
        for agent in below(biblio, "Agent"):
            _party(record, agent, "agent")
        record.citations = [_citation(each) for each in below(biblio, "Citation")]
        for claim in below(biblio, "PriorityClaim"):
            office = value(claim, "WIPOST3Code") or value(claim, "DocumentID/WIPOST3Code")
            digits = value(claim, "DocNumber") or value(claim, "DocumentID/DocNumber")
            day = value(claim, "Date") or value(claim, "DocumentID/Date")
            if digits and (earlier := foreign_priority(office or "CN", digits, day)) not in record.priority:
                record.priority.append(earlier)
    record.abstract_zh = paragraphs(next(below(element, "Abstract"), None), "Paragraphs", "P")
    claims = next(below(element, "Claims"), None)
    record.claims = [
        " ".join(text_of(t) for t in children(claim, "ClaimText")) or text_of(claim)
        for claim in children(claims, "Claim")
    ]
    description = next(below(element, "Description"), None)
    if description is not None:
        parts = [paragraphs(each, "Paragraphs", "P") for each in below(description, *_TEXT_PARTS)]
        record.description = "\n".join(filter(None, parts)) or paragraphs(description, "Paragraphs", "P")
    return record


def older_document(element: Element) -> PatentIn:
    record = PatentIn(source="cnipa", office=(element.get("country") or "CN").upper(), language="zh")
    record.as_of = office_date(element.get("date-produced") or element.get("date-publ"))
    biblio = child(element, "cn-bibliographic-data")
    if biblio is None:
        biblio = child(element, "bibliographic-data")
    published = applied = None
    on = filed_on = None
    for reference in children(biblio, "cn-publication-reference") or children(biblio, "publication-reference"):
        document = child(reference, "document-id")
        published = published or _number(
            record.office, value(document, "doc-number"), value(document, "kind"), PUBLICATION
        )
        on = on or office_date(value(document, "date"))
    for reference in children(biblio, "application-reference"):
        document = child(reference, "document-id")
        applied = applied or _number(record.office, value(document, "doc-number"), "", APPLICATION)
        filed_on = filed_on or office_date(value(document, "date"))
        record.kind = record.kind or _APPLICATION_TYPES.get(reference.get("appl-type", ""), "")
    kind = record.kind
    _numbers(record, published, on, applied, filed_on)
    record.kind = kind or record.kind
    if biblio is not None:
        record.ipc = unique(
            [
                symbols(text_of(t))
                for each in below(biblio, "classification-ipcr", "classification-ipc")
                for t in (each.iterchildren("{*}text", "{*}main-classification", "{*}further-classification"))
            ]
        )
        record.locarno = unique([locarno(text_of(each)) for each in below(biblio, "classification-locarno")])
        record.title_zh = value(biblio, "invention-title")
        for claim in below(biblio, "priority-claim"):
            record.priority.append(
                foreign_priority(value(claim, "country") or "CN", value(claim, "doc-number"), value(claim, "date"))
            )
        for role, one in (
            ("applicant", "applicant"),
            ("inventor", "inventor"),
            ("owner", "assignee"),
            ("agent", "agent"),
        ):
            for person in [each for tag in (one, f"cn-{one}") for each in below(biblio, tag)]:
                _party(record, person, role)
    body = child(element, "application-body")
    record.description = paragraphs(child(body, "description"), "p", "heading")
    record.claims = [text_of(claim) for claim in children(body, "claims/claim")]
    abstract = child(body, "abstract")
    if abstract is None:
        abstract = child(biblio, "abstract")
    record.abstract_zh = paragraphs(abstract, "p")
    return record


def _numbers(
    record: PatentIn, published: Number | None, on: date | None, applied: Number | None, filed_on: date | None
) -> None:
    if published is None and applied is None:
        raise Refused("no_number")
    if published is not None:
        record.office, record.publication_number, record.kind_code = (
            published.office,
            published.canonical,
            published.kind_code,
        )
        record.published_on, record.kind = on, published.right
    if applied is not None:
        record.application_number, record.filed_on = applied.canonical, filed_on
        record.kind = record.kind or applied.right


def _one_of(references: list[Element], expect: str, office: str) -> tuple[Number | None, date | None]:
    """Each reference may stand twice, as written and in the standard form: the first that reads is enough, and a wrong
    check digit in any of them refuses the document."""
    number, on = None, None
    for reference in references:
        document = child(reference, "DocumentID")
        found = _number(
            value(document, "WIPOST3Code") or office, value(document, "DocNumber"), value(document, "Kind"), expect
        )
        number = number or found
        on = on or office_date(value(document, "Date"))
    return number, on


def _number(office: str, digits: str, kind_code: str, expect: str) -> Number | None:
    if not digits:
        return None
    try:
        return (
            publication(digits, office or "CN", kind_code)
            if expect == PUBLICATION
            else parse(digits, office or "CN", expect)
        )
    except NumberError as error:
        raise Refused(error.code, **{"number": digits, **error.params}) from error


def _party(record: PatentIn, person: Element, role: str) -> None:
    names = [
        text
        for tag in ("Name", "OrganizationName", "name", "orgname", "last-name")
        for each in below(person, tag)
        if (text := text_of(each))
    ]
    if not names:
        return
    address = next(below(person, "Address", "address"), None)
    place = value(address, "Text") or " ".join(
        filter(None, (value(address, part) for part in ("Province", "City", "County", "address-1", "city")))
    )
    country = value(address, "WIPOST3Code") or value(address, "country")
    for name in dict.fromkeys(names if role == "agent" else names[:1]):
        sequence = sum(1 for other in record.parties if other.role == role) + 1
        record.parties.append(
            PartyIn(
                role,
                name,
                country=country if re.fullmatch(r"[A-Z]{2}", country) else "",
                address=place,
                sequence=sequence,
            )
        )


def _citation(element: Element) -> CitationIn:
    document = next(below(element, "DocumentID"), None)
    if document is None or not value(document, "DocNumber"):
        return CitationIn(text=text_of(element))
    return cited_document(
        value(document, "WIPOST3Code") or "CN", value(document, "DocNumber"), value(document, "Kind"), ""
    )
