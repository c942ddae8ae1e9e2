"""What is left of a right as years go by: the chance that it still stands, and how fast its usefulness fades.

Each curve gives a share 0…1 for the middle of each year 1…n, to be multiplied with that year's flow.
"""

from __future__ import annotations

from collections.abc import Sequence

from valuation.arithmetic import Arithmetic, Number

CURVES = ("constant_hazard", "renewals", "linear", "exponential", "weibull")


def constant_hazard(yearly_loss: Number, years: int, a: Arithmetic) -> list[Number]:
    """(1 − h)^(t − ½): the right is lost with the same chance `yearly_loss` every year (invalidity, unpaid fee)."""
    return [a.power(1 - yearly_loss, a.number(2 * t - 1) / 2) for t in range(1, years + 1)]


def renewals(kept: Sequence[Number]) -> list[Number]:
    """Π of the share of rights kept at each year's annuity: `kept[0]` is paid before the first year."""
    found, standing = [], kept[0]
    for share in [*kept[1:], 1]:
        found.append(standing)
        standing = standing * share
    return found


def linear(life: Number, years: int, a: Arithmetic) -> list[Number]:
    """max(0, 1 − (t − ½) ÷ L): usefulness falls evenly to nothing after `life` years."""
    return [a.larger(1 - a.number(2 * t - 1) / 2 / life, a.number(0)) for t in range(1, years + 1)]


def exponential(half_life: Number, years: int, a: Arithmetic) -> list[Number]:
    """2^(−(t − ½) ÷ H): usefulness halves every `half_life` years."""
    return [a.power(a.number(2), -(a.number(2 * t - 1) / 2) / half_life) for t in range(1, years + 1)]


def weibull(scale: Number, shape: Number, years: int, a: Arithmetic) -> list[Number]:
    """exp(−((t − ½) ÷ λ)^k): the curve of replaced technology; k > 1 ages faster the older it is (Weibull 1951)."""
    return [a.exp(-a.power(a.number(2 * t - 1) / 2 / scale, shape)) for t in range(1, years + 1)]
