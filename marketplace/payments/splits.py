"""Sharing out a price: fixed sums first, then percentages, by largest remainder, to the smallest unit of the currency.

Percentages are of the price, or of another share (an inventor's part of what the seller gets). All shares of one whole
are rounded together, so they always sum to it; the rest belongs to the one who is not named by a term.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from marketplace.core.money import Money

#: Currencies without a smaller unit (ISO 4217 exponent 0); everything else here has cents.
WHOLE_CURRENCIES = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "UGX", "PYG", "RWF", "VUV", "XPF"})
HUNDRED = Decimal(100)
FINEST_PERCENT = 6  # decimals a percentage may carry


@dataclass(frozen=True, slots=True)
class Term:
    """One claim on a price: a fixed sum, or a percentage of the whole or of the share named `of`.

    `payee_id` none means the platform itself or the tax office, by `purpose`. `caps` lets a fixed claim (a pledgee's
    payoff) take only what is there instead of being refused.
    """

    purpose: str
    payee_id: int | None
    fixed: Money | None = None
    percent: Decimal | None = None
    of: str = ""
    caps: bool = False

    def __post_init__(self) -> None:
        if (self.fixed is None) == (self.percent is None):
            raise ValueError("A term is either a fixed sum or a percentage.")
        if self.percent is not None:
            if not isinstance(self.percent, Decimal):
                raise TypeError("A percentage is a Decimal.")
            exponent = self.percent.as_tuple().exponent
            if not 0 <= self.percent <= HUNDRED or not isinstance(exponent, int) or exponent < -FINEST_PERCENT:
                raise ValueError(f"A percentage lies between 0 and 100, with at most {FINEST_PERCENT} decimals.")
        if self.fixed is not None and (self.fixed.amount < 0 or self.of):
            raise ValueError("A fixed sum is not negative and is taken from the price.")


@dataclass(frozen=True, slots=True)
class Share:
    """What one party gets."""

    purpose: str
    payee_id: int | None
    money: Money


def unit_of(currency: str) -> Decimal:
    """The smallest amount of a currency."""
    return Decimal(1) if currency in WHOLE_CURRENCIES else Decimal("0.01")


def split(price: Money, terms: Sequence[Term], *, rest: tuple[str, int | None]) -> list[Share]:
    """Every share of `price`, in the order of the terms, the rest last; empty shares are left out.

    `rest` is (purpose, payee) of whoever gets what no term claims (the seller). Terms with `of` cut the share of that
    purpose. The shares sum to the price exactly. Raises ValueError when claims exceed the price.
    """
    unit = unit_of(price.currency)
    if price.amount < 0 or price.amount % unit:
        raise ValueError(f"{price.amount} {price.currency} cannot be shared out.")
    left = price.amount
    sums: dict[int, Decimal] = {}
    for place, term in enumerate(terms):
        if term.fixed is None:
            continue
        if term.fixed.currency != price.currency or term.fixed.amount % unit:
            raise ValueError(f"{term.fixed} is no part of {price}.")
        if term.fixed.amount > left and not term.caps:
            raise ValueError("The fixed claims exceed the price.")
        sums[place] = min(term.fixed.amount, left)
        left -= sums[place]
    of_price = [place for place, term in enumerate(terms) if term.percent is not None and not term.of]
    shares, rest_amount = _by_percent(price.amount, left, [terms[place].percent for place in of_price], unit)
    sums.update(zip(of_price, shares, strict=True))
    found = [[term.purpose, term.payee_id, sums.get(place)] for place, term in enumerate(terms)]
    found.append([rest[0], rest[1], rest_amount])
    for purpose in dict.fromkeys(term.of for term in terms if term.of):
        cut = [place for place, term in enumerate(terms) if term.of == purpose]
        whole = next((one for one in found if one[0] == purpose and one[2] is not None), None)
        if whole is None:
            raise ValueError(f"There is no share called {purpose} to cut.")
        amount = whole[2]
        assert isinstance(amount, Decimal)
        parts, kept = _by_percent(amount, amount, [terms[place].percent for place in cut], unit)
        whole[2] = kept
        for place, part in zip(cut, parts, strict=True):
            found[place][2] = part
    return [
        Share(str(purpose), payee if isinstance(payee, int) else None, Money(amount, price.currency))
        for purpose, payee, amount in found
        if isinstance(amount, Decimal) and amount
    ]


def _by_percent(
    whole: Decimal, left: Decimal, percents: Sequence[Decimal | None], unit: Decimal
) -> tuple[list[Decimal], Decimal]:
    """Percentages of `whole` and what then remains of `left`, rounded together by largest remainder."""
    scale = 10**FINEST_PERCENT
    weights = [int((percent or Decimal(0)) * scale) for percent in percents]
    units, total = int(whole / unit), 100 * scale
    shares = [units * weight // total for weight in weights]
    spare = int(left / unit) * total - sum(units * weight for weight in weights)
    if spare < 0:
        raise ValueError("The claims exceed the price.")
    # The rest takes part in the rounding like everybody else, and comes last among equals.
    remainders = [units * weight % total for weight in weights] + [spare % total]
    floors = [*shares, spare // total]
    missing = int(left / unit) - sum(floors)
    for place in sorted(range(len(remainders)), key=lambda at: (-remainders[at], at))[:missing]:
        floors[place] += 1
    amounts = [unit * floor for floor in floors]
    return amounts[:-1], amounts[-1]
