"""What happens to a loan after it is paid out. Each is kept as it was entered and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from loans.servicing.contract import Order


class Early(StrEnum):
    """What an early repayment does to the rows left."""

    SHORTER = "shorter"  # the instalment stays, the term ends sooner
    SMALLER = "smaller"  # the term stays, the instalments shrink


@dataclass(frozen=True, slots=True)
class Payment:
    """`cents` received on `value_date` under the payer's `reference`.

    What is left after everything due is kept for the next row, unless `early` says that it repays principal at once.
    `order` is its own order of what is due, where the contract's does not hold: proceeds of the collateral.
    """

    reference: str
    value_date: date
    cents: int
    early: Early | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Reversal:
    """The opposite of a payment that was not good: it is as though the payment had never come."""

    reference: str
    reverses: str
    value_date: date


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost the borrower owes from a day on: an annuity the bank paid to keep the collateral, a court fee."""

    reference: str
    value_date: date
    cents: int


@dataclass(frozen=True, slots=True)
class Restructuring:
    """A new schedule for what is owed, from a day on.

    `changes` are keys of the schedule's input (annual_rate_pct, count, maturity, due_dates, …); start and principal
    follow from the position. With `capitalises` interest due and accrued becomes principal, otherwise it stays due.
    """

    reference: str
    value_date: date
    changes: Mapping[str, Any]
    convention: Mapping[str, Any] = field(default_factory=dict)
    capitalises: bool = False


@dataclass(frozen=True, slots=True)
class Calling:
    """The whole debt is called in: principal not yet due and the interest accrued on it fall due on the day.

    From then on there is no running row, so nothing accrues; what stays unpaid bears the penalty rate. A later
    restructuring plans anew what is owed.
    """

    reference: str
    value_date: date


Happening = Payment | Reversal | Cost | Restructuring | Calling
Standing = Cost | Payment | Restructuring | Calling
#: Within one day: what is owed is settled before what is received, a new schedule comes after, and a calling last.
_RANK = {Cost: 0, Payment: 1, Restructuring: 2, Calling: 3}


def in_order(happenings: Iterable[Happening], until: date) -> list[Standing]:
    """Happenings with effect up to `until`, by value date, kind and reference: one order whatever order they came in.

    The same happening given twice counts once. A reversed payment and its reversal leave nothing behind. Raises
    ValueError for two different happenings of one reference, and for a reversal of a payment that is not there.
    """
    by_reference: dict[str, Happening] = {}
    for one in happenings:
        known = by_reference.setdefault(one.reference, one)
        if known != one:
            raise ValueError(f"Two different happenings have the reference {one.reference}.")
    reversals = [one for one in by_reference.values() if isinstance(one, Reversal)]
    undone: set[str] = set()
    for reversal in reversals:
        if not isinstance(by_reference.get(reversal.reverses), Payment):
            raise ValueError(f"{reversal.reference} reverses {reversal.reverses}, which is no payment.")
        if reversal.reverses in undone:
            raise ValueError(f"{reversal.reverses} is reversed twice.")
        undone.add(reversal.reverses)
    standing = [
        one
        for one in by_reference.values()
        if not isinstance(one, Reversal) and one.reference not in undone and one.value_date <= until
    ]
    return sorted(standing, key=lambda one: (one.value_date, _RANK[type(one)], one.reference))
