"""The methods once more, written otherwise than the engine: exact fractions and closed forms, for comparison only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

Number = Fraction


def cents(value: Fraction | float) -> str:
    """Half up, away from zero, by whole numbers."""
    scaled = Fraction(value) * 100
    whole = (abs(scaled) * 2 + 1) // 2
    sign = "-" if scaled < 0 and whole else ""
    return f"{sign}{whole // 100}.{whole % 100:02d}"


def present(flows: Sequence[Number], rate: Number) -> Number:
    """Horner, from the last year back."""
    value = Fraction(0)
    for flow in reversed(flows):
        value = (value + flow) / (1 + rate)
    return value


def tab_factor(rate: Number, tax: Number, years: int) -> Number:
    annuity = Fraction(years) if not rate else (1 - (1 + rate) ** -years) / rate
    return 1 / (1 - tax * annuity / years)


def relief(revenue: Sequence[Number], royalty: Number, rate: Number, tax: Number) -> Number:
    return present([one * royalty * (1 - tax) for one in revenue], rate)


def excess(flows: Sequence[Number], charges: Sequence[Number], rate: Number, tax: Number) -> Number:
    return (1 - tax) * (present(flows, rate) - present(charges, rate))


def dated_relief(base: date, end: date, revenue: dict[int, float], kept: float, rate: float) -> float:
    """Day by day: each day earns its part of its calendar year; a year's days share one mid-point."""
    value, day = 0.0, base
    while day < end:
        year, days = day.year, []
        while day < end and day.year == year:
            days.append(day)
            day += timedelta(1)
        length = (date(year + 1, 1, 1) - date(year, 1, 1)).days
        middle = ((days[0] - base).days + (days[-1] - base).days + 1) / 2 / 365
        value += math.fsum(revenue[year] * kept / length for _ in days) * math.exp(-middle * math.log1p(rate))
    return value


def call(spot: float, strike: float, sigma: float, years: float, rate: float) -> float:
    """The expectation itself, e^(−rT)·E[max(S_T − K, 0)], by Simpson's rule over the normal density."""
    low, high, steps = -12.0, 12.0, 24_000
    width = (high - low) / steps

    def at(z: float) -> float:
        end = spot * math.exp((rate - sigma * sigma / 2) * years + sigma * math.sqrt(years) * z)
        return max(end - strike, 0.0) * math.exp(-z * z / 2)

    inner = math.fsum((4 if n % 2 else 2) * at(low + n * width) for n in range(1, steps))
    return math.exp(-rate * years) * (at(low) + inner + at(high)) * width / 3 / math.sqrt(2 * math.pi)


def middle(values: Sequence[Number]) -> Number:
    """The median by counting: the mean of the lowest value with half at or below it and the highest with half above."""
    half = Fraction(len(values), 2)
    low = min(one for one in values if sum(other <= one for other in values) >= half)
    high = max(one for one in values if sum(other >= one for other in values) >= half)
    return (low + high) / 2
