"""Exact money: an amount in one currency, to the cent, and the two ways it may be divided or rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

CENT = Decimal("0.01")
LARGEST = Decimal("9999999999999999.99")  # DecimalField(18, 2)
#: Currencies whose smallest unit is the whole (ISO 4217, exponent 0); all others are kept to the hundredth.
WITHOUT_CENTS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)


def to_cents(amount: Decimal) -> Decimal:
    """`amount` rounded half up to two decimals; round once, at the end of a calculation."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def smallest_unit(currency: str) -> Decimal:
    """What an amount of `currency` is a whole multiple of: one, or a hundredth."""
    return Decimal(1) if currency in WITHOUT_CENTS else CENT


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount in one currency (ISO 4217). Refuses floats, part-cents, other currencies and absurd sizes."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"Money takes a Decimal, not {type(self.amount).__name__}.")
        if not self.amount.is_finite() or abs(self.amount) > LARGEST:
            raise ValueError(f"{self.amount} is not an amount of money.")
        if len(self.currency) != 3 or not self.currency.isalpha() or not self.currency.isupper():
            raise ValueError(f"{self.currency!r} is not an ISO 4217 code.")
        if self.amount % smallest_unit(self.currency):
            raise ValueError(f"{self.amount} {self.currency} has parts of its smallest unit; round it first.")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add.")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return self.amount != 0

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(Decimal("0.00"), currency)

    def times(self, factor: Decimal | int) -> Money:
        """The amount times an exact factor, rounded half up to the currency's smallest unit."""
        if not isinstance(factor, Decimal | int) or isinstance(factor, bool):
            raise TypeError("A factor is a Decimal or an int.")
        exact = (self.amount * factor).quantize(smallest_unit(self.currency), rounding=ROUND_HALF_UP)
        return Money(exact.quantize(CENT), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Share out by weight; smallest units left over go to the largest remainders, so the parts sum to the whole.

        Ties go to the earlier part. Raises ValueError for negative weights or when all are zero.
        """
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("Weights are whole, none negative, not all zero.")
        sign = -1 if self.amount < 0 else 1
        unit = smallest_unit(self.currency)
        cents = int(abs(self.amount) / unit)
        shares = [cents * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(cents * weights[i] % total), i))
        for i in by_remainder[: cents - sum(shares)]:
            shares[i] += 1
        return [Money((sign * share * unit).quantize(CENT), self.currency) for share in shares]
