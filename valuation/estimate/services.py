"""Fitting the model to the sales, and estimates read from the newest fit.

Estimates are not stored: they are worked out from the register of the moment and the newest fit, so a status, a term or
an entry that changes is in the next reading, and a day that passes too. What is stored is the fit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

import numpy as np

from marketplace.core import clock
from valuation.estimate.facts import PatentFacts, lack_of
from valuation.estimate.model import (
    LEAST_OF_KIND,
    LEAST_SALES,
    VERSION,
    WORST_FACTOR,
    BackTest,
    Fit,
    Guess,
    Sale,
    fit,
    guess_many,
)
from valuation.estimate.reading import facts_of
from valuation.estimate.sales import closed_sales
from valuation.models import EstimateFit

#: A new fit waits for so many sales more or fewer: the difference of two estimates must not tell one price.
LEAST_NEWS = 3
_FOUR, _FIVE, _TWO = Decimal("0.0001"), Decimal("0.00001"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of one right: the range with its reasons, or the code of why there is none. `near` counts the sales in its own
    field; callers hide small numbers."""

    asset_id: int
    on: date
    lack: str
    facts: PatentFacts | None = None
    guess: Guess | None = None
    near: int = 0


def refit() -> EstimateFit | None:
    """Fit the sales of today and keep the fit with its back-test; None where too little is new.

    "New" is three sales more or fewer than the newest fit holds, another version of the model, or no fit yet.
    """
    return keep(closed_sales())


def keep(sales: Sequence[Sale]) -> EstimateFit | None:
    """Fit these sales and keep the fit, as above."""
    last = EstimateFit.objects.newest().first()
    if last is not None and last.model_version == VERSION:
        before = {one["number"] for one in last.sales}
        if len(before ^ {one.number for one in sales}) < LEAST_NEWS:
            return None
    return EstimateFit.objects.create(**_row(sales))


def _row(sales: Sequence[Sale]) -> dict[str, object]:
    row: dict[str, object] = {"model_version": VERSION, "fitted_at": clock.now(), "count": len(sales)}
    if len(sales) < 2:
        told = [{"number": one.number, "price": f"{one.price:.2f}"} for one in sales]
        return {**row, "lack": "few", "sales": told}
    made, test = fit(sales)
    return {
        **row,
        "lack": _lack(test),
        "by_kind": made.by_kind,
        "by_area": made.by_area,
        "sales": [
            {
                "number": one.number,
                "price": f"{one.price:.2f}",
                "middle": f"{one.middle:.2f}",
                "low": f"{one.low:.2f}",
                "high": f"{one.high:.2f}",
            }
            for one in test.sales
        ],
        "weights": [list(pair) for pair in zip(made.names, made.weights.tolist(), strict=True)],
        "spread": made.spread.astype(np.float64).tobytes(),
        "low": Decimal(repr(made.low)).quantize(_FIVE),
        "high": Decimal(repr(made.high)).quantize(_FIVE),
        "typical_error": Decimal(repr(test.typical_error)).quantize(_FOUR),
        "plain_error": Decimal(repr(test.plain_error)).quantize(_FOUR),
        "inside_pct": Decimal(repr(100 * test.inside)).quantize(_TWO),
    }


def _lack(test: BackTest) -> str:
    if len(test.sales) < LEAST_SALES:
        return "few"
    return "error" if test.typical_error > math.log(WORST_FACTOR) else ""


@lru_cache(maxsize=4)
def _fit_of(pk: int) -> Fit:
    """A fit never changes, so each process reads it once."""
    row = EstimateFit.objects.get(pk=pk)
    assert row.low is not None and row.high is not None, "a fit in use was tested"
    size = len(row.weights)
    return Fit(
        tuple(name for name, _weight in row.weights),
        np.array([weight for _name, weight in row.weights]),
        np.frombuffer(row.spread, dtype=np.float64).reshape(size, size),
        float(row.low),
        float(row.high),
        row.count,
        row.by_kind,
        row.by_area,
    )


def newest_fit() -> EstimateFit | None:
    """The fit that counts, without its large columns."""
    return EstimateFit.objects.newest().defer("sales", "weights", "spread", "by_area").first()


def estimates_of(asset_ids: Sequence[int], on: date | None = None) -> list[Estimate]:
    """Estimates of the patents among `asset_ids` in their order: three queries, and one more after a new fit."""
    on = on or clock.today()
    row = newest_fit()
    facts = facts_of(asset_ids, on)
    told = [facts[pk] for pk in asset_ids if pk in facts]
    lacks = [_lack_of(one, on, row) for one in told]
    able = [one for one, lack in zip(told, lacks, strict=True) if not lack]
    if row is None or not able:
        return [Estimate(one.asset_id, on, lack, one) for one, lack in zip(told, lacks, strict=True)]
    made = _fit_of(row.pk)
    guesses = iter(guess_many(made, [(one, on) for one in able]))
    return [
        Estimate(one.asset_id, on, lack, one, None if lack else next(guesses), made.by_area.get(one.area, 0))
        for one, lack in zip(told, lacks, strict=True)
    ]


def _lack_of(facts: PatentFacts, on: date, row: EstimateFit | None) -> str:
    own = lack_of(facts, on)
    if own:
        return own
    if row is None:
        return "few"
    if row.lack:
        return row.lack
    return "few_of_kind" if row.by_kind.get(facts.kind, 0) < LEAST_OF_KIND else ""


def estimate_of(asset_id: int) -> Estimate | None:
    """Of one right; None for what is no patent."""
    return next(iter(estimates_of([asset_id])), None)
