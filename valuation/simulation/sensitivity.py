"""What moves a value: one number at a time to its low and its high, and whole cases side by side. All exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from valuation import refusals
from valuation.arithmetic import Exact
from valuation.methods.method import Method
from valuation.reading import Domain, Fields, Written, decimal_of, is_distribution, within


class Expected:
    """The numbers of a question, random ones at their mean, some replaced by others.

    Remembers the domain of every number read and the distribution of every random one.
    """

    def __init__(self, replaced: Mapping[str, object] | None = None) -> None:
        self.replaced = replaced or {}
        self.domains: dict[str, Domain] = {}
        self.random: dict[str, Any] = {}

    def take(self, raw: object, path: str, domain: Domain) -> Decimal:
        self.domains[path] = domain
        if path in self.replaced:
            return Written().take(self.replaced[path], path, domain)
        if is_distribution(raw):
            from valuation.simulation.distributions import read_distribution  # numpy is slow to load

            self.random[path] = found = read_distribution(raw, path, domain)
            return found.mean
        return within(decimal_of(raw, path), domain, path)


def expected_value(method: Method, data: object, replaced: Mapping[str, object] | None = None) -> Decimal:
    """The value with random numbers at their means and `replaced` numbers (by path) as given. Raises BadInput."""
    numbers = Expected(replaced)
    inputs = method.read(Fields(data, numbers))
    for path in numbers.replaced:
        if path not in numbers.domains:
            raise refusals.NoSuchNumber(field=path, name=path)
    value: Decimal = method.value(inputs, Exact()).value
    return value


@dataclass(frozen=True, slots=True)
class Bar:
    """One number's reach: its low and high, and the values they give."""

    path: str
    low: Decimal
    high: Decimal
    low_value: Decimal
    high_value: Decimal

    @property
    def swing(self) -> Decimal:
        return abs(self.high_value - self.low_value)


def tornado(method: Method, data: object, spans: Mapping[str, tuple[Decimal, Decimal]]) -> list[Bar]:
    """A bar for each path of `spans`, the widest first. Within `localcontext(EXACT)`. Raises BadInput."""
    bars = [
        Bar(path, low, high, expected_value(method, data, {path: low}), expected_value(method, data, {path: high}))
        for path, (low, high) in spans.items()
    ]
    return sorted(bars, key=lambda bar: -bar.swing)


def scenarios(
    method: Method, data: object, cases: Iterable[tuple[str, Mapping[str, object]]]
) -> list[tuple[str, Decimal]]:
    """(name, value) of each case, a case being numbers by path that replace those of the input. Raises BadInput."""
    return [(name, expected_value(method, data, changes)) for name, changes in cases]
