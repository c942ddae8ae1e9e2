"""Comparable transactions: what others paid for the like, per unit of revenue.

implied_i = price_i ÷ revenue_i × the subject's revenue × (1 + adjustment_i); value = the median of them. Beside it the
lowest and the highest, how many there are and how far they lie apart: coefficient of dispersion = mean distance from
the median ÷ median. Source: IVS 103 (2025), market approach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from valuation import refusals
from valuation.arithmetic import Arithmetic, Number
from valuation.methods.method import Method, Outcome
from valuation.reading import ADJUSTMENT, AMOUNT, POSITIVE_AMOUNT, Fields
from valuation.showing import cents, share


@dataclass(frozen=True, slots=True)
class Comparable:
    price: Number
    revenue: Number
    adjustment: Number


@dataclass(frozen=True, slots=True)
class Comparables:
    entries: list[Comparable]
    subject_revenue: Number


def read(fields: Fields) -> Comparables:
    """Adjustments are keyed by the comparable's place, from "0". Raises BadInput."""
    entries = list(fields.each("comparables"))
    subject = fields.number("subject_revenue", AMOUNT)
    given = fields.inside("adjustments") if fields.has("adjustments") else None
    if given is not None:
        places = {str(n) for n in range(len(entries))}
        for place in given.data:
            if str(place) not in places:
                raise refusals.OutOfRange(field=given.at(str(place)), range=f"[0, {len(entries) - 1}]")
    return Comparables(
        [
            Comparable(
                one.number("price", AMOUNT),
                one.number("revenue", POSITIVE_AMOUNT),
                0 if given is None else given.number(str(n), ADJUSTMENT, 0),
            )
            for n, one in enumerate(entries)
        ],
        subject,
    )


def value(comparables: Comparables, a: Arithmetic) -> Outcome:
    implied = [
        one.price * comparables.subject_revenue * (1 + one.adjustment) / one.revenue for one in comparables.entries
    ]
    middle = a.median(implied)

    def shown() -> dict[str, Any]:
        count = len(implied)
        apart = sum(abs(one - middle) for one in implied) / count
        return {
            "implied": [cents(one) for one in implied],
            "low": cents(min(implied)),
            "high": cents(max(implied)),
            "mean": cents(sum(implied) / count),
            "count": count,
            "dispersion": share(apart / middle) if middle else None,
            "rows": [
                {
                    "index": n,
                    "price": cents(one.price),
                    "revenue": cents(one.revenue),
                    "multiple": share(one.price / one.revenue),
                    "adjustment": share(one.adjustment),
                    "implied": cents(worth),
                }
                for n, (one, worth) in enumerate(zip(comparables.entries, implied, strict=True))
            ],
        }

    return Outcome(middle, shown)


METHOD = Method(
    "comparable_transactions",
    _("Comparable transactions"),
    "median(price ÷ revenue · subject revenue · (1 + adjustment))",
    read,
    value,
)
