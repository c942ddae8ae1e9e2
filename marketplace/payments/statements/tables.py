"""CSV statements. Every bank names its columns otherwise; the head is found and read by meaning."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from marketplace.payments.statements.faults import BadLine, Fault, Unreadable
from marketplace.payments.statements.rows import Row, Statement, amount_of, clean, date_of

ENCODINGS = ("utf-8-sig", "gb18030")
HEAD_WITHIN = 30  # banks put titles and totals above the head
#: What banks call their columns, by meaning; compared without case, spaces, signs and brackets.
HEADS: dict[str, frozenset[str]] = {
    meaning: frozenset(words)
    for meaning, words in json.loads(Path(__file__).with_name("heads.json").read_text(encoding="utf-8")).items()
}
_CREDIT_WORDS = frozenset({"贷", "贷方", "收", "收入", "来账", "C", "CR", "CREDIT", "IN", "CRDT"})
_DEBIT_WORDS = frozenset({"借", "借方", "支", "支出", "付", "往账", "D", "DR", "DEBIT", "OUT", "DBIT"})
_CURRENCY_NAMES = {
    "人民币": "CNY",
    "RMB": "CNY",
    "元": "CNY",
    "美元": "USD",
    "欧元": "EUR",
    "港币": "HKD",
    "日元": "JPY",
}
_NOISE = re.compile(r"[\W_]+|（.*?）")


def read_csv(content: bytes, currency: str) -> Statement:
    """Rows of a CSV statement. Raises Unreadable where no head or no row is found."""
    text = _decoded(content)
    table = list(csv.reader(io.StringIO(text), _dialect(text)))
    place, columns = _head(table)
    found = Statement("csv")
    balances: list[Decimal | None] = []
    for number, cells in enumerate(table[place + 1 :], start=place + 2):
        if not any(cell.strip() for cell in cells):
            continue
        try:
            row, balance = _row(cells, columns, currency)
        except BadLine as error:
            found.problems.append((number, error.fault))
            continue
        if row is not None:
            found.rows.append(row)
            balances.append(balance)
    if not found.rows and not found.problems:
        raise Unreadable("no_rows")
    _balance(found, balances)
    return found


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("encoding")


def _dialect(text: str) -> type[csv.Dialect]:
    head = [line for line in text.splitlines()[:HEAD_WITHIN] if line.strip()]
    delimiter = max(",;\t", key=lambda sign: max((line.count(sign) for line in head), default=0))

    class Bank(csv.excel):
        pass

    Bank.delimiter = delimiter
    return Bank


def _plain(head: str) -> str:
    text = unicodedata.normalize("NFKC", head).lower().replace("ä", "ae").replace("ü", "ue").replace("ß", "ss")
    return _NOISE.sub("", re.sub(r"\(.*?\)", "", text))


def _head(table: list[list[str]]) -> tuple[int, dict[str, list[int]]]:
    """The line of the head, and for each meaning the columns that carry it."""
    for place, cells in enumerate(table[:HEAD_WITHIN]):
        columns: dict[str, list[int]] = {}
        for at, cell in enumerate(cells):
            plain = _plain(cell)
            for meaning, words in HEADS.items():
                if plain in words:
                    columns.setdefault(meaning, []).append(at)
        if "date" in columns and ({"amount", "credit", "debit"} & columns.keys()):
            return place, columns
    raise Unreadable("no_head")


def _row(cells: list[str], columns: dict[str, list[int]], currency: str) -> tuple[Row | None, Decimal | None]:
    def texts(meaning: str) -> list[str]:
        return [cells[at].strip() for at in columns.get(meaning, []) if at < len(cells) and cells[at].strip()]

    def first(meaning: str) -> str:
        return next(iter(texts(meaning)), "")

    if not first("date"):
        return None, None  # totals under the table
    booked_on = date_of(first("date"))
    amount = _amount(first("amount"), first("credit"), first("debit"), first("direction"))
    named = first("currency").upper()
    row = Row(
        booked_on=booked_on,
        amount=amount,
        currency=_CURRENCY_NAMES.get(named, named[:3]) or currency,
        payer_name=clean(first("name"), 200),
        payer_account=clean(first("account").strip("'\t`"), 60),
        text=clean(" ".join(texts("text")), 1000),
        external_id=clean(first("id").strip("'\t`"), 120),
    )
    try:
        balance = amount_of(first("balance"))
    except BadLine:
        balance = None
    return row, balance


def _amount(amount: str, credit: str, debit: str, direction: str) -> Decimal:
    into, out = amount_of(credit), amount_of(debit)
    if into or out:
        return (into or Decimal("0.00")) - abs(out or Decimal("0.00"))
    value = amount_of(amount)
    if value is None:
        return Decimal("0.00")
    word = _NOISE.sub("", unicodedata.normalize("NFKC", direction)).upper()
    if word in _DEBIT_WORDS:
        return -abs(value)
    if word in _CREDIT_WORDS:
        return abs(value)
    return value


def _balance(found: Statement, balances: list[Decimal | None]) -> None:
    """Opening and closing from the running balance, whichever way the rows run; a break in it is a problem."""
    if not balances or any(one is None for one in balances):
        return
    known = [one for one in balances if one is not None]
    amounts = [row.amount for row in found.rows]

    def runs(order: list[int]) -> bool:
        return all(known[a] + amounts[b] == known[b] for a, b in pairwise(order))

    forward = list(range(len(known)))
    backward = forward[::-1]
    order = backward if found.rows[0].booked_on > found.rows[-1].booked_on or not runs(forward) else forward
    if not runs(order):
        found.problems.append((0, Fault("balance_breaks")))
        return
    found.opening = known[order[0]] - amounts[order[0]]
    found.closing = known[order[-1]]
    found.closing_on = found.rows[order[-1]].booked_on
