"""What a statement is, whatever file it came in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from marketplace.payments.statements.faults import BadLine, Fault

LARGEST = Decimal("9999999999999999.99")


@dataclass(frozen=True, slots=True)
class Row:
    """One movement: plus came in, minus left. `external_id` is the bank's own name for it, if it has one."""

    booked_on: date
    amount: Decimal
    currency: str
    payer_name: str = ""
    payer_account: str = ""
    text: str = ""
    external_id: str = ""


@dataclass
class Statement:
    """The rows of a file in their order, the balances it names, and lines that could not be read: (line, what)."""

    form: str
    rows: list[Row] = field(default_factory=list)
    opening: Decimal | None = None
    closing: Decimal | None = None
    closing_on: date | None = None
    account_number: str = ""
    problems: list[tuple[int, Fault]] = field(default_factory=list)


_CURRENCY_SIGNS = re.compile(r"[¥￥$€£\s\u00a0'’]|CNY|RMB|USD|EUR|HKD", re.IGNORECASE)
_NUMBER = re.compile(r"[+\-]?\d+(?:\.\d+)?")


def amount_of(text: str) -> Decimal | None:
    """An amount as banks write it: full-width, grouped, with a sign before or after, in brackets. None for nothing.

    Raises BadLine for what is no amount, has parts of a cent, or is too large.
    """
    plain = _CURRENCY_SIGNS.sub("", unicodedata.normalize("NFKC", text)).replace("−", "-").replace("–", "-")
    if plain in {"", "-", "--"}:
        return None
    is_negative = False
    if plain.startswith("(") and plain.endswith(")"):
        is_negative, plain = True, plain[1:-1]
    if plain.endswith(("-", "+")):
        is_negative, plain = plain.endswith("-") != is_negative, plain[:-1]
    comma, dot = plain.rfind(","), plain.rfind(".")
    # 1.234,56: the last mark followed by one or two digits is the decimal one.
    if comma > dot and 1 <= len(plain) - comma - 1 <= 2:
        plain = plain.replace(".", "").replace(",", ".")
    else:
        plain = plain.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        raise BadLine("no_amount", text=text)
    value = Decimal(plain)
    if abs(value) > LARGEST or value != value.quantize(Decimal("0.01")):
        raise BadLine("no_amount", text=text)
    value = value.quantize(Decimal("0.01"))
    return -value if is_negative else value


_DATE = re.compile(r"(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})")
_DATE_DMY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?!\d)")


@lru_cache(maxsize=1000)  # a statement names few days, many times each
def date_of(text: str) -> date:
    """A day as banks write it: 2026-11-23, 20261123, 2026年11月23日, 23.11.2026; a time after it is left out.

    Raises BadLine.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if found := _DATE.match(plain):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DATE_DMY.match(plain):
        day, month, year = (int(part) for part in found.groups())
        year += 2000 if year < 100 else 0
    else:
        raise BadLine("no_date", text=text)
    try:
        return date(year, month, day)
    except ValueError as error:
        raise BadLine("no_date", text=text) from error


def day_of(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def clean(text: str, limit: int) -> str:
    """Text as a column holds it: one line, no control characters."""
    plain = text
    if not text.isprintable():  # most is; signs are looked at one by one only where one of them is odd
        plain = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    return " ".join(plain.split())[:limit]
