"""MT940 statements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import mt940

from marketplace.payments.statements.faults import Unreadable
from marketplace.payments.statements.rows import Row, Statement, clean, day_of

ENCODINGS = ("utf-8-sig", "gb18030")
NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED"})


def read_mt940(content: bytes, currency: str) -> Statement:
    """Rows of an MT940 file, one or several statements of one account in a row. Raises Unreadable."""
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unreadable("encoding")
    try:
        # Without its options the library reads the reversal of a credit (RC) as money that came in, and adds the
        # payer's account to the payer's name.
        statements = mt940.parse_statements(text, options=mt940.Options.all())
    except Exception as error:
        raise Unreadable("no_mt940") from error
    found = Statement("mt940")
    for one in statements:
        _take(found, one, currency)
    if not found.rows and found.closing is None:
        raise Unreadable("empty")
    return found


def _take(found: Statement, one: Any, currency: str) -> None:
    opening = one.data.get("final_opening_balance") or one.data.get("intermediate_opening_balance")
    closing = one.data.get("final_closing_balance") or one.data.get("intermediate_closing_balance")
    if opening is not None and found.opening is None:
        found.opening = _cents(opening.amount.amount)
    if closing is not None:
        found.closing, found.closing_on = _cents(closing.amount.amount), day_of(closing.date)
    found.account_number = found.account_number or str(one.data.get("account_identification") or "")
    for movement in one:
        data = movement.data  # its amount and day are always there: without them the file is no MT940 to the library
        told = [
            data.get("customer_reference") or "",
            data.get("transaction_details") or "",
            data.get("purpose") or "",
            data.get("extra_details") or "",
            data.get("end_to_end_reference") or "",
        ]
        bank_id = str(data.get("bank_reference") or "")
        found.rows.append(
            Row(
                booked_on=day_of(data.get("entry_date") or data["date"]),
                amount=_cents(data["amount"].amount),
                currency=str(data["amount"].currency or currency),
                payer_name=clean(str(data.get("applicant_name") or ""), 200),
                payer_account=clean(str(data.get("applicant_iban") or data.get("gvc_applicant_iban") or ""), 60),
                text=clean(" ".join(part for part in map(str, told) if part not in NO_REFERENCE), 1000),
                external_id="" if bank_id in NO_REFERENCE else clean(bank_id, 120),
            )
        )


def _cents(amount: Decimal) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))
