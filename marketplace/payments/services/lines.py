"""Each line of a bank statement once: by the bank's own id, or by what it says."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.core import clock
from marketplace.payments.models import BankAccount, StatementImport, StatementLine
from marketplace.payments.references import plain, references_in
from marketplace.payments.statements import Row, Statement
from marketplace.payments.states import QUARANTINED, LineState

ZERO = Decimal("0.00")


@dataclass
class NewLine:
    """A row that is new, under the marks it will be known by."""

    row: Row
    fingerprint: str
    ordinal: int
    references: list[str]


def fingerprint(row: Row) -> str:
    """What makes two rows the same movement when the bank gives no id: day, sum, other side, and what was said."""
    other = plain(row.payer_account) or plain(row.payer_name)
    text = "|".join((row.booked_on.isoformat(), f"{row.amount:.2f}", row.currency, other, plain(row.text)))
    return hashlib.sha256(text.encode()).hexdigest()


def new_lines(account: BankAccount, statement: Statement) -> list[NewLine]:
    """The rows not kept yet, in their order. A row without movement is left out.

    A row with the bank's id is known by it, or by an equal kept row that had no id (which takes it on). A row without
    one is known if as many equal rows are kept as stand before it in the file.
    """
    marks = [(row, fingerprint(row)) for row in statement.rows]
    kept_ids = set(
        StatementLine.objects.filter(account=account)
        .exclude(external_id="")
        .filter(external_id__among={row.external_id for row in statement.rows if row.external_id})
        .values_list("external_id", flat=True)
    )
    kept: dict[str, list[tuple[int, str]]] = defaultdict(list)
    found = StatementLine.objects.filter(account=account, fingerprint__among={mark for _, mark in marks})
    for mark, pk, external_id in found.order_by("pk").values_list("fingerprint", "pk", "external_id"):
        kept[mark].append((pk, external_id))
    counted = {mark: len(rows) for mark, rows in kept.items()}
    seen: Counter[str] = Counter()
    new = []
    for row, mark in marks:
        if row.external_id:
            if row.external_id in kept_ids:
                continue
            nameless = next((pair for pair in kept.get(mark, []) if not pair[1]), None)
            if nameless is not None:
                StatementLine.objects.filter(pk=nameless[0]).update(external_id=row.external_id)
                kept[mark].remove(nameless)
                continue
        else:
            seen[mark] += 1
            if seen[mark] <= len(kept.get(mark, [])):
                continue
        counted[mark] = counted.get(mark, 0) + 1
        new.append(NewLine(row, mark, counted[mark], references_in(row.text)))
    return new


def moves(item: NewLine, account: BankAccount) -> bool:
    """Whether the line belongs in the books of this account: it moves money of its currency."""
    return bool(item.row.amount) and item.row.currency == account.currency


def line_row(account: BankAccount, run: StatementImport, item: NewLine, **columns: Any) -> StatementLine:
    return StatementLine(**told(account, run, item, rest=columns.pop("rest", ZERO), **columns))


def told(
    account: BankAccount, run: StatementImport, item: NewLine, *, state: str, rest: Decimal, **columns: Any
) -> dict[str, Any]:
    """The columns of a line: what the bank said, and what becomes of it."""
    is_open = state in QUARANTINED and (rest or state == LineState.CURRENCY)
    return {
        "account_id": account.pk,
        "statement_id": run.pk,
        "external_id": item.row.external_id,
        "fingerprint": item.fingerprint,
        "ordinal": item.ordinal,
        "booked_on": item.row.booked_on,
        "amount": item.row.amount,
        "currency": item.row.currency,
        "payer_name": item.row.payer_name,
        "payer_account": item.row.payer_account,
        "text": item.row.text,
        "state": state,
        "rest": rest,
        "settled_at": None if is_open else clock.now(),
        **columns,
    }
