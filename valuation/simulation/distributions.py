"""The shapes an uncertain number may have, each drawn by its quantile function, so that any two can be correlated.

A draw is a uniform u in [0, 1) or, where the shape is made of it or numbers are correlated, a standard normal z.
Means are exact, for the calculation a simulation is compared with.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from statistics import NormalDist
from typing import ClassVar

import numpy as np

from marketplace.core.money import LARGEST
from valuation import refusals
from valuation.arithmetic import Draws, normal_cdf
from valuation.reading import SHARE, Domain, Fields, Written, within

SIGMA = Domain(Decimal(0), Decimal(5))
SPREAD = Domain(Decimal(0), LARGEST)


class Distribution(ABC):
    """`from_uniform` and `from_normal` take arrays of any shape and give draws of that shape."""

    is_made_of_normals: ClassVar[bool] = False
    is_bounded: ClassVar[bool] = True

    @property
    @abstractmethod
    def mean(self) -> Decimal: ...

    @abstractmethod
    def from_uniform(self, u: Draws) -> Draws: ...

    def from_normal(self, z: Draws) -> Draws:
        return self.from_uniform(normal_cdf(z))

    def at(self, probability: float) -> float:
        """The quantile at one probability."""
        return float(self.from_uniform(np.array([probability]))[0])


@dataclass(frozen=True)
class Normal(Distribution):
    centre: Decimal
    std: Decimal
    is_made_of_normals: ClassVar[bool] = True
    is_bounded: ClassVar[bool] = False

    @property
    def mean(self) -> Decimal:
        return self.centre

    def from_normal(self, z: Draws) -> Draws:
        return z * float(self.std) + float(self.centre)

    def from_uniform(self, u: Draws) -> Draws:
        return self.from_normal(np.vectorize(NormalDist().inv_cdf, otypes=[float])(u))


@dataclass(frozen=True)
class LogNormal(Distribution):
    """`centre` is the mean of the number itself, `sigma` the standard deviation of its logarithm."""

    centre: Decimal
    sigma: Decimal
    is_made_of_normals: ClassVar[bool] = True
    is_bounded: ClassVar[bool] = False

    @property
    def mean(self) -> Decimal:
        return self.centre

    def from_normal(self, z: Draws) -> Draws:
        sigma = float(self.sigma)
        return np.exp(z * sigma - sigma * sigma / 2) * float(self.centre)

    def from_uniform(self, u: Draws) -> Draws:
        return self.from_normal(np.vectorize(NormalDist().inv_cdf, otypes=[float])(u))


@dataclass(frozen=True)
class Uniform(Distribution):
    low: Decimal
    high: Decimal

    @property
    def mean(self) -> Decimal:
        return (self.low + self.high) / 2

    def from_uniform(self, u: Draws) -> Draws:
        return u * float(self.high - self.low) + float(self.low)


@dataclass(frozen=True)
class Triangular(Distribution):
    low: Decimal
    mode: Decimal
    high: Decimal

    @property
    def mean(self) -> Decimal:
        return (self.low + self.mode + self.high) / 3

    def from_uniform(self, u: Draws) -> Draws:
        low, mode, high = float(self.low), float(self.mode), float(self.high)
        if high == low:
            return np.full_like(u, low)
        width, left, right = high - low, mode - low, high - mode
        rising = np.sqrt(u * (width * left))
        rising += low
        falling = np.sqrt((1 - u) * (width * right))
        np.subtract(high, falling, out=falling)
        return np.where(u * width < left, rising, falling)


@dataclass(frozen=True)
class Pert(Distribution):
    """Beta on [low, high], α = 1 + 4(mode − low)/(high − low), β = 6 − α; mean (low + 4·mode + high)/6 (Clark 1962).

    Its quantiles come from a table of 4,097 nodes, denser towards the ends: exact to a 10⁻⁶ part of the width.
    """

    low: Decimal
    mode: Decimal
    high: Decimal

    @property
    def mean(self) -> Decimal:
        return (self.low + 4 * self.mode + self.high) / 6

    @cached_property
    def table(self) -> tuple[Draws, Draws]:
        """(probability, share of the width) at the nodes; the density is summed by Gauss's rule of five points."""
        alpha = 1 + 4 * float((self.mode - self.low) / (self.high - self.low))
        beta = 6 - alpha
        nodes = (1 - np.cos(np.linspace(0, np.pi, 4097))) / 2
        points, weights = np.polynomial.legendre.leggauss(5)
        half = np.diff(nodes) / 2
        at = nodes[:-1, None] + half[:, None] * (points + 1)
        constant = math.gamma(6) / (math.gamma(alpha) * math.gamma(beta))
        density = constant * at ** (alpha - 1) * (1 - at) ** (beta - 1)
        below = np.concatenate([[0.0], np.cumsum((density * weights).sum(axis=1) * half)])
        return below / below[-1], nodes

    def from_uniform(self, u: Draws) -> Draws:
        if self.high == self.low:
            return np.full_like(u, float(self.low))
        below, nodes = self.table
        return np.interp(u, below, nodes) * float(self.high - self.low) + float(self.low)


