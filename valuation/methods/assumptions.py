"""Assumptions that are figures themselves: a discount rate built up from its parts, a curve of survival or decay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from valuation import refusals, survival
from valuation.arithmetic import Arithmetic, Number
from valuation.methods.method import Method, Outcome
from valuation.rates import build_up
from valuation.reading import MOST_YEARS, RATE, SHARE, Domain, Fields
from valuation.showing import share

PREMIUM = Domain(Decimal("-0.5"), Decimal(1), without_most=True)
BETA = Domain(Decimal(-5), Decimal(5))
LIFE = Domain(Decimal(0), Decimal(MOST_YEARS), without_least=True)
SHAPE = Domain(Decimal(0), Decimal(20), without_least=True)


@dataclass(frozen=True, slots=True)
class BuildUp:
    risk_free: Number
    beta: Number
    equity_premium: Number
    premiums: dict[str, Number]


def read_build_up(fields: Fields) -> BuildUp:
    """Raises BadInput."""
    premiums = fields.inside("premiums") if fields.has("premiums") else None
    return BuildUp(
        fields.number("risk_free", RATE),
        fields.number("beta", BETA, 1),
        fields.number("equity_premium", RATE, 0),
        {str(name): premiums.number(str(name), PREMIUM) for name in premiums.data} if premiums else {},
    )


def built_up(parts: BuildUp, a: Arithmetic) -> Outcome:
    rate = build_up(parts.risk_free, parts.premiums, beta=parts.beta, equity_premium=parts.equity_premium)

    def shown() -> dict[str, Any]:
        if not RATE.holds(rate):
            raise refusals.OutOfRange(field="premiums", range=str(RATE))
        named = {"risk_free": parts.risk_free, "equity": parts.beta * parts.equity_premium, **parts.premiums}
        return {"rows": [{"part": name, "rate": share(part)} for name, part in named.items()]}

    return Outcome(rate, shown, share)


@dataclass(frozen=True, slots=True)
class Curve:
    years: int
    make: Callable[[Arithmetic], list[Number]]


def read_curve(fields: Fields) -> Curve:
    """Raises BadInput."""
    kind = fields.choice("curve", {name: name for name in survival.CURVES}, "constant_hazard")
    if kind == "renewals":
        kept = fields.series("kept", SHARE)
        return Curve(len(kept), lambda a: survival.renewals(kept))
    years = fields.whole("years", 1, MOST_YEARS)
    if kind == "linear":
        life = fields.number("life", LIFE)
        return Curve(years, lambda a: survival.linear(life, years, a))
    if kind == "exponential":
        half_life = fields.number("half_life", LIFE)
        return Curve(years, lambda a: survival.exponential(half_life, years, a))
    if kind == "weibull":
        scale, shape = fields.number("scale", LIFE), fields.number("shape", SHAPE)
        return Curve(years, lambda a: survival.weibull(scale, shape, years, a))
    loss = fields.number("yearly_loss", RATE)
    return Curve(years, lambda a: survival.constant_hazard(loss, years, a))


def curve(wanted: Curve, a: Arithmetic) -> Outcome:
    """`value`: the years to be expected (the sum of the shares)."""
    shares = wanted.make(a)
    return Outcome(sum(shares), lambda: {"survival": [share(one) for one in shares]}, share)


BUILD_UP = Method(
    "discount_rate_build_up",
    _("Discount rate build-up"),
    "risk-free + β · equity + Σ premiums",
    read_build_up,
    built_up,
)
CURVE = Method("survival_curve", _("Survival and decay"), "share of each year's flow", read_curve, curve)
