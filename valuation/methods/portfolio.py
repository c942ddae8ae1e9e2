"""A bundle of patents: the sum of its parts, less a discount for standing on few legs.

hhi = Σ share², over the shares of the categories in the sum (Herfindahl–Hirschman; 1 when all is in one category);
value = sum × (1 − factor × hhi). A bundle worth nothing has no shares: its hhi is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from valuation.arithmetic import Arithmetic, Number
from valuation.methods.method import Method, Outcome
from valuation.reading import AMOUNT, SHARE, Fields
from valuation.showing import cents, share


@dataclass(frozen=True, slots=True)
class Portfolio:
    patents: list[tuple[str, Number]]  # category, value
    factor: Number


def read(fields: Fields) -> Portfolio:
    """Raises BadInput."""
    patents = [(one.text("category"), one.number("value", AMOUNT)) for one in fields.each("patents")]
    return Portfolio(patents, fields.number("diversification_factor", SHARE))


def value(portfolio: Portfolio, a: Arithmetic) -> Outcome:
    by_category: dict[str, Number] = {}
    for category, worth in portfolio.patents:
        by_category[category] = by_category.get(category, 0) + worth
    whole = sum(by_category.values())
    squares = sum(worth * worth for worth in by_category.values())
    hhi = a.where_positive(whole, squares, a.number(0)) / a.where_positive(whole, whole * whole, a.number(1))

    def shown() -> dict[str, Any]:
        return {
            "hhi": share(hhi),
            "sum": cents(whole),
            "count": len(portfolio.patents),
            "rows": [
                {"category": category, "value": cents(worth), "share": share(worth / whole if whole else whole)}
                for category, worth in by_category.items()
            ],
        }

    return Outcome(whole * (1 - portfolio.factor * hhi), shown)


METHOD = Method("portfolio", _("Portfolio"), "Σ value · (1 − factor · hhi)", read, value)
