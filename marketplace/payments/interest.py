"""Interest on what is paid late: simple, by the day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from marketplace.core.money import Money, to_cents

DAYS_OF_A_YEAR = 365


def late_interest(principal: Money, *, rate_pct: Decimal, due_on: date, paid_on: date) -> Money:
    """Simple interest for each day after `due_on` up to and including `paid_on`: sum × rate / 100 × days / 365.

    `rate_pct` is the yearly rate in per cent that the contract names. Rounded half up to the cent, once, at the end.
    Zero when nothing is late. Whole currencies keep their cents here; the invoice rounds.
    """
    days = max(0, (paid_on - due_on).days)
    return Money(to_cents(principal.amount * rate_pct * days / (100 * DAYS_OF_A_YEAR)), principal.currency)
