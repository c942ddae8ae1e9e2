"""Repayments as a bank's core system lists them: each line by itself, known ones once."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q

from loans.models import Loan, Payment
from loans.services.repaying import receive
from loans.states.servicing import PaymentSource
from marketplace.core.actor import Actor
from marketplace.core.errors import BadInput, DomainError, Missing, NotANumber, NotFound, OutOfRange

HEAD = ("bank_reference", "reference", "value_date", "amount")
MOST_LINES = 20_000


def read_repayments(*, text: str, bank_id: int, by: Actor) -> dict[str, Any]:
    """Enter the payments of a file: {entered, known, refused: [{line, code, message}]}; good lines stand by themselves.

    A loan is named by the bank's own number or by this market's. Raises Missing for a head that lacks a column,
    OutOfRange for a file of too many lines.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    lacking = [name for name in HEAD if name not in (reader.fieldnames or ())]
    if lacking:
        raise Missing(field=lacking[0])
    rows = list(reader)
    if len(rows) > MOST_LINES:
        raise OutOfRange(field="csv", range=f"1 – {MOST_LINES}")
    known_before = set(
        Payment.objects.filter(bank=bank_id, reference__in={row["reference"] for row in rows}).values_list(
            "reference", flat=True
        )
    )
    entered = known = 0
    refused: list[dict[str, Any]] = []
    for line, row in enumerate(rows, start=2):
        try:
            _enter(row, bank_id, by)
            known += row["reference"] in known_before
            entered += row["reference"] not in known_before
        except DomainError as refusal:
            refused.append({"line": line, "code": refusal.code, "message": refusal.message})
    return {"entered": entered, "known": known, "refused": refused}


def _enter(row: dict[str, str], bank_id: int, by: Actor) -> None:
    named = (row["bank_reference"] or "").strip()
    loan = Loan.objects.filter(Q(bank_reference=named) | Q(number=named), bank=bank_id).first() if named else None
    if loan is None:
        raise NotFound(field="bank_reference")
    if not row["reference"]:
        raise Missing(field="reference")
    receive(
        loan_id=loan.pk,
        reference=row["reference"],
        value_date=_day(row["value_date"]),
        amount=_amount(row["amount"]),
        source=PaymentSource.FILE,
        by=by,
    )


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError as error:
        raise BadInput(field="value_date") from error


def _amount(text: str | None) -> Decimal:
    try:
        amount = Decimal((text or "").strip())
    except InvalidOperation as error:
        raise NotANumber(field="amount") from error
    if not amount.is_finite() or amount <= 0 or amount % Decimal("0.01") or amount > Decimal(10) ** 14:
        raise NotANumber(field="amount")
    return amount
