"""Building a discount rate from its parts, each with its own reason.

rate = risk-free + β · equity premium + Σ premiums (size, industry, technology, legal risk …), per year. The parts are
the appraiser's; this adds them and shows the sum (中评协〔2017〕49号 asks that the rate be explained).
"""

from __future__ import annotations

from collections.abc import Mapping

from valuation.arithmetic import Number


def build_up(
    risk_free: Number, premiums: Mapping[str, Number], *, beta: Number = 1, equity_premium: Number = 0
) -> Number:
    """The rate per year; `premiums` by name."""
    return risk_free + beta * equity_premium + sum(premiums.values())
