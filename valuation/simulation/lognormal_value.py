"""A value known only by its mean and how widely such values scatter: log-normal, in closed form.

ln V is normal with standard deviation σ and mean ln m − σ²/2, so that V has the mean m. Then std = m√(e^(σ²) − 1), the
p-quantile is m·exp(σ·z_p − σ²/2), and P(V < a) = N((ln(a ÷ m) + σ²/2) ÷ σ). Patent values scatter so (Harhoff, Scherer
and Vopel, Research Policy 32, 2003). Nothing is drawn, so there is no sampling error.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from valuation.simulation.statistics import PERCENTILES, Figure, Summary

NORMAL = NormalDist()


def lognormal_value(mean: float, sigma: float, amount: float | None = None) -> Summary:
    """`mean` and `amount` in money, `sigma` ≥ 0."""

    def at(percent: int) -> Figure:
        return Figure(mean * math.exp(sigma * NORMAL.inv_cdf(percent / 100) - sigma * sigma / 2), 0.0)

    return Summary(
        Figure(mean, 0.0),
        Figure(mean * math.sqrt(math.expm1(sigma * sigma)), 0.0),
        {percent: at(percent) for percent in PERCENTILES},
        None if amount is None else Figure(_below(mean, sigma, amount), 0.0),
    )


def _below(mean: float, sigma: float, amount: float) -> float:
    if amount <= 0:
        return 0.0
    if not sigma:
        return float(mean < amount)
    return 0.5 * math.erfc(-(math.log(amount / mean) + sigma * sigma / 2) / sigma / math.sqrt(2))
