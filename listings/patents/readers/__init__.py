"""Reading patent files of any known source, as a stream.

``read(path)`` gives one item for each record of a file: a ``RawRecord``, or a ``Rejection`` with a code and its
values. A sound file that holds no patents gives one ``NotPatents``, which is neither. What a file is, is told from
its content, never from its name; gzip and zip (two deep) are opened; ``read_all`` walks folders in sorted order.

Counting: each row of a table and each document of an XML or text file is one record, doubles included; blank rows and
repeated headers are none. Codes of rejections: no_number, bad_number, check_digit, bad_kind_code, unknown_office,
no_office,
too_long, numbers_disagree, bad_date, bad_share, too_many_cells, cell_too_large, nul_byte, bad_row, unclosed_quote,
bad_encoding, bad_xml, entities, prolog_too_large, too_large, and for a whole file (``line`` is None) bomb,
nested_too_deep, damaged_archive, damaged_workbook, encrypted_archive, unreadable.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..record import NotPatents, PatentIn, RawRecord, ReadItem, Rejection
from . import cnipa, csv_exports, epo, sheets, uspto, uspto_old
from .columns import Cells
from .finish import finish
from .limits import DEFAULT, Limits, Refused
from .sources import Member, Unclosed, members
from .tables import Row, RowFault, Rows, csv_rows, with_header, xlsx_sheets
from .xml_stream import XmlEnd, XmlFault, XmlRecord, looks_like_xml, read_xml
from .xml_text import source_bytes

__all__ = ["DEFAULT", "Limits", "NotPatents", "RawRecord", "ReadItem", "Rejection", "read", "read_all", "walk"]

_XML_RECORDS = (*epo.RECORD_TAGS, *uspto.RECORD_TAGS, *uspto_old.RECORD_TAGS, *cnipa.RECORD_TAGS)
_CLASS_SCHEMES = frozenset(
    [
        "class-scheme",
        "CPCMasterClassificationFile",
        "IPCScheme",
        "classification-scheme",
        "classification-statistics",
        "CPCDefinition",
        "definition-items",
    ]
)
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"


def read(path: Path, *, limits: Limits = DEFAULT) -> Iterator[ReadItem]:
    """Every record in one file, in order. Raises OSError when the file itself cannot be opened."""
    for member in members(Path(path), limits):
        if isinstance(member, tuple):
            name, refusal = member
            yield Rejection(name, None, "", refusal.code, dict(refusal.params))
            continue
        try:
            yield from _read_member(member, limits)
        except Refused as refusal:
            yield Rejection(member.name, None, "", refusal.code, dict(refusal.params))


def read_all(paths: Iterable[Path], *, limits: Limits = DEFAULT) -> Iterator[ReadItem]:
    """Every record in files and folders, folders in depth and sorted. A file that cannot be opened is one rejection."""
    for path in walk(paths):
        try:
            yield from read(path, limits=limits)
        except OSError as error:
            yield Rejection(str(path), None, "", "unreadable", {"detail": error.strerror or type(error).__name__})


def walk(paths: Iterable[Path]) -> Iterator[Path]:
    """The files under some paths: a file as it is, a folder in depth and sorted, hidden files and links to folders
    left out."""
    for path in map(Path, paths):
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield Path(folder) / name


def _read_member(member: Member, limits: Limits) -> Iterator[ReadItem]:
    head = member.head
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        yield NotPatents(member.name, "empty")
    elif head.startswith(b"PK\x03\x04"):
        yield from _workbook(member, limits)
    elif head.startswith(_OLE_MAGIC):
        yield NotPatents(member.name, "legacy_excel")
    elif uspto_old.looks_like_green_book(head):
        yield from _green_book(member, limits)
    elif looks_like_xml(head):
        yield from _xml(member, limits)
    else:
        yield from _csv(member, limits)


# --- XML and text -----------------------------------------------------------------------------------------------------


def _xml(member: Member, limits: Limits) -> Iterator[ReadItem]:
    found = False
    ends: list[XmlEnd] = []
    items = read_xml(member.stream, member.head, limits, record_tags=_XML_RECORDS, mark_tags=epo.MARK_TAGS)
    for item in items:
        if isinstance(item, XmlFault):
            found = True
            yield Rejection(member.name, item.line, item.number, item.refusal.code, dict(item.refusal.params))
        elif isinstance(item, XmlRecord):
            found = True
            yield from _xml_record(member.name, item, limits)
        elif len(ends) < 100:
            ends.append(item)
    if not found and ends:
        yield NotPatents(member.name, _what_instead(ends[0], member.head))


def _xml_record(name: str, item: XmlRecord, limits: Limits) -> Iterator[ReadItem]:
    element = item.element
    tag = str(element.tag).rsplit("}", 1)[-1]
    raw = source_bytes(element)
    try:
        if len(raw) > limits.document_bytes:
            raise Refused("too_large", limit=limits.document_bytes)
        records = _records_of(element, tag, item.context)
    except Refused as refusal:
        number = str(refusal.params.get("number", ""))
        yield Rejection(name, item.line, number, refusal.code, dict(refusal.params))
        return
    for record in records:
        yield RawRecord(name, item.line, raw, finish(record, limits))


def _records_of(element: object, tag: str, context: dict[str, str]) -> list[PatentIn]:
    if tag in epo.RECORD_TAGS:
        return epo.read_epo(element, tag, context)
    if tag in uspto.RECORD_TAGS:
        return [uspto.read_uspto(element, tag)]
    if tag in uspto_old.RECORD_TAGS:
        return [uspto_old.read_old(element, tag)]
    return [cnipa.read_cnipa(element, tag)]


def _what_instead(end: XmlEnd, head: bytes) -> str:
    if end.root in _CLASS_SCHEMES or end.marks & _CLASS_SCHEMES:
        return "class_scheme"
    if "standardization" in end.marks:
        return "number_service"
    if end.root in ("us-patent-assignments", "patent-assignments") or (
        end.root == "response"
        and any(mark in head for mark in (b"reelNo", b"conveyanceText", b"patAssignorName", b"reelFrame"))
    ):
        return "recordations"
    if "biblio-search" in end.marks:
        return "search_without_results"
    return "unknown_format"


def _green_book(member: Member, limits: Limits) -> Iterator[ReadItem]:
    for line, raw, outcome in uspto_old.green_book(member.stream, limits):
        if isinstance(outcome, Refused):
            yield Rejection(member.name, line, str(outcome.params.get("given", "")), outcome.code, dict(outcome.params))
        else:
            yield RawRecord(member.name, line, raw, finish(outcome, limits))


# --- tables -----------------------------------------------------------------------------------------------------------

Plan = tuple[Callable[[Cells], PatentIn], Cells]


def _recognise(header: list[str]) -> Plan | None:
    if sum(1 for cell in header if cell.strip()) < 2:
        return None
    return csv_exports.recognise(header) or sheets.recognise(header)


def _csv(member: Member, limits: Limits) -> Iterator[ReadItem]:
    rows = csv_rows(member.stream, member.head, limits, _delimiter(member.head))
    plan, header = with_header(rows, _recognise)
    if plan is None:
        yield NotPatents(member.name, "unknown_format")
        return
    yield from _rows(member.name, rows, plan, header, limits)  # type: ignore[arg-type]


def _delimiter(head: bytes) -> str:
    text = head.replace(b"\0", b"")
    start = b"\n".join(text.splitlines()[:20])
    return max(",\t;", key=lambda c: start.count(c.encode()))


def _workbook(member: Member, limits: Limits) -> Iterator[ReadItem]:
    found = False
    raw = member.stream.raw
    assert isinstance(raw, Unclosed)  # what ``sources`` gives for a workbook
    for _title, rows in xlsx_sheets(raw, limits):
        plan, header = with_header(rows, _recognise)
        if plan is not None:
            found = True
            yield from _rows(member.name, rows, plan, header, limits)  # type: ignore[arg-type]
    if not found:
        yield NotPatents(member.name, "unknown_format")


def _rows(name: str, rows: Rows, plan: Plan, header: list[str], limits: Limits) -> Iterator[ReadItem]:
    reader, cells = plan
    for row in rows:
        if isinstance(row, RowFault):
            yield Rejection(name, row.line, "", row.refusal.code, dict(row.refusal.params))
            continue
        assert isinstance(row, Row)
        try:
            cells.load(row.cells)
            if not cells or row.cells == header:
                continue
            record = reader(cells)
        except Refused as refusal:
            number = str(refusal.params.get("number", "")) or _number_in(cells)
            yield Rejection(name, row.line, number, refusal.code, dict(refusal.params))
        else:
            yield RawRecord(name, row.line, row.raw, finish(record, limits))


def _number_in(cells: Cells) -> str:
    """What the row calls itself, for the list of rejections."""
    for field in ("application", "publication", "patent", "grant_publication"):
        if text := cells[field]:
            return text[:80]
    return ""
