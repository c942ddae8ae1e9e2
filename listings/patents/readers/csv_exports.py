"""The CSV exports of patent search services: Lens.org (old and new columns), WIPO PATENTSCOPE, Thomson/Derwent,
Google Patents."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from ..numbers import APPLICATION, DESIGN, UTILITY_MODEL, NumberError, parse, publication
from ..record import CitationIn, PatentIn
from .classes import packed_symbol, symbols, unique
from .columns import (
    Cells,
    docdb_priority,
    epodoc_application,
    family_member,
    header_key,
    put_abstract,
    put_parties,
    put_publication,
    put_title,
    refuse_number,
)
from .dates import parse_date
from .limits import Refused
from .uspto import foreign_priority

RowReader = Callable[[Cells], PatentIn]

_LENS = {
    "jurisdiction": "office",
    "kind": "kind",
    "publicationnumber": "publication",
    "displaykey": "publication",
    "lensid": "lens_id",
    "publicationdate": "published",
    "publicationyear": "year",
    "applicationnumber": "application",
    "applicationdate": "filed",
    "prioritynumbers": "priority",
    "title": "title",
    "abstract": "abstract",
    "applicants": "applicants",
    "inventors": "inventors",
    "owners": "owners",
    "ownersus": "owners",
    "type": "type",
    "documenttype": "type",
    "citedcount": "cited_by",
    "citedbypatentcount": "cited_by",
    "simplefamilysize": "family_size",
    "extendedfamilysize": "extended_family_size",
    "simplefamilymembers": "family",
    "cpcclassifications": "cpc",
    "ipcrclassifications": "ipc",
    "nonpatentcitations": "npl",
    "nplcitations": "npl",
    "legalstatus": "status",
}
_PATENTSCOPE = {
    "publicationnumber": "publication",
    "applicationid": "publication_id",
    "publicationdate": "published",
    "title": "title",
    "abstract": "abstract",
    "prioritydata": "priority",
    "prioritiesdata": "priority",
    "ipc": "ipc",
    "ic": "ipc",
    "cpc": "cpc",
    "applicants": "applicants",
    "inventors": "inventors",
    "applicationnumber": "application",
    "applicationdate": "filed",
    "country": "office",
}
_THOMSON = {
    "publicationnumber": "publication",
    "kindcode": "kind",
    "title": "title",
    "abstract": "abstract",
    "prioritydocument": "priority",
    "earliestprioritydate": "priority_date",
    "applicationdate": "filed",
    "publicationdate": "published",
    "applicant": "applicants",
    "inventors": "inventors",
    "ipcclasses": "ipc",
    "familymembers": "family",
    "familysize": "family_size",
}
_GOOGLE = {
    "id": "publication",
    "title": "title",
    "assignee": "applicants",
    "inventor/author": "inventors",
    "prioritydate": "priority_date",
    "filing/creationdate": "filed",
    "publicationdate": "published",
    "grantdate": "granted",
    "resultlink": "link",
}


def recognise(header: list[str]) -> tuple[RowReader, Cells] | None:
    """The reader for a header row, or None when it is none of these services'."""
    keys = [header_key(cell) for cell in header]
    known = set(keys)
    for reader, columns, signature in (
        (lens, _LENS, {"jurisdiction", "kind", "publicationdate", "prioritynumbers", "inventors"}),
        (google, _GOOGLE, {"id", "title", "inventor/author", "publicationdate"}),
        (thomson, _THOMSON, {"publicationnumber", "kindcode", "prioritydocument", "ipcclasses"}),
        (patentscope, _PATENTSCOPE, {"publicationnumber", "publicationdate", "title", "applicants", "inventors"}),
    ):
        if signature <= known and (reader is not patentscope or known & {"prioritydata", "prioritiesdata", "fpimage"}):
            at: dict[str, int] = {}
            for index, key in enumerate(keys):
                if key in columns:
                    at.setdefault(columns[key], index)
            if "publication" in at:
                return reader, Cells(at, header)
    return None


def _publication(cells: Cells, office: str | None, kind_code: str, record: PatentIn) -> None:
    text = cells["publication"]
    if not text:
        raise Refused("no_number", column=cells.column("publication"))
    try:
        number = publication(text, office, kind_code)
    except NumberError as error:
        raise refuse_number(error, text, cells.column("publication")) from error
    if number.kind == APPLICATION:
        raise Refused("bad_number", number=text[:80], column=cells.column("publication"), given=text[:80])
    put_publication(record, number)


