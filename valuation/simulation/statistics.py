"""What is said of many draws, and how far chance may have moved each figure.

Percentiles are interpolated between order statistics (Hyndman and Fan's type 7). Standard errors: mean s ÷ √n;
a share √(p(1 − p) ÷ n); a percentile half the distance between the order statistics one binomial standard deviation
√(np(1 − p)) below and above it, which needs no assumption on the shape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from valuation.arithmetic import Draws

PERCENTILES = (5, 25, 50, 75, 95)
#: A picture of the draws: bins of one width between these two shares of them; the long tails would flatten the rest.
BINS = 40
SHOWN_FROM, SHOWN_TO = 0.005, 0.995


@dataclass(frozen=True, slots=True)
class Figure:
    """An estimate and its standard error, in the unit of the values."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many draws fell into each of the bins of one width from `low` to `high`, and how many beside them.

    A bin holds its lower bound, the last one its upper bound too. All of them together are all draws.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    under: int
    over: int


@dataclass(frozen=True, slots=True)
class Summary:
    mean: Figure
    std: Figure
    percentiles: dict[int, Figure]
    below: Figure | None  # the share of values under the amount asked about
    histogram: Histogram | None = None  # none where nothing was drawn


def summarise(values: Draws, amount: float | None = None) -> Summary:
    """Sorts `values` in place; at least two of them."""
    count = len(values)
    mean = float(values.mean())
    away = values - mean
    away *= away
    variance = float(away.sum()) / (count - 1)
    away *= away
    fourth = float(away.mean())
    std = math.sqrt(variance)
    # The variance of s² is (μ₄ − σ⁴) ÷ n, and that of s follows by the delta method.
    std_error = math.sqrt(max(fourth - variance * variance, 0) / count) / (2 * std) if std else 0.0
    values.sort()
    below = None
    if amount is not None:
        share = float(np.searchsorted(values, amount, side="left")) / count
        below = Figure(share, math.sqrt(share * (1 - share) / count))
    return Summary(
        Figure(mean, std / math.sqrt(count)),
        Figure(std, std_error),
        {percent: percentile(values, percent / 100) for percent in PERCENTILES},
        below,
        histogram(values),
    )


def histogram(ordered: Draws) -> Histogram:
    """Of values in rising order; where (almost) all are one value, a single bin of no width holds those."""
    count = len(ordered)
    low, high = percentile(ordered, SHOWN_FROM).value, percentile(ordered, SHOWN_TO).value
    edges = np.linspace(low, high, BINS + 1) if low < high else np.array([low, high])
    places = np.searchsorted(ordered, edges, side="left")
    places[-1] = np.searchsorted(ordered, edges[-1], side="right")
    counts = tuple(int(one) for one in np.diff(places))
    return Histogram(low, high, counts, int(places[0]), count - int(places[-1]))


def percentile(ordered: Draws, probability: float) -> Figure:
    """Of values in rising order."""
    count = len(ordered)
    place = (count - 1) * probability
    floor = int(place)
    above = min(floor + 1, count - 1)
    value = float(ordered[floor] + (ordered[above] - ordered[floor]) * (place - floor))
    reach = math.sqrt(count * probability * (1 - probability))
    low, high = max(math.floor(place - reach), 0), min(math.ceil(place + reach), count - 1)
    return Figure(value, float(ordered[high] - ordered[low]) / 2)
