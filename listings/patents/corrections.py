"""The list of errors of an import as a table that can be corrected and uploaded again: the rejected rows as they
stood, then where each stood, what it called itself and why it was not taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from listings.patents import readers, reasons
from listings.patents.models import ImportRun
from listings.patents.readers.limits import DEFAULT, Refused
from listings.patents.readers.sources import Member, Unclosed, members
from listings.patents.readers.tables import Row, Rows, csv_rows, with_header, xlsx_sheets
from listings.patents.services.importing import shown
from listings.patents.services.work import on_disk

_APOSTROPHE = re.compile(r"^'(?=\s*[=+\-@＝＋－＠])")
Places = dict[tuple[str, int], tuple[str, str]]


def table(run: ImportRun) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """Head and rows. Rows of tables come whole, in the order of the file; what is no row (a document, a whole file)
    comes with place and reason alone, after them."""
    rejections = list(run.rejections.all())
    places: Places = {
        (one.file, one.line): (one.number, reasons.sentence(one.code, one.params))
        for one in rejections
        if one.line is not None
    }
    header: list[str] = []
    found: list[tuple[list[str], str, int]] = []
    if run.file is not None and places:
        with on_disk(run) as path:
            header, found = _rows_of(path, run, places)
    tail = [_("File"), _("Line"), _("Number as read"), _("Cause")]
    return [*header, *tail], _lines(
        header,
        found,
        places,
        [(one.file, one.line, one.number, reasons.sentence(one.code, one.params)) for one in rejections],
    )


def _lines(
    header: list[str],
    found: list[tuple[list[str], str, int]],
    places: Places,
    all_of_them: list[tuple[str, int | None, str, str]],
) -> Iterator[Sequence[Any]]:
    width = len(header)
    seen = set()
    for cells, file, line in found:
        seen.add((file, line))
        number, reason = places[file, line]
        yield [*(cells + [""] * width)[:width], file, line, number, reason]
    for file, place, number, reason in all_of_them:
        if (file, place) not in seen:
            yield [*([""] * width), file, place, number, reason]


def _rows_of(path: Path, run: ImportRun, places: Places) -> tuple[list[str], list[tuple[list[str], str, int]]]:
    header: list[str] = []
    found: list[tuple[list[str], str, int]] = []
    for member in members(path, DEFAULT):
        if not isinstance(member, Member):
            continue
        file = shown(member.name, run)
        for head, rows in _tables(member):
            header = header or head
            try:
                found += [
                    ([_APOSTROPHE.sub("", cell) for cell in row.cells], file, row.line)
                    for row in rows
                    if isinstance(row, Row) and (file, row.line) in places
                ]
            except Refused:
                break  # the import met the same end there
    return header, found


def _tables(member: Member) -> Iterator[tuple[list[str], Rows]]:
    if member.head.startswith(b"PK\x03\x04"):
        raw = member.stream.raw
        assert isinstance(raw, Unclosed)
        sheets: Iterator[Rows] = (rows for _title, rows in xlsx_sheets(raw, DEFAULT))
    elif member.head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return
    else:
        sheets = iter([csv_rows(member.stream, member.head, DEFAULT, readers._delimiter(member.head))])
    try:
        for rows in sheets:
            plan, header = with_header(rows, readers._recognise)
            if plan is not None:
                yield header, rows
    except Refused:
        return
