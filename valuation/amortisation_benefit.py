"""The tax amortisation benefit: whoever buys the right writes it off, and the tax saved is part of its value.

value = value before the benefit × factor, factor = 1 ÷ (1 − t · AF(r, n) ÷ n), where AF(r, n) = Σ (1 + r)^−k, k = 1…n,
is the annuity of the straight-line write-off over n years and t the rate of tax. The saving is taken at the end of each
year, when the tax is settled, also where the flows themselves are taken at mid-year. (International Valuation Standards
2025, IVS 210, on intangible assets.)
"""

from __future__ import annotations

from collections.abc import Sequence

from valuation.arithmetic import Arithmetic, Number
from valuation.discounting import factors


def over_years(rate: Number, tax: Number, years: int, a: Arithmetic) -> Number:
    """The factor for a write-off in equal parts over whole years."""
    annuity = sum(factors(years, rate, a))
    return 1 / (1 - tax * annuity / years)


def over_pieces(tax: Number, shares: Sequence[Number], weights: Sequence[Number]) -> Number:
    """The factor for a write-off spread over pieces of years: `shares` of a year each, worth `weights` apiece today."""
    return 1 / (1 - tax * sum(s * w for s, w in zip(shares, weights, strict=True)) / sum(shares))
