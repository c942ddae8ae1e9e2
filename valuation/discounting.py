"""Present values: years counted whole, from their middle, or broken by dates and by the end of the right.

A flow of year t that is received at the end of the year is worth flow ÷ (1 + r)^t; received evenly over the year it is
taken at its middle, flow ÷ (1 + r)^(t − ½). Nothing counts after the right's legal end or its economic life: the last
year counts by the share that is left. Rates are per year, 0.12 for 12 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from valuation.arithmetic import Arithmetic, Number

END, MID = "end", "mid"
HALF = Decimal("0.5")
DAYS_OF_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time: the share of its year's flow that counts, and after how many years it is received."""

    share: Number
    years: Number


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one calendar year, `since` included and `until` not.

    `fraction` = days ÷ days of that calendar year; `mid_years` = days from the base date to its middle ÷ 365.
    """

    since: date
    until: date
    fraction: Decimal
    mid_years: Decimal


def calendar_pieces(base: date, end: date) -> list[Piece]:
    """[base, end) cut at each 1 January, in order; empty when `end` is not after `base`."""
    pieces = []
    since = base
    while since < end:
        new_year = date(since.year + 1, 1, 1) if since.year < date.max.year else date.max
        until = min(new_year, end)
        days = (until - since).days
        days_of_year = 366 if _is_leap(since.year) else 365
        middle = Decimal((since - base).days) + Decimal(days) / 2
        pieces.append(Piece(since, until, Decimal(days) / days_of_year, middle / DAYS_OF_A_YEAR))
        since = until
    return pieces


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def yearly(count: int, timing: str, stop: Number | None, a: Arithmetic) -> list[Period] | None:
    """The years 1…count cut at `stop` years; None when nothing cuts them, so that whole years go by one product each.

    A year cut to the share s is received after t − 1 + s years (end) or t − 1 + s ÷ 2 (mid).
    """
    if stop is None:
        return None
    periods = []
    for year in range(count):
        share = a.larger(a.smaller(stop - year, a.number(1)), a.number(0))
        periods.append(Period(share, year + (share * a.number(HALF) if timing == MID else share)))
    return periods


def factors(
    count: int, rate: Number, a: Arithmetic, *, timing: str = END, periods: Sequence[Period] | None = None
) -> list[Number]:
    """What 1 of each period's full flow is worth at the base date, the share that counts included."""
    if periods is not None:
        return [one.share * a.power(1 + rate, -one.years) for one in periods]
    step = 1 / (1 + rate)
    factor = a.sqrt(step) if timing == MID else step
    found = [factor]
    for _ in range(count - 1):
        factor = factor * step
        found.append(factor)
    return found


def total(flows: Sequence[Number], weights: Sequence[Number]) -> Number:
    """Σ flow × weight."""
    value = flows[0] * weights[0]
    for flow, weight in zip(flows[1:], weights[1:], strict=True):
        value = value + flow * weight
    return value
