"""What a loan on a product's terms would cost: instalments, interest, fee, and the yearly rate with all of them.

The yearly rate (年化利率) counts every direct cost and is the one shown first (Announcement 3 of 2021 of the People's
Bank of China); it is exact to 0.01 percentage points (loans/schedule/cost.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from listings.rights.ruling import enforces
from loans.schedule.cost import effective_annual_rate, flows_of
from loans.schedule.entry import plan_of, written
from loans.schedule.terms import read_terms
from loans.terms import Terms

CENTS = 100


@dataclass(frozen=True, slots=True)
class Quote:
    """A loan as it would be repaid. `rows` and `totals` are those of `loans.schedule`; rates in per cent a year."""

    principal: Decimal
    months: int
    start: date
    nominal_pct: Decimal
    apr_pct: Decimal | None
    fee: Decimal
    first: Decimal
    largest: Decimal
    interest: Decimal
    total: Decimal
    rows: list[dict[str, Any]]

    @property
    def costs(self) -> Decimal:
        """Interest and fee in all."""
        return self.interest + self.fee

    def as_dict(self) -> dict[str, Any]:
        """As the API states it; amounts as decimal text."""
        return {
            "principal": f"{self.principal:.2f}",
            "months": self.months,
            "start": self.start.isoformat(),
            "annual_rate_pct": str(self.nominal_pct),
            "apr_pct": str(self.apr_pct) if self.apr_pct is not None else None,
            "fee": f"{self.fee:.2f}",
            "first_payment": f"{self.first:.2f}",
            "largest_payment": f"{self.largest:.2f}",
            "interest": f"{self.interest:.2f}",
            "total": f"{self.total:.2f}",
        }


@enforces("LN-APR", "LN-SETTLE-DAY", "LN-DAYCOUNT")
def quote(terms: Terms, principal: Decimal, months: int, start: date) -> Quote:
    """A loan of `principal` paid out on `start`. Raises BadInput for what has no schedule."""
    plan = plan_of(read_terms(terms.convention, terms.input(principal, start, months)), terms.days_off)
    fee = terms.fee_of(principal)
    fees = [(start, int(fee * CENTS))] if fee else []
    rate = effective_annual_rate(flows_of(plan, fees))
    said = written(plan)
    paid = [Decimal(one["total"]) for one in said["rows"]]
    return Quote(
        principal=principal,
        months=months,
        start=start,
        nominal_pct=terms.annual_rate_pct,
        apr_pct=rate.quantize(Decimal("0.01"), ROUND_HALF_UP) if rate is not None else None,
        fee=fee,
        first=paid[0],
        largest=max(paid),
        interest=Decimal(said["totals"]["interest"]),
        total=Decimal(said["totals"]["total"]) + fee,
        rows=said["rows"],
    )
