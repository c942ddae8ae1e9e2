"""The value of a question whose numbers are not certain: many draws of it, and what they say.

Each random number has a stream of its own, made from the seed and its path: the same question and seed give the same
figures, and a number that is made certain leaves the draws of the others as they were. Draws are valued in blocks that
fit the processor's cache; a million take some 20 MB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from valuation import refusals
from valuation.arithmetic import Draws, Number, Sampled
from valuation.methods.method import Method
from valuation.reading import Domain, Fields, Written, is_distribution
from valuation.simulation.correlation import read_correlation
from valuation.simulation.distributions import Distribution
from valuation.simulation.sensitivity import Expected
from valuation.simulation.statistics import Summary, summarise

BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class Random:
    """A random number of a question."""

    path: str
    distribution: Distribution
    domain: Domain


@dataclass(frozen=True, slots=True)
class Simulation:
    """`outside`: by path, the share of draws that left the domain of their field (only unbounded shapes can)."""

    summary: Summary
    outside: dict[str, float]


class Drawn:
    """The numbers of a question as floats, the random ones as arrays of draws."""

    def __init__(self, draws: Mapping[str, Draws]) -> None:
        self.draws = draws

    def take(self, raw: object, path: str, domain: Domain) -> Number:
        found = self.draws.get(path)
        return float(Written().take(raw, path, domain)) if found is None else found


def random_numbers(read: Expected, data: object) -> list[Random]:
    """Those that the method read, in the order in which they stand in the input."""
    return [Random(path, read.random[path], read.domains[path]) for path in _places(data, "") if path in read.random]


def _places(data: object, path: str) -> Iterator[str]:
    if is_distribution(data):
        yield path
    elif isinstance(data, Mapping):
        for name, one in data.items():
            yield from _places(one, f"{path}.{name}" if path else str(name))
    elif isinstance(data, list | tuple):
        for n, one in enumerate(data):
            yield from _places(one, f"{path}[{n}]")


def stream(seed: int, path: str) -> np.random.Generator:
    """The random numbers of one path under one seed."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=tuple(path.encode()))))


def simulate(
    method: Method, fields: Fields, random: list[Random], *, draws: int, seed: int, amount: float | None = None
) -> Simulation:
    """Value `draws` draws (≥ 2) of the question; `amount` is what the share below is asked about.

    Raises BadInput for correlations that cannot be, and DrawsLeaveTheFormula where a draw has no value.
    """
    root = read_correlation(fields, [one.path for one in random])
    streams = [stream(seed, one.path) for one in random]
    values = np.empty(draws)
    outside = dict.fromkeys((one.path for one in random if not one.distribution.is_bounded), 0)
    arithmetic = Sampled()
    with np.errstate(all="ignore"):  # what is not finite is refused below
        for start in range(0, draws, BLOCK):
            size = min(BLOCK, draws - start)
            block = _drawn(random, streams, root, size)
            for one in random:
                if not one.distribution.is_bounded:
                    outside[one.path] += _outside(block[one.path], one)
            inputs = method.read(Fields(fields.data, Drawn(block)))
            values[start : start + size] = method.value(inputs, arithmetic).value
    if not np.isfinite(values).all():
        raise refusals.CannotCompute(field=fields.path or "input")
    shares = {path: count / draws for path, count in outside.items() if count}
    return Simulation(summarise(values, amount), shares)


def _drawn(random: list[Random], streams: list[np.random.Generator], root: Draws | None, size: int) -> dict[str, Draws]:
    if root is None:
        return {
            one.path: one.distribution.from_normal(source.standard_normal(size))
            if one.distribution.is_made_of_normals
            else one.distribution.from_uniform(source.random(size))
            for one, source in zip(random, streams, strict=True)
        }
    scores = root @ np.stack([source.standard_normal(size) for source in streams])
    return {one.path: one.distribution.from_normal(score) for one, score in zip(random, scores, strict=True)}


def _outside(draws: Draws, one: Random) -> int:
    """How many draws left the domain. Raises DrawsLeaveTheFormula for a yearly rate of −100 % or less."""
    low = draws < float(one.domain.least)
    count = int(np.count_nonzero(low))
    if count and one.domain.most == Decimal(1) and one.domain.without_most and draws.min() <= -1:
        raise refusals.DrawsLeaveTheFormula(field=one.path)
    return count + int(np.count_nonzero(draws > float(one.domain.most)))


def spans(random: list[Random], low: float = 0.05, high: float = 0.95) -> dict[str, tuple[Decimal, Decimal]]:
    """From the `low` to the `high` percentile of each random number, kept inside the field's domain."""
    return {one.path: (_inside(one, low), _inside(one, high)) for one in random}


def _inside(one: Random, probability: float) -> Decimal:
    value = Decimal(repr(one.distribution.at(probability)))
    if one.domain.holds(value):
        return value
    return one.domain.least if value <= one.domain.least else one.domain.most
