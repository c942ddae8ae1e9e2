"""Two arithmetics for one set of formulas: exact decimals for a figure, arrays of draws for a simulation.

A method is written once against `Arithmetic`; what a simulation of certain inputs gives is therefore what the exact
calculation gives. `Number` is a Decimal in the exact arithmetic, a float or an array of draws in the sampled one.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:  # numpy takes longer to load than most questions to answer
    import numpy

Draws: TypeAlias = "numpy.ndarray[Any, numpy.dtype[numpy.float64]]"
Number: TypeAlias = Any

#: Fifty digits leave more than thirty behind the cents of the largest amount. No signal is lost: what overflows or has
#: no answer raises, and the entry refuses it.
EXACT = Context(prec=50, Emin=-10_000, Emax=10_000)


class Arithmetic(Protocol):
    """What the formulas need beyond + − × ÷."""

    def number(self, value: Decimal | int) -> Number: ...

    def power(self, base: Number, exponent: Number) -> Number: ...

    def exp(self, value: Number) -> Number: ...

    def log(self, value: Number) -> Number: ...

    def sqrt(self, value: Number) -> Number: ...

    def normal_cdf(self, value: Number) -> Number: ...

    def median(self, values: Sequence[Number]) -> Number: ...

    def larger(self, one: Number, other: Number) -> Number: ...

    def smaller(self, one: Number, other: Number) -> Number: ...

    def where_positive(self, test: Number, then: Number, otherwise: Number) -> Number:
        """`then` where `test` > 0, `otherwise` elsewhere."""
        ...


class Exact:
    """Decimals of fifty digits; used inside `decimal.localcontext(EXACT)`."""

    def number(self, value: Decimal | int) -> Decimal:
        return Decimal(value)

    def power(self, base: Decimal, exponent: Decimal | int) -> Decimal:
        return base ** (int(exponent) if exponent == int(exponent) else exponent)

    def exp(self, value: Decimal) -> Decimal:
        return value.exp()

    def log(self, value: Decimal) -> Decimal:
        return value.ln()

    def sqrt(self, value: Decimal) -> Decimal:
        return value.sqrt()

    def normal_cdf(self, value: Decimal) -> Decimal:
        """P(Z ≤ value): ½ + φ(x)·Σ x^(2k+1)/(1·3·5…(2k+1)), all terms of one sign (Marsaglia 2004).

        Beyond ±20 the tail is below 10⁻⁸⁸, nothing to the cents of any amount taken.
        """
        if abs(value) > 20:
            return Decimal(int(value > 0))
        term = total = value
        odd = 1
        while abs(term) > Decimal("1e-55"):
            odd += 2
            term = term * value * value / odd
            total += term
        return Decimal("0.5") + total * (-value * value / 2).exp() / ROOT_OF_TWO_PI

    def median(self, values: Sequence[Decimal]) -> Decimal:
        ordered, half = sorted(values), len(values) // 2
        return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2

    def larger(self, one: Decimal, other: Decimal) -> Decimal:
        return max(one, other)

    def smaller(self, one: Decimal, other: Decimal) -> Decimal:
        return min(one, other)

    def where_positive(self, test: Decimal, then: Decimal, otherwise: Decimal) -> Decimal:
        return then if test > 0 else otherwise


ROOT_OF_TWO_PI = Decimal("2.50662827463100050241576528481104525300698674060993831663")


class Sampled:
    """Float64 arrays, one element a draw; scalars stay scalars until they meet an array."""

    def __init__(self) -> None:
        import numpy

        self.numpy = numpy

    def number(self, value: Decimal | int) -> float:
        return float(value)

    def power(self, base: Number, exponent: Number) -> Number:
        return self.numpy.power(base, exponent)

    def exp(self, value: Number) -> Number:
        return self.numpy.exp(value)

    def log(self, value: Number) -> Number:
        return self.numpy.log(value)

    def sqrt(self, value: Number) -> Number:
        return self.numpy.sqrt(value)

    def normal_cdf(self, value: Number) -> Number:
        return normal_cdf(self.numpy.asarray(value, dtype=float))

    def median(self, values: Sequence[Number]) -> Number:
        return self.numpy.median(self.numpy.stack(self.numpy.broadcast_arrays(*values)), axis=0)

    def larger(self, one: Number, other: Number) -> Number:
        return self.numpy.maximum(one, other)

    def smaller(self, one: Number, other: Number) -> Number:
        return self.numpy.minimum(one, other)

    def where_positive(self, test: Number, then: Number, otherwise: Number) -> Number:
        return self.numpy.where(self.numpy.asarray(test) > 0, then, otherwise)


#: Hart's rational approximation 5666 of the upper normal tail (Computer Approximations, 1968), highest power first.
ABOVE = (
    3.52624965998911e-02,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
BELOW = (
    8.83883476483184e-02,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)


def normal_cdf(value: Draws) -> Draws:
    """P(Z ≤ value) for each element, to about 1e-15; past 7.07 by a continued fraction."""
    import numpy

    size = numpy.minimum(numpy.abs(value), 38.0)
    above, below = numpy.full_like(size, ABOVE[0]), numpy.full_like(size, BELOW[0])
    for coefficient in ABOVE[1:]:
        above = above * size + coefficient
    for coefficient in BELOW[1:]:
        below = below * size + coefficient
    fraction = size + 0.65
    for step in (4.0, 3.0, 2.0, 1.0):
        fraction = size + step / fraction
    tail = numpy.where(size > 7.07, 1 / fraction / float(ROOT_OF_TWO_PI), above / below)
    tail = tail * numpy.exp(-0.5 * size * size)
    return numpy.where(value > 0, 1 - tail, tail)
