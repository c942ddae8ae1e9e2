"""What all tables share: header spellings, cells by field, names, titles and numbers in cells."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

from ..numbers import APPLICATION, PUBLICATION, Number, NumberError, parse, right_of
from ..record import PartyIn, PatentIn
from .dates import EMPTY, parse_date
from .limits import Refused

_DROPPED = re.compile(r"[\s()\[\]{}<>【】「」《》_\-:.*\"'‘’“”]+")
_HAN = re.compile(r"[㐀-鿿]")
_KANA = re.compile(r"[぀-ヿ]")
_HANGUL = re.compile(r"[가-힯]")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")


@lru_cache(maxsize=4096)
def header_key(text: str) -> str:
    """A header as the maps hold it: compatibility forms folded, brackets, spaces and line breaks gone, lower case."""
    folded = unicodedata.normalize("NFKC", text)
    folded = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc") or c.isspace())
    return _DROPPED.sub("", folded).lower()


_EMPTY = EMPTY | {word.lower() for word in EMPTY} | {word.title() for word in EMPTY}


class Cells:
    """One row seen through its header: ``cells["title"]`` is the text of that field, empty for ``NA`` and the like."""

    __slots__ = ("_at", "_cells", "_is_blank", "headers")

    def __init__(self, at: dict[str, int], headers: list[str]) -> None:
        self._at, self.headers = at, headers
        self._cells: list[str] = []
        self._is_blank = True

    def load(self, cells: list[str]) -> None:
        """Raises Refused when the row has text beyond the last header: then its cells do not stand under their
        headers."""
        missing = len(self.headers) - len(cells)
        if missing > 0:
            cells = cells + [""] * missing
        elif missing < 0 and any(cell.strip() for cell in cells[len(self.headers) :]):
            raise Refused("too_many_cells", limit=len(self.headers))
        # each cell once, not at every look: a row is asked for far more fields than it has cells
        self._cells = ["" if (text := cell.strip()) in _EMPTY else text for cell in cells]
        self._is_blank = not any(map(str.strip, cells))

    def __getitem__(self, field: str) -> str:
        at = self._at.get(field)
        return "" if at is None else self._cells[at]

    def __contains__(self, field: str) -> bool:
        return field in self._at

    def column(self, field: str) -> str:
        """The header as the file spells it, for messages."""
        at = self._at.get(field)
        return " ".join(self.headers[at].split()) if at is not None else field

    def date(self, field: str, *, day_first: bool = False) -> date | None:
        text = self[field]
        if not text:
            return None
        try:
            return parse_date(text, day_first=day_first)
        except ValueError:
            raise Refused("bad_date", column=self.column(field), value=text[:60]) from None

    def count(self, field: str) -> int | None:
        text = self[field].replace(",", "")
        if text.endswith(".0"):
            text = text[:-2]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None

    def __bool__(self) -> bool:
        return not self._is_blank


def refuse_number(error: NumberError, text: str, column: str) -> Refused:
    return Refused(error.code, **{**error.params, "number": text.strip()[:80], "column": column})


def put_title(record: PatentIn, text: str) -> None:
    """File a title under its language as its script tells it; Latin script counts as English."""
    if not text:
        return
    if text.isascii():
        record.title_en = text
    elif _KANA.search(text):
        record.title_other["ja"] = text
    elif _HANGUL.search(text):
        record.title_other["ko"] = text
    elif _HAN.search(text):
        record.title_zh = text
    elif _CYRILLIC.search(text):
        record.title_other["ru"] = text
    else:
        record.title_en = text


def put_abstract(record: PatentIn, text: str) -> None:
    if not text:
        return
    if not text.isascii() and _HAN.search(text):
        record.abstract_zh = text
    else:
        record.abstract_en = text


def put_parties(record: PatentIn, role: str, names: list[str], *, address: str = "") -> None:
    sequence = 0
    for name in names:
        name = name.strip()
        if name in _EMPTY:
            continue
        sequence += 1
        record.parties.append(
            PartyIn(role, name, name if name.isascii() else "", "", address if sequence == 1 else "", None, sequence)
        )


def put_publication(record: PatentIn, number: Number) -> None:
    record.office, record.publication_number, record.kind_code = number.office, number.canonical, number.kind_code
    if number.right:
        record.kind = number.right


@lru_cache(maxsize=65536)
def docdb_priority(text: str) -> tuple[str, str, date | None] | None:
    """A priority written ``GB 201016748 A 20101005`` (the date may be missing)."""
    parts = text.split()
    if not parts:
        return None
    on: date | None = None
    if len(parts) > 2 and len(parts[-1]) == 8 and parts[-1].isdigit():
        try:
            on = parse_date(parts[-1])
        except ValueError:
            return None
        parts.pop()
    try:
        number = parse(" ".join(parts), None, APPLICATION, docdb=True)
    except NumberError:
        return None
    return number.office, number.canonical, on


@lru_cache(maxsize=65536)
def epodoc_application(text: str) -> tuple[str, str] | None:
    """An application written with four digits of year and seven of serial: ``US20000208148P``, ``WO2005IB01314``."""
    try:
        number = parse(text, None, APPLICATION, docdb=True)
    except NumberError:
        return None
    return number.office, number.canonical


@lru_cache(maxsize=131072)
def family_member(text: str) -> str:
    """The canonical id of a publication in a family list, or "" when it is none."""
    try:
        return parse(text, None, PUBLICATION).id
    except NumberError:
        return ""


def kind_from_code(record: PatentIn) -> None:
    if not record.kind:
        record.kind = right_of(record.office, record.kind_code)