@dataclass(frozen=True)
class Discrete(Distribution):
    values: tuple[Decimal, ...]
    probabilities: tuple[Decimal, ...]

    @property
    def mean(self) -> Decimal:
        weighted = (value * chance for value, chance in zip(self.values, self.probabilities, strict=True))
        return sum(weighted, Decimal(0)) / sum(self.probabilities)

    def from_uniform(self, u: Draws) -> Draws:
        below = np.cumsum([float(chance) for chance in self.probabilities])
        places = np.searchsorted(below[:-1] / below[-1], u, side="right")
        return np.array([float(value) for value in self.values])[places]


def read_distribution(raw: object, path: str, domain: Domain) -> Distribution:
    """The distribution written at `path`, its bounds and its centre inside `domain`. Raises BadInput.

    normal {mean, std} · lognormal {mean, sigma or std} · uniform {low, high} · triangular, pert {low, mode, high} ·
    discrete {values, probabilities}. A normal or log-normal number may leave the domain in some draws; the simulation
    reports how many.
    """
    fields = Fields(raw, Written(), path)
    name = fields.text("distribution").lower().replace("-", "").replace("_", "").replace(" ", "")
    if name == "normal":
        return Normal(fields.number("mean", domain), fields.number("std", SPREAD))
    if name == "lognormal":
        mean = fields.number("mean", domain)
        if mean <= 0:
            raise refusals.OutOfRange(field=fields.at("mean"), range=f"(0, {domain.most}]")
        if fields.has("std") and not fields.has("sigma"):
            return LogNormal(mean, (1 + (fields.number("std", SPREAD) / mean) ** 2).ln().sqrt())
        return LogNormal(mean, fields.number("sigma", SIGMA))
    if name == "discrete":
        return _discrete(fields, domain)
    if name not in {"uniform", "triangular", "pert"}:
        raise refusals.UnknownChoice(
            field=fields.at("distribution"), choices="normal, lognormal, uniform, triangular, pert, discrete"
        )
    low, high = fields.number("low", domain), fields.number("high", domain)
    if name == "uniform":
        if low > high:
            raise refusals.DistributionOutOfOrder(field=fields.at("high"))
        return Uniform(low, high)
    mode = fields.number("mode", domain)
    if not low <= mode <= high:
        raise refusals.DistributionOutOfOrder(field=fields.at("mode"))
    return Triangular(low, mode, high) if name == "triangular" else Pert(low, mode, high)


def _discrete(fields: Fields, domain: Domain) -> Discrete:
    values = fields.series("values", domain)
    if not fields.has("probabilities"):
        return Discrete(tuple(values), (Decimal(1),) * len(values))
    chances = fields.as_long_as("probabilities", "values", fields.series("probabilities", SHARE), len(values))
    within(sum(chances, Decimal(0)), Domain(Decimal("0.999999"), Decimal("1.000001")), fields.at("probabilities"))
    return Discrete(tuple(values), tuple(chances))
