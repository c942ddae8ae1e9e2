"""A whole book of patents revalued at once: P5, P50 and P95 of every one by relief from royalty.

    V = revenue · royalty · (1 − tax) · ρ · Σ_t share_t (1 − loss)^(t − ½) (1 + g)^(t − 1) (1 + r)^−t · M_t

Each patent has its own revenue (of the coming year), royalty rate, tax, discount rate r, growth g, yearly chance of
loss, and years left (the last one broken). What is uncertain is the market a patent is sold in, one draw of which all
patents of that market share, as they share it in life: M_t, the product of yearly log-normal shocks of mean 1 to
revenue, divided by t years of a log-normal shock to the discount rate; and ρ, a triangular factor to the royalty rate.

So the draws are made once a market, in float32, and each patent is one row of a matrix product and one sort. Sharing
draws leaves each patent's own error as it is (it is reported), but errors of one market's patents do not cancel in a
sum. Float32 adds less than `FLOAT32_ERROR` of a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from valuation.arithmetic import Draws
from valuation.simulation.monte_carlo import stream

PERCENTS = (5, 50, 95)
FLOAT32_ERROR = 5e-6
USUAL_DRAWS = 10_000
#: Values sorted together: as many as stay in the processor's second cache.
TOGETHER = 640_000


#: Paths are drawn to here whatever the book holds, so that a patent's figures do not depend on its company: no patent
#: lives longer (20 years and five of extension).
MOST_PATH_YEARS = 25


@dataclass(frozen=True, slots=True)
class Market:
    """How uncertain one market is. `growth_sigma` (per year) and `discount_sigma` are of logarithms; the royalty
    factor is triangular, 1 meaning the patent's own rate."""

    name: str
    growth_sigma: float
    discount_sigma: float
    royalty_low: float = 1.0
    royalty_mode: float = 1.0
    royalty_high: float = 1.0

    def __post_init__(self) -> None:
        if min(self.growth_sigma, self.discount_sigma, self.royalty_low) < 0:
            raise ValueError("Spreads and factors are not negative.")
        if not self.royalty_low <= self.royalty_mode <= self.royalty_high:
            raise ValueError("low ≤ mode ≤ high must hold.")


@dataclass(frozen=True, slots=True)
class Book:
    """One array of n for each column. Money in one currency; rates and shares of one a year; `years_left` may be
    broken; `market` is the place in the list of markets."""

    revenue: Draws
    royalty_rate: Draws
    tax_rate: Draws
    discount_rate: Draws
    growth: Draws
    yearly_loss: Draws
    years_left: Draws
    market: np.ndarray[Any, np.dtype[np.int64]]

    def __post_init__(self) -> None:
        sizes = {len(getattr(self, column.name)) for column in fields(self)}
        if len(sizes) > 1:
            raise ValueError("Every column has a row for each patent.")
        if len(self.years_left) and float(self.years_left.max()) > MOST_PATH_YEARS:
            raise ValueError(f"At most {MOST_PATH_YEARS} years.")

    def __len__(self) -> int:
        return len(self.revenue)

    def weights(self, years: int) -> Draws:
        """n × years: what each year is worth with an even market; a row sums to the patent's certain value."""
        t = np.arange(1, years + 1)
        weight = np.clip(self.years_left[:, None] - (t - 1), 0.0, 1.0)
        weight *= (1 - self.yearly_loss[:, None]) ** (t - 0.5)
        weight *= (1 + self.growth[:, None]) ** (t - 1)
        weight /= (1 + self.discount_rate[:, None]) ** t
        weight *= (self.revenue * self.royalty_rate * (1 - self.tax_rate))[:, None]
        return weight


@dataclass(frozen=True, slots=True)
class Revaluation:
    """n rows: `values` of P5, P50, P95, the standard `errors` of each, and the mean."""

    values: Draws
    errors: Draws
    mean: Draws


def market_paths(market: Market, years: int, draws: int, seed: int) -> Draws:
    """years × draws of ρ·M_t."""
    source = stream(seed, f"market/{market.name}")
    shock = source.standard_normal((years, draws)) * market.growth_sigma - market.growth_sigma**2 / 2
    rate = source.standard_normal(draws) * market.discount_sigma
    paths = np.exp(np.cumsum(shock, axis=0) - np.arange(1, years + 1)[:, None] * rate)
    if market.royalty_high > market.royalty_low:
        paths *= source.triangular(market.royalty_low, market.royalty_mode, market.royalty_high, draws)
    else:
        paths *= market.royalty_mode
    return paths


def revalue(book: Book, markets: Sequence[Market], *, draws: int = USUAL_DRAWS, seed: int = 0) -> Revaluation:
    """Every patent of the book at `draws` draws (≥ 2) of its market. A patent with no years left is worth nothing.

    The same book, markets, draws and seed give the same figures; a patent's own do not depend on the others.
    """
    found = Revaluation(np.zeros((len(book), 3)), np.zeros((len(book), 3)), np.zeros(len(book)))
    places, low, high, part = _places(draws)
    columns = np.concatenate([places, places + 1, low, high])
    columns[columns >= draws] = draws - 1
    for n, market in enumerate(markets):
        rows = np.flatnonzero(book.market == n)
        if not len(rows):
            continue
        years = max(int(np.ceil(book.years_left[rows].max())), 1)
        paths = market_paths(market, MOST_PATH_YEARS, draws, seed)[:years]
        weights = _rows(book, rows).weights(years)
        found.mean[rows] = weights @ paths.mean(axis=1)
        narrow, small = paths.astype(np.float32), weights.astype(np.float32)
        step = max(TOGETHER // draws, 1)
        for start in range(0, len(rows), step):
            values = small[start : start + step] @ narrow
            values.sort(axis=1)
            at = values[:, columns].astype(np.float64)
            floor, above, below, over = at[:, :3], at[:, 3:6], at[:, 6:9], at[:, 9:]
            some = rows[start : start + step]
            found.values[some] = floor + (above - floor) * part
            found.errors[some] = (over - below) / 2
    return found


def _rows(book: Book, rows: np.ndarray[Any, np.dtype[np.int64]]) -> Book:
    return Book(*(getattr(book, column.name)[rows] for column in fields(book)))


def _places(draws: int) -> tuple[Any, Any, Any, Any]:
    """Order statistics of the percentiles, those one standard deviation below and above, and the part between two."""
    chance = np.array(PERCENTS) / 100
    place = (draws - 1) * chance
    reach = np.sqrt(draws * chance * (1 - chance))
    floor = place.astype(np.int64)
    low = np.maximum(np.floor(place - reach), 0).astype(np.int64)
    high = np.minimum(np.ceil(place + reach), draws - 1).astype(np.int64)
    return floor, low, high, place - floor
