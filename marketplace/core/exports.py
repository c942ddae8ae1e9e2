"""Tables as files: CSV and XLSX that no spreadsheet program takes for formulas.

A text that begins like a formula (=, +, -, @, tab, return, or their full-width forms) gets an apostrophe before it, as
OWASP advises; numbers, dates and nothing stay what they are. Characters that a file cannot hold are dropped.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from marketplace.core import clock

BOM = "\ufeff"  # without it, spreadsheet programs read UTF-8 Chinese as mojibake
XLSX_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_767  # the limit of XLSX
_FORMULA_START = re.compile(r"^[\s\u00a0\u3000\ufeff]*[=+\-@＝＋－＠\t\r\n]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def safe_text(value: str) -> str:
    """The text as a cell may hold it: no control characters, never the start of a formula."""
    text = _CONTROL.sub("", value)[: LONGEST_CELL - 1]
    return f"'{text}" if _FORMULA_START.match(text) else text


def safe_cell(value: Any) -> Any:
    """Numbers, dates and None as they are; everything else as safe text."""
    if value is None or isinstance(value, bool | int | Decimal | date | datetime):
        return value
    return safe_text(str(value))


class _Line:
    """A file that hands back what was written to it: one CSV line at a time."""

    def write(self, text: str) -> str:
        return text


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of the CSV, head first, with the mark of UTF-8 before it."""
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield BOM + writer.writerow([safe_text(one) for one in head])
    for row in rows:
        yield writer.writerow(["" if cell is None else safe_cell(cell) for cell in row])


def as_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """A CSV download, streamed: never held whole."""
    response = StreamingHttpResponse(csv_lines(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(name, "csv")}"'
    return response


def write_xlsx(file: io.IOBase | Any, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the table into an open binary file, row by row."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for row in (head, *rows) if isinstance(rows, list | tuple) else _chained(head, rows):
        sheet.append([_xlsx_cell(sheet, cell) for cell in row])
    book.save(file)


def _chained(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield head
    yield from rows


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    plain = safe_cell(value)
    if isinstance(plain, datetime) and plain.tzinfo is not None:
        plain = plain.replace(tzinfo=None)  # the format knows no zones
    if isinstance(plain, str):
        cell = WriteOnlyCell(sheet, value=plain)
        cell.data_type = "s"
        return cell
    return plain


def as_xlsx(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """An XLSX download."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    write_xlsx(file, head, rows)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=_file_name(name, "xlsx"), content_type=XLSX_MIME)


def _file_name(name: str, kind: str) -> str:
    return f"{name}-{clock.today():%Y%m%d}.{kind}"


Export = Callable[[str, Sequence[str], Iterable[Sequence[Any]]], HttpResponseBase]
#: What a page offers, by the word in the address.
EXPORTS: dict[str, Export] = {"csv": as_csv, "xlsx": as_xlsx}
