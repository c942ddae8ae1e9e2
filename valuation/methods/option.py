"""The right to wait: a patent as a call on the project it protects.

C = S·N(d₁) − K·e^(−rT)·N(d₂), d₁ = (ln(S ÷ K) + (r + σ²÷2)T) ÷ (σ√T), d₂ = d₁ − σ√T: S the project's value if started
now, K the cost of starting it (money), σ the volatility of S and r the risk-free rate per year, continuously
compounded, T the years left. Without volatility or time it is what exercising is worth: max(S − K·e^(−rT), 0).
Source: Black and Scholes, Journal of Political Economy 81 (1973).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from valuation.arithmetic import Arithmetic, Number
from valuation.methods.method import Method, Outcome
from valuation.reading import AMOUNT, RATE, VOLATILITY, YEARS, Fields
from valuation.showing import cents, share


@dataclass(frozen=True, slots=True)
class Call:
    expected_value: Number
    exercise_cost: Number
    volatility: Number
    years: Number
    risk_free: Number


def read(fields: Fields) -> Call:
    """Raises BadInput."""
    return Call(
        fields.number("expected_value", AMOUNT),
        fields.number("exercise_cost", AMOUNT),
        fields.number("volatility", VOLATILITY),
        fields.number("years", YEARS),
        fields.number("risk_free", RATE),
    )


def value(call: Call, a: Arithmetic) -> Outcome:
    cost = call.exercise_cost * a.exp(-call.risk_free * call.years)
    exercised = a.larger(call.expected_value - cost, a.number(0))
    width = call.volatility * a.sqrt(call.years)
    # Where nothing is uncertain or at stake the formula divides by zero; there the call is worth its exercise.
    stake = a.smaller(a.smaller(width, call.expected_value), call.exercise_cost)
    one = a.number(1)
    safe_width = a.where_positive(stake, width, one)
    moneyness = a.where_positive(stake, call.expected_value, one) / a.where_positive(stake, cost, one)
    d1 = a.log(moneyness) / safe_width + safe_width / 2
    d2 = d1 - safe_width
    uncertain = call.expected_value * a.normal_cdf(d1) - cost * a.normal_cdf(d2)
    worth = a.where_positive(stake, uncertain, exercised)

    def shown() -> dict[str, Any]:
        formula = {"d1": share(d1), "d2": share(d2), "n_d1": share(a.normal_cdf(d1)), "n_d2": share(a.normal_cdf(d2))}
        return {
            **(formula if stake > 0 else {}),
            "present_exercise_cost": cents(cost),
            "intrinsic_value": cents(a.larger(call.expected_value - call.exercise_cost, a.number(0))),
        }

    return Outcome(worth, shown)


METHOD = Method("real_option", _("Real option"), "S·N(d₁) − K·e^(−rT)·N(d₂)", read, value)