def _application(cells: Cells, record: PatentIn, *, docdb: bool) -> None:
    """A wrong check digit refuses the row; a number that merely fits no rule of its office is kept as it was written,
    because the publication number already says which document this is."""
    text = cells["application"]
    if not text:
        return
    try:
        record.application_number = parse(text, record.office, APPLICATION, docdb=docdb).canonical
    except NumberError as error:
        if error.code == "check_digit":
            raise refuse_number(error, text, cells.column("application")) from error
        record.extras["application_number_as_written"] = text[:80]


def lens(cells: Cells) -> PatentIn:
    record = PatentIn("lens")
    _publication(cells, cells["office"] or None, cells["kind"], record)
    record.published_on = _lens_date(cells, "published", None)
    record.filed_on = _lens_date(cells, "filed", record.published_on)
    _application(cells, record, docdb=True)
    if text := cells["priority"]:
        record.priority = [found for piece in text.split(";;") if (found := docdb_priority(piece.strip())) is not None]
    put_title(record, cells["title"])
    put_abstract(record, cells["abstract"])
    put_parties(record, "applicant", cells["applicants"].split(";;"))
    put_parties(record, "inventor", cells["inventors"].split(";;"))
    if owners := cells["owners"]:
        put_parties(record, "owner", owners.split(";;"))
    if text := cells["cpc"]:
        record.cpc = unique([symbols(piece) for piece in text.split(";;")])
    if text := cells["ipc"]:
        record.ipc = unique([symbols(piece) for piece in text.split(";;")])
    if not record.kind:
        record.kind = {"design right": DESIGN, "limited patent": UTILITY_MODEL}.get(cells["type"].lower(), "")
    record.cited_by_count = cells.count("cited_by")
    record.legal_status = cells["status"]
    for name in ("lens_id", "family_size", "extended_family_size"):
        if text := cells[name]:
            record.extras[name] = text
    if text := cells["npl"]:
        record.citations = [CitationIn(text=piece.strip()) for piece in text.split(";;") if piece.strip()]
    if text := cells["family"]:
        record.family = list(dict.fromkeys(filter(None, (family_member(piece.strip()) for piece in text.split(";;")))))
    return record


def _lens_date(cells: Cells, field: str, not_after: date | None) -> date | None:
    """Old exports write ``21/02/85``. The century of a publication stands in its year column; an application is not
    later than its publication."""
    found = cells.date(field, day_first=True)
    text = cells[field]
    if found is None or len(text) != 8 or "/" not in text:
        return found
    if field == "published":
        year = cells["year"]
        if len(year) == 4 and year.isdigit() and int(year) % 100 == found.year % 100:
            found = _with_year(found, int(year))
    elif not_after is not None:
        century = not_after.year // 100 * 100
        year_number = century + found.year % 100
        found = _with_year(found, year_number if year_number <= not_after.year else year_number - 100)
    return found


def _with_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February of a year that is no leap year in the other century
        return day


_SCOPE_PRIORITY = re.compile(
    r"(?P<number>[^\[\]]{1,60}?)\s+(?P<on>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+Z)?|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4})"
    r"\s+(?P<office>[A-Z]{2})(?:,\s*|;\s*|\s*$)"
    r"|(?P<office2>[A-Z]{2})\s+(?P<on2>[0-9]{8})\s+(?P<number2>[^\[\]]{1,60}?)(?:,\s(?=[A-Z]{2}\s)|\s*$)"
)


def patentscope(cells: Cells) -> PatentIn:
    record = PatentIn("patentscope")
    _publication(cells, cells["office"] or None, "", record)
    record.published_on = cells.date("published", day_first=True)
    record.filed_on = cells.date("filed", day_first=True)
    _application(cells, record, docdb=False)
    put_title(record, cells["title"])
    put_abstract(record, cells["abstract"])
    if text := cells["ipc"]:
        record.ipc = unique([symbols(piece) for piece in text.split(";")])
    if text := cells["cpc"]:
        record.cpc = unique([symbols(piece) for piece in text.split(";")])
    put_parties(record, "applicant", cells["applicants"].split(";"))
    put_parties(record, "inventor", cells["inventors"].split(";"))
    if text := cells["priority"]:
        record.priority, unread = _scope_priorities(text)
        if unread:
            record.extras["priority_as_written"] = text[:500]
    return record


