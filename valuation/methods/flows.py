"""Two methods on cash flows: with the right and without it, and flows that may never come.

Incremental: value = Σ (with_t − without_t) ÷ (1 + r)^t, flows after tax as given; a right that costs more than it
brings has a negative value, and it is shown. Risk-adjusted: value = p · Σ flow_t ÷ (1 + r)^t over the years the right
has left, p the probability that the project succeeds; flows after the legal end do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from valuation import refusals
from valuation.arithmetic import Arithmetic, Number
from valuation.discounting import total
from valuation.methods.method import Method, Outcome
from valuation.methods.years import Years, read_years
from valuation.reading import RATE, SHARE, SIGNED_AMOUNT, Fields
from valuation.showing import cents, share


@dataclass(frozen=True, slots=True)
class Incremental:
    with_asset: list[Number]
    without_asset: list[Number]
    years: Years


def read_incremental(fields: Fields) -> Incremental:
    """Raises BadInput."""
    with_asset = fields.series("with_asset", SIGNED_AMOUNT)
    without = fields.as_long_as(
        "without_asset", "with_asset", fields.series("without_asset", SIGNED_AMOUNT), len(with_asset)
    )
    return Incremental(with_asset, without, read_years(fields, len(with_asset), fields.number("discount_rate", RATE)))


def incremental(flows: Incremental, a: Arithmetic) -> Outcome:
    weights = flows.years.weights(a)
    gained = [one - other for one, other in zip(flows.with_asset, flows.without_asset, strict=True)]

    def shown() -> dict[str, Any]:
        rows = flows.years.rows(
            weights,
            with_asset=[cents(one) for one in flows.with_asset],
            without_asset=[cents(one) for one in flows.without_asset],
            incremental=[cents(one) for one in gained],
            pv=[cents(one * weight) for one, weight in zip(gained, weights, strict=True)],
        )
        return {"rows": rows}

    return Outcome(total(gained, weights), shown)


@dataclass(frozen=True, slots=True)
class RiskAdjusted:
    cash_flow: list[Number]
    probability: Number
    years: Years


def read_risk_adjusted(fields: Fields) -> RiskAdjusted:
    """Raises BadInput; the years left must be given, since a patent ends."""
    cash_flow = fields.series("cash_flow", SIGNED_AMOUNT)
    if not fields.has("remaining_legal_years"):
        raise refusals.Missing(field=fields.at("remaining_legal_years"))
    years = read_years(fields, len(cash_flow), fields.number("discount_rate", RATE))
    return RiskAdjusted(cash_flow, fields.number("probability_of_success", SHARE), years)


def risk_adjusted(project: RiskAdjusted, a: Arithmetic) -> Outcome:
    weights = project.years.weights(a)
    certain = total(project.cash_flow, weights)

    def shown() -> dict[str, Any]:
        rows = project.years.rows(
            weights,
            cash_flow=[cents(one) for one in project.cash_flow],
            pv=[cents(one * weight) for one, weight in zip(project.cash_flow, weights, strict=True)],
        )
        return {
            "value_before_risk": cents(certain),
            "probability_of_success": share(project.probability),
            "rows": rows,
        }

    return Outcome(certain * project.probability, shown)


INCREMENTAL = Method(
    "incremental_cash_flow", _("With and without"), "Σ (with − without) ÷ (1 + r)^t", read_incremental, incremental
)
RISK_ADJUSTED = Method(
    "risk_adjusted_npv",
    _("Risk-adjusted present value"),
    "p · Σ cash flow ÷ (1 + r)^t",
    read_risk_adjusted,
    risk_adjusted,
)
