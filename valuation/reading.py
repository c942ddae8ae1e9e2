"""Reading a question field by field: every number checked against its domain, every refusal naming its path.

Numbers come as ints, floats or decimal strings ("0.05"); a float means the shortest decimal that writes it. Null counts
as absent. Keys nobody asks for are ignored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from marketplace.core.money import LARGEST
from valuation import refusals
from valuation.arithmetic import Number

DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
MOST_DIGITS = 40
MOST_YEARS = 200
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a number may lie: from `least` to `most`, the ends left out where said."""

    least: Decimal
    most: Decimal
    without_least: bool = False
    without_most: bool = False

    def holds(self, value: Decimal) -> bool:
        low = value > self.least if self.without_least else value >= self.least
        return low and (value < self.most if self.without_most else value <= self.most)

    def __str__(self) -> str:
        return f"{'(' if self.without_least else '['}{self.least}, {self.most}{')' if self.without_most else ']'}"


AMOUNT = Domain(Decimal(0), LARGEST)
POSITIVE_AMOUNT = Domain(Decimal(0), LARGEST, without_least=True)
SIGNED_AMOUNT = Domain(-LARGEST, LARGEST)
RATE = Domain(Decimal(0), Decimal(1), without_most=True)
POSITIVE_RATE = Domain(Decimal(0), Decimal(1), without_least=True, without_most=True)
SHARE = Domain(Decimal(0), Decimal(1))
#: An adjustment of a comparable: down to nothing, up to ten times.
ADJUSTMENT = Domain(Decimal(-1), Decimal(9))
VOLATILITY = Domain(Decimal(0), Decimal(10))
YEARS = Domain(Decimal(0), Decimal(MOST_YEARS))
ANY = Domain(-LARGEST, LARGEST)


def decimal_of(raw: object, path: str) -> Decimal:
    """`raw` as an exact decimal. Raises NotANumber, NotFinite, TooPrecise."""
    if isinstance(raw, bool) or raw is None:
        raise refusals.NotANumber(field=path)
    if isinstance(raw, float):
        if not math.isfinite(raw):
            raise refusals.NotFinite(field=path)
        value = Decimal(repr(float(raw)))  # numpy's floats write themselves otherwise
    elif isinstance(raw, int):
        value = Decimal(raw)
    elif isinstance(raw, Decimal):
        value = raw
    elif isinstance(raw, str):
        text = raw.strip()
        if text.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
            raise refusals.NotFinite(field=path)
        if not DECIMAL.fullmatch(text):
            raise refusals.NotANumber(field=path)
        value = Decimal(text)
    else:
        raise refusals.NotANumber(field=path)
    if not value.is_finite():
        raise refusals.NotFinite(field=path)
    if not value:
        return Decimal(0)
    if value.adjusted() > MOST_DIGITS:
        raise refusals.AmountTooLarge(field=path, most=f"{LARGEST:,}")
    if len(value.as_tuple().digits) > MOST_DIGITS or int(value.normalize().as_tuple().exponent) < -MOST_DIGITS:
        raise refusals.TooPrecise(field=path, digits=MOST_DIGITS)
    return value


def within(value: Decimal, domain: Domain, path: str) -> Decimal:
    """`value` if the domain holds it. Raises AmountTooLarge or OutOfRange."""
    if domain.most == LARGEST and abs(value) > LARGEST:
        raise refusals.AmountTooLarge(field=path, most=f"{LARGEST:,}")
    if not domain.holds(value):
        raise refusals.OutOfRange(field=path, range=str(domain))
    return value


def is_distribution(raw: object) -> bool:
    return isinstance(raw, Mapping) and "distribution" in raw


class Numbers(Protocol):
    """Where the numbers of a question come from: the text itself, or a simulation's draws."""

    def take(self, raw: object, path: str, domain: Domain) -> Number: ...


class Written:
    """Each number as it is written. Raises DistributionNotHere for a random one."""

    def take(self, raw: object, path: str, domain: Domain) -> Decimal:
        if is_distribution(raw):
            raise refusals.DistributionNotHere(field=path)
        return within(decimal_of(raw, path), domain, path)


REQUIRED = object()


