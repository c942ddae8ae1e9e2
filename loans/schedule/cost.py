"""What a loan costs in a year, so that offers with other methods, fees and calendars can be compared.

The effective annual rate i solves Σ CFₜ·(1+i)^(−daysₜ/365) = 0 over money received and paid, fees included (the yearly
rate with all direct costs that Announcement 3 of 2021 of the People's Bank asks lenders to show first). It is found by
bisection in Decimal, to `PLACES` of a per cent, rounded half up: no guess to start from, no division by a slope.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

from loans.schedule.conventions import Amount
from loans.schedule.entry import Plan

PLACES = Decimal("0.0001")
YEAR_DAYS = 365
#: A loan dearer than this a year is shown as such and not searched further.
MOST_PCT = Decimal(100_000)

Flow = tuple[date, Amount]


def flows_of(plan: Plan, fees: Iterable[Flow] = ()) -> list[Flow]:
    """What the borrower receives (+) and pays (−), in minor units; `fees` are (day, amount) paid by the borrower."""
    received = [(day, amount) for day, amount in plan.tranches]
    paid = [
        (period.paid_on, -(principal + interest))
        for period, (principal, interest, _) in zip(plan.periods, plan.rows, strict=True)
    ]
    return [*received, *paid, *((day, -amount) for day, amount in fees)]


def effective_annual_rate(flows: Iterable[Flow]) -> Decimal | None:
    """Per cent a year, or None when no rate from 0 to `MOST_PCT` balances the flows (nothing is charged back).

    A borrower's flows are money in, then money out, so what is left at a rate rises with the rate and has one root.
    """
    merged: dict[date, Amount] = {}
    for day, amount in flows:
        merged[day] = merged.get(day, 0) + amount
    if not merged:
        return None
    start = min(merged)
    points = [((day - start).days, _decimal(amount)) for day, amount in merged.items() if amount]
    if sum(amount for _, amount in points) > 0:
        return None

    def left(rate_pct: Decimal) -> Decimal:
        daily = ((1 + rate_pct / 100).ln() / YEAR_DAYS).exp()
        return sum((amount / daily**days for days, amount in points), Decimal(0))

    with localcontext() as context:
        context.prec = 34
        low, high = Decimal(0), MOST_PCT
        if left(low) >= 0:
            return low.quantize(PLACES)
        if left(high) < 0:
            return None
        while high - low > PLACES / 1000:
            middle = (low + high) / 2
            if left(middle) < 0:
                low = middle
            else:
                high = middle
        return ((low + high) / 2).quantize(PLACES, ROUND_HALF_UP)


def _decimal(amount: Amount) -> Decimal:
    return Decimal(amount) if isinstance(amount, int) else Decimal(amount.numerator) / amount.denominator
