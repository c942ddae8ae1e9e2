"""What every method over years reads: when flows are received, what ends them, what chance they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from valuation.arithmetic import Arithmetic, Number
from valuation.discounting import END, MID, factors, yearly
from valuation.reading import SHARE, YEARS, Fields
from valuation.showing import share

TIMINGS = {
    **dict.fromkeys(("end", "end_of_year", "end-of-year", "year_end"), END),
    **dict.fromkeys(("mid", "mid_year", "mid-year", "mid_period", "mid-period"), MID),
}


@dataclass(frozen=True, slots=True)
class Years:
    """`legal` and `economic`: years left, None for no limit; `survival`: a share for each year, None for certainty."""

    count: int
    rate: Number
    timing: str = END
    legal: Number | None = None
    economic: Number | None = None
    survival: list[Number] | None = None

    def weights(self, a: Arithmetic) -> list[Number]:
        """What 1 of each year's full flow is worth at the base date."""
        stop = self.legal
        if self.economic is not None:
            stop = self.economic if stop is None else a.smaller(stop, self.economic)
        found = factors(self.count, self.rate, a, timing=self.timing, periods=yearly(self.count, self.timing, stop, a))
        if self.survival is None:
            return found
        return [weight * one for weight, one in zip(found, self.survival, strict=True)]

    def rows(self, weights: list[Number], **columns: list[Any]) -> list[dict[str, Any]]:
        """One row a year, from texts already rounded, with what 1 is worth in `factor`."""
        return [
            {"year": n + 1, **{name: values[n] for name, values in columns.items()}, "factor": share(weight)}
            for n, weight in enumerate(weights)
        ]


def read_years(fields: Fields, count: int, rate: Number) -> Years:
    """Raises BadInput."""
    survival = None
    if fields.has("survival"):
        survival = fields.as_long_as("survival", "years", fields.series("survival", SHARE), count)
    return Years(
        count,
        rate,
        fields.choice("timing", TIMINGS, END),
        fields.number("remaining_legal_years", YEARS, None),
        fields.number("economic_life_years", YEARS, None),
        survival,
    )