class Fields:
    """An object of a question, knowing its own path."""

    def __init__(self, data: object, numbers: Numbers, path: str = "") -> None:
        if not isinstance(data, Mapping):
            raise refusals.WrongType(field=path or "input", expected="{…}")
        self.data, self.numbers, self.path = data, numbers, path

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        return self.data.get(name) is not None

    def raw(self, name: str) -> Any:
        """What stands there. Raises Missing."""
        if not self.has(name):
            raise refusals.Missing(field=self.at(name))
        return self.data[name]

    def number(self, name: str, domain: Domain, default: Any = REQUIRED) -> Number:
        """A number of the domain; `default` (a Decimal or None) where it is absent. Raises BadInput."""
        if default is not REQUIRED and not self.has(name):
            return default if default is None else self.numbers.take(default, self.at(name), domain)
        return self.numbers.take(self.raw(name), self.at(name), domain)

    def certain(self, name: str, domain: Domain, default: Decimal | None = None) -> Decimal | None:
        """A number that cannot be random."""
        return Written().take(self.raw(name), self.at(name), domain) if self.has(name) else default

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number that cannot be random; 5, 5.0 and "5" are the same. Raises BadInput."""
        path, domain = self.at(name), Domain(Decimal(least), Decimal(most))
        raw = default if default is not None and not self.has(name) else self.raw(name)
        if is_distribution(raw):
            raise refusals.DistributionNotHere(field=path)
        value = decimal_of(raw, path)
        if value != value.to_integral_value() or not domain.holds(value):
            raise refusals.OutOfRange(field=path, range=str(domain))
        return int(value)

    def listed(self, name: str, most: int = MOST_ROWS) -> Sequence[Any]:
        """A list of at least one entry. Raises WrongType, Empty, TooMany."""
        raw = self.raw(name)
        if not isinstance(raw, list | tuple):
            raise refusals.WrongType(field=self.at(name), expected="[…]")
        if not raw:
            raise refusals.Empty(field=self.at(name))
        if len(raw) > most:
            raise refusals.TooMany(field=self.at(name), most=most)
        return raw

    def series(self, name: str, domain: Domain) -> list[Number]:
        """A number for each year."""
        return [
            self.numbers.take(self._present(raw, name, n), f"{self.at(name)}[{n}]", domain)
            for n, raw in enumerate(self.listed(name, MOST_YEARS))
        ]

    def _present(self, raw: object, name: str, n: int) -> object:
        if raw is None:
            raise refusals.Missing(field=f"{self.at(name)}[{n}]")
        return raw

    def as_long_as(self, name: str, other: str, values: list[Number], count: int) -> list[Number]:
        """`values` if there are `count` of them. Raises LengthsDiffer."""
        if len(values) != count:
            raise refusals.LengthsDiffer(field=self.at(name), other=other, count=count)
        return values

    def each(self, name: str, most: int = MOST_ROWS) -> Iterator[Fields]:
        """The objects of a list."""
        for n, raw in enumerate(self.listed(name, most)):
            yield Fields(raw, self.numbers, f"{self.at(name)}[{n}]")

    def inside(self, name: str) -> Fields:
        """An object of its own."""
        return Fields(self.raw(name), self.numbers, self.at(name))

    def flag(self, name: str) -> bool:
        """True or false; absent is false. Raises WrongType."""
        raw = self.data.get(name)
        if raw is None or isinstance(raw, bool):
            return bool(raw)
        raise refusals.WrongType(field=self.at(name), expected="true, false")

    def text(self, name: str) -> str:
        """A text of at most 200 characters. Raises WrongType."""
        raw = self.raw(name)
        if not isinstance(raw, str) or not 0 < len(raw) <= 200:
            raise refusals.WrongType(field=self.at(name), expected='"…"')
        return raw

    def choice(self, name: str, words: Mapping[str, str], default: str) -> str:
        """One of `words`, by its meaning. Raises UnknownChoice."""
        if not self.has(name):
            return default
        raw = self.data[name]
        if not isinstance(raw, str) or raw not in words:
            raise refusals.UnknownChoice(field=self.at(name), choices=", ".join(dict.fromkeys(words.values())))
        return words[raw]

    def day(self, name: str) -> date:
        """A date. Raises BadDate."""
        raw = self.raw(name)
        if isinstance(raw, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", raw, re.ASCII):
            try:
                return date.fromisoformat(raw)
            except ValueError:
                pass  # 30 February is refused with the rest
        raise refusals.BadDate(field=self.at(name))
