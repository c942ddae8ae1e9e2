"""Rows out of CSV and XLSX files, one at a time, with their line and their bytes.

A row that cannot be read (too large, wrong encoding, a NUL, a quote never closed) comes as a RowFault in its place, and
reading goes on with the next row.
"""

from __future__ import annotations

import codecs
import csv
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from .limits import Limits, Refused
from .sources import Readable, Unclosed

CHUNK = 1024 * 1024


@dataclass(slots=True)
class Row:
    line: int
    raw: bytes
    cells: list[str]


@dataclass(slots=True)
class RowFault:
    line: int
    refusal: Refused


Rows = Iterator[Row | RowFault]


def sniff_encoding(head: bytes) -> str:
    """utf-8, utf-8-sig, utf-16-le/-be, or gb18030, told from the first bytes.

    GB18030 accepts almost any bytes, so it is believed only when the first line read with it holds Chinese; otherwise
    the file is taken as UTF-8 and the rows that are not UTF-8 are refused one by one.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    sample = head[:4096]
    if sample.count(b"\0") * 4 >= len(sample) > 3:
        return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    for line in head.split(b"\n")[:20]:
        if (
            not line.isascii()
        ):  # the first line with more than ASCII decides: Chinese in one is not well formed in the other
            try:
                line.decode("utf-8")
                return "utf-8"
            except UnicodeDecodeError:
                break
    decoded = codecs.getincrementaldecoder("gb18030")("replace").decode(head)
    start = "\n".join(decoded.splitlines()[:20])
    chinese = sum(1 for c in start if "一" <= c <= "鿿")
    return "gb18030" if chinese >= 4 and chinese > start.count("\ufffd") * 4 else "utf-8"


def csv_rows(stream: Readable, head: bytes, limits: Limits, delimiter: str) -> Rows:
    """The rows of a CSV file. ``line`` is where the row begins in the file, counted from 1."""
    encoding = sniff_encoding(head)
    decode_from = "utf-8" if encoding.startswith("utf") else encoding
    newline = b"\r" if b"\r" in head and b"\n" not in head and not encoding.startswith("utf-16") else b"\n"
    lines = _lines(_as_bytes(stream, encoding), newline, limits)
    rows = _whole_rows(lines, delimiter.encode(), limits)
    csv.field_size_limit(max(csv.field_size_limit(), limits.row_bytes))
    for line, raw, refusal in rows:
        if refusal is None:
            if b"\0" in raw:
                refusal = Refused("nul_byte")
            else:
                try:
                    cells = next(csv.reader((raw.decode(decode_from),), delimiter=delimiter), [])
                except UnicodeDecodeError:
                    refusal = Refused("bad_encoding", encoding=decode_from)
                except csv.Error as error:
                    refusal = Refused("bad_row", detail=str(error))
                else:
                    if len(raw) > limits.cell_bytes and any(len(cell) > limits.cell_bytes for cell in cells):
                        refusal = Refused("cell_too_large", limit=limits.cell_bytes)
                    elif len(cells) > limits.columns:
                        refusal = Refused("too_many_cells", limit=limits.columns)
                    else:
                        yield Row(line, raw, cells)
                        continue
        yield RowFault(line, refusal)


def _as_bytes(stream: Readable, encoding: str) -> Iterator[bytes]:
    """The stream in an encoding whose line ends and quotes are single bytes; UTF-16 is turned into UTF-8."""
    first = True
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding.startswith("utf-16") else None
    while chunk := stream.read(CHUNK):
        if first:
            first = False
            for bom in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                if chunk.startswith(bom) and (bom == codecs.BOM_UTF8 or decoder is not None):
                    chunk = chunk[len(bom) :]
                    break
        yield chunk if decoder is None else decoder.decode(chunk).encode("utf-8", "replace")


def _lines(chunks: Iterator[bytes], newline: bytes, limits: Limits) -> Iterator[tuple[bytes, bool]]:
    """Physical lines without their end, and whether the line was cut because it outgrew the row limit."""
    rest, cut = b"", False
    for chunk in chunks:
        pieces = (rest + chunk).split(newline)
        rest = pieces.pop()
        for piece in pieces:
            yield piece.removesuffix(b"\r"), cut
            cut = False
        if len(rest) > limits.row_bytes:
            # Quotes still matter for knowing where the row ends; the text itself is let go.
            rest, cut = b'"' * (rest.count(b'"') % 2), True
    if rest or cut:
        yield rest.removesuffix(b"\r"), cut


def _whole_rows(
    lines: Iterator[tuple[bytes, bool]], delimiter: bytes, limits: Limits
) -> Iterator[tuple[int, bytes, Refused | None]]:
    held: list[bytes] = []
    size, start, number, inside, too_large = 0, 1, 0, False, False
    for line, cut in lines:
        number += 1
        if not inside:
            held, size, start, too_large = [], 0, number, False
        too_large = too_large or cut
        if b'"' in line or inside:
            inside = _ends_inside_quotes(line, delimiter, inside)
        size += len(line) + 1
        if size > limits.row_bytes:
            too_large, held = True, []
        elif not too_large:
            held.append(line)
        if inside:
            continue
        yield start, b"\n".join(held), Refused("cell_too_large", limit=limits.cell_bytes) if too_large else None
    if inside:
        if too_large:
            yield start, b"", Refused("cell_too_large", limit=limits.cell_bytes)
            return
        # A stray quote opened a cell that never closed: that row is lost, those it swallowed are not.
        yield start, held[0], Refused("unclosed_quote")
        for offset, line in enumerate(held[1:], 1):
            broken = b'"' in line and _ends_inside_quotes(line, delimiter, False)
            yield start + offset, line, Refused("unclosed_quote") if broken else None


def _ends_inside_quotes(line: bytes, delimiter: bytes, inside: bool) -> bool:
    """Whether a quoted cell is still open at the end of the line, by the rules Python's csv module reads by."""
    at, end = 0, len(line)
    while at <= end:
        if inside or line[at : at + 1] == b'"':
            at += 0 if inside else 1
            inside = True
            while True:
                quote = line.find(b'"', at)
                if quote == -1:
                    return True
                if line[quote + 1 : quote + 2] != b'"':
                    at = quote + 1
                    inside = False
                    break
                at = quote + 2
        comma = line.find(delimiter, at)
        if comma == -1:
            return False
        at = comma + 1
    return False