def _scope_priorities(text: str) -> tuple[list[tuple[str, str, date | None]], bool]:
    inner = text.strip()[:4000].removeprefix("[").removesuffix("]")
    found, end = [], 0
    unread = False
    for match in _SCOPE_PRIORITY.finditer(inner):
        unread = unread or bool(inner[end : match.start()].strip(" ,"))
        end = match.end()
        office, number = match["office"] or match["office2"], match["number"] or match["number2"]
        # Stray numbers without a date may run into the next one that has it; a comma inside a number has no space
        # after it.
        found.append(
            _scope_priority(office, re.split(r"\s*,\s+|\s{2,}", number.strip())[-1], match["on"] or match["on2"])
        )
    return found, unread or bool(inner[end:].strip(" ,"))


@lru_cache(maxsize=65536)
def _scope_priority(office: str, number: str, on: str) -> tuple[str, str, date | None]:
    try:
        day = parse_date(on, day_first=True)
    except ValueError:
        day = None
    found = foreign_priority(office, number, "")
    return found[0], found[1], day


_NAME_COUNTRY = re.compile(r"^(.*?)\s{2,}([A-Z]{2})$")


def thomson(cells: Cells) -> PatentIn:
    record = PatentIn("thomson")
    _publication(cells, None, cells["kind"], record)
    record.published_on = cells.date("published")
    record.filed_on = cells.date("filed")
    put_title(record, cells["title"])
    put_abstract(record, cells["abstract"])
    if text := cells["ipc"]:
        record.ipc = unique([packed_symbol(piece) for piece in text.split("|")])
    put_parties(record, "applicant", cells["applicants"].split(" | "))
    people = [piece.strip() for piece in cells["inventors"].split("|")]
    matches = [_NAME_COUNTRY.match(piece) for piece in people]
    put_parties(record, "inventor", [m[1] if m else p for m, p in zip(matches, people, strict=True) if p])
    countries = [m[2] if m else "" for m, p in zip(matches, people, strict=True) if p]
    inventors = [party for party in record.parties if party.role == "inventor"]
    if len(countries) == len(inventors):
        for party, country in zip(inventors, countries, strict=True):
            party.country = country
    if text := cells["priority"]:
        documents = [found for piece in text.split("|") if (found := epodoc_application(piece.strip())) is not None]
        # The file gives one date, that of the earliest priority: which of several documents it is stays open.
        on = cells.date("priority_date") if len(documents) == 1 else None
        record.priority = [(office, number, on) for office, number in documents]
    if text := cells["family"]:
        record.family = list(dict.fromkeys(filter(None, (family_member(piece.strip()) for piece in text.split("|")))))
    if text := cells["family_size"]:
        record.extras["family_size"] = text
    return record


def google(cells: Cells) -> PatentIn:
    record = PatentIn("google")
    _publication(cells, None, "", record)
    record.published_on = cells.date("published")
    record.filed_on = cells.date("filed")
    record.granted_on = cells.date("granted")
    if (earliest := cells.date("priority_date")) is not None:
        record.extras["priority_date"] = (
            earliest.isoformat()
        )  # the export names the day but not the earlier application
    put_title(record, cells["title"])
    put_parties(record, "applicant", _comma_names(cells["applicants"]))
    put_parties(record, "inventor", _comma_names(cells["inventors"]))
    return record


_NAME_TAIL = re.compile(
    r"^(?:inc|ltd|llc|l\.?l\.?c|co|corp|s\.?a|gmbh|plc|lp|l\.?p|n\.?v|b\.?v|jr|sr|i{2,3})\.?$", re.I
)


def _comma_names(text: str) -> list[str]:
    """Names joined by commas, where a comma may also stand before ``Inc.`` and its like."""
    names: list[str] = []
    for piece in (piece.strip() for piece in text.split(",")):
        if names and _NAME_TAIL.match(piece):
            names[-1] += f", {piece}"
        elif piece:
            names.append(piece)
    return names


__all__ = ["RowReader", "recognise"]
