"""Dates as sources write them. A reader says which order its source uses; nothing is guessed between day and month."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

EMPTY = frozenset(
    ["", "NA", "N/A", "-", "--", "—", "/", "\\", "NULL", "NONE", "NAN", "无", "暂无", "空", "#N/A", "?", "未知"]
)

_YMD = re.compile(r"^([0-9]{4})\s*[-./年]\s*([0-9]{1,2})\s*[-./月]\s*([0-9]{1,2})\s*日?(?:[T ].*)?$")
_COMPACT = re.compile(r"^([0-9]{4})([0-9]{2})([0-9]{2})(?:[T ].*)?$")
_DMY = re.compile(r"^([0-9]{1,2})[-./]([0-9]{1,2})[-./]([0-9]{4}|[0-9]{2})(?:[T ].*)?$")
_SERIAL = re.compile(r"^([0-9]{5})(?:\.0+)?$")
_EXCEL_EPOCH = date(1899, 12, 30)


def is_empty(text: str) -> bool:
    """Whether a cell says nothing: blank, ``NA``, a dash, a slash and the like."""
    return text.strip().upper() in EMPTY


@lru_cache(maxsize=65536)
def parse_date(text: str, *, day_first: bool = False) -> date | None:
    """The date a cell holds, None when the cell is empty.

    Year first with ``-``, ``.``, ``/`` or 年月日 between, or as eight digits; a time of day after it is dropped; five
    digits are a spreadsheet's day number. With ``day_first`` also ``dd.mm.yyyy`` and ``dd/mm/yy`` (years 30…99 are of
    the last century; a caller that knows better corrects it). Raises ValueError for anything else.
    """
    s = text.strip()
    if s.upper() in EMPTY:
        return None
    if len(s) > 40:
        raise ValueError("not a date")
    match = _YMD.match(s) or _COMPACT.match(s)
    if match is not None:
        return date(int(match[1]), int(match[2]), int(match[3]))
    if day_first and (match := _DMY.match(s)) is not None:
        year = int(match[3])
        if len(match[3]) == 2:
            year += 1900 if year >= 30 else 2000
        return date(year, int(match[2]), int(match[1]))
    if (match := _SERIAL.match(s)) is not None and 7_000 <= int(match[1]) <= 73_000:  # 1919 … 2099
        return _EXCEL_EPOCH + timedelta(days=int(match[1]))
    if not s.isascii():
        import unicodedata

        folded = unicodedata.normalize("NFKC", s)
        if folded != s:
            return parse_date(folded, day_first=day_first)
    raise ValueError("not a date")


def office_date(text: str | None) -> date | None:
    """A date in an office's own XML. ``19930400`` (ST.2: day not known), zeros, or a slip of the office give None: a
    record is worth more than one of its dates."""
    if not text:
        return None
    s = text.strip()
    match = _COMPACT.match(s) or _YMD.match(s)
    if match is None:
        return None
    try:
        found = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return found if found.year > 1700 else None  # 0001-01-01 stands for "never" in legal data