def xlsx_sheets(stream: Unclosed, limits: Limits) -> Iterator[tuple[str, Rows]]:
    """Each worksheet's name and rows. The archive was checked for bombs and document types before (``sources``)."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions the library leaves out concern no cell's value
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, SyntaxError, AttributeError) as error:
        raise Refused("damaged_workbook", detail=type(error).__name__) from error
    try:
        for sheet in book.worksheets:
            yield sheet.title, _sheet_rows(sheet.iter_rows(values_only=True, max_col=limits.columns), limits)
    finally:
        book.close()


def _sheet_rows(rows: Iterator[tuple[object, ...]], limits: Limits) -> Rows:
    line = 0
    while True:
        line += 1
        try:
            values = next(rows)
        except StopIteration:
            return
        except (ValueError, TypeError, KeyError, IndexError, SyntaxError, zipfile.BadZipFile) as error:
            yield RowFault(line, Refused("damaged_workbook", detail=type(error).__name__))
            return
        cells = [_cell_text(value) for value in values]
        if any(len(cell) > limits.cell_bytes for cell in cells):
            yield RowFault(line, Refused("cell_too_large", limit=limits.cell_bytes))
        elif any("\0" in cell for cell in cells):
            yield RowFault(line, Refused("nul_byte"))
        else:
            yield Row(line, "\t".join(cells).encode("utf-8", "replace"), cells)


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():  # spreadsheets keep every number as a float
        return str(int(value))
    return str(value)


def with_header(
    rows: Rows, recognise: Callable[[list[str]], object | None], look: int = 20
) -> tuple[object | None, list[str]]:
    """Read on until a row is recognised as the header (exports begin with titles or blank rows); what it was taken for
    and its cells, or None after ``look`` rows."""
    for _ in range(look):
        row = next(rows, None)
        if row is None:
            break
        if isinstance(row, Row) and (plan := recognise(row.cells)) is not None:
            return plan, row.cells
    return None, []
