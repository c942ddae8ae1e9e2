"""The model: a straight line through the logarithms of prices, held to what is believed beforehand.

    ln price = b₀ + Σ b·x (facts) + kind + section + area + error

A Bayesian linear regression with known error (`NOISE`) and independent normal beliefs about the weights: with few sales
the weights stay where valuation/estimate/effects.py puts them, with many they go where the sales are. One sale moves
its field by less than half of its distance, twenty by nearly all of it. With P the beliefs' precisions, m their means,
X the measures and y the logarithms of the prices: V = (P + XᵀX/s²)⁻¹, b = V(Pm + Xᵀy/s²).

The error is measured, never assumed: the sale i left out misses by e_i ÷ (1 − h_i), h_i = x_iᵀV x_i ÷ s² (exact for
this model; Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 7.10 on ridge regression). Divided by
what was to be expected, √(s² ÷ (1 − h_i)), these misses give the quarters that make the range: half of the sales left
out lay inside theirs. A patent unlike anything sold gets a wider range, since xᵀVx is larger.

Logarithms are floats: an estimate is stated to two figures, and no amount is ever added up from here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from valuation.estimate.effects import AREA_DOUBT, EFFECTS, KIND_EFFECTS, SECTION_DOUBT
from valuation.estimate.facts import PatentFacts

VERSION = "1"
#: Standard deviation of a price's logarithm about the line (our judgement; the range does not rest on it).
NOISE = 0.8
BASE_MEAN, BASE_DOUBT = math.log(500_000), 3.0
#: Fewer sales than this, or fewer of the patent's own kind, and nothing is said.
LEAST_SALES = 12
LEAST_OF_KIND = 3
#: Half of the sales left out may miss by no more than this factor, or nothing is said.
WORST_FACTOR = 3.0
LOW, HIGH = 0.25, 0.75
Floats = Any


@dataclass(frozen=True, slots=True)
class Sale:
    """A patent sold alone: as it was on the day of agreement, and for how much."""

    facts: PatentFacts
    on: date
    price: Decimal
    number: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """A sale left out: what the others would have said of it."""

    number: str
    price: Decimal
    middle: Decimal
    low: Decimal
    high: Decimal

    @property
    def is_inside(self) -> bool:
        return self.low <= self.price <= self.high


@dataclass(frozen=True, slots=True)
class BackTest:
    """`typical_error` is the median of |ln(price ÷ estimate)| over the sales left out, `plain_error` that of guessing
    the median price of the kind; `inside` the share of prices inside their range."""

    sales: tuple[Missed, ...]
    typical_error: float
    plain_error: float

    @property
    def inside(self) -> float:
        return sum(one.is_inside for one in self.sales) / len(self.sales)

    @property
    def factor(self) -> float:
        return math.exp(self.typical_error)


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights by name, their spread (a covariance matrix), the quarters of the misses, and how many sales spoke."""

    names: tuple[str, ...]
    weights: Floats
    spread: Floats
    low: float
    high: float
    sales: int
    by_kind: dict[str, int]
    by_area: dict[str, int]
    places: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places.update({name: at for at, name in enumerate(self.names)})


@dataclass(frozen=True, slots=True)
class Part:
    """One reason: by which factor it multiplies the value."""

    code: str
    factor: float


@dataclass(frozen=True, slots=True)
class Guess:
    """A range in the currency of the sales. `base` is a reference patent's value, which the parts lead from."""

    low: Decimal
    middle: Decimal
    high: Decimal
    base: Decimal
    parts: tuple[Part, ...]


def columns(sales: Iterable[PatentFacts]) -> tuple[str, ...]:
    """The names of the weights: base, facts, kinds, and every section and area among the sales."""
    sections, areas = set(), set()
    for one in sales:
        sections.add(one.section)
        areas.add(one.area)
    return (
        "base",
        *(one.code for one in EFFECTS),
        *(f"kind:{one}" for one in KIND_EFFECTS),
        *(f"section:{one}" for one in sorted(sections)),
        *(f"area:{one}" for one in sorted(areas)),
    )


def _belief(name: str) -> tuple[float, float]:
    if name == "base":
        return BASE_MEAN, BASE_DOUBT
    sort, _colon, which = name.partition(":")
    if sort == "kind":
        return KIND_EFFECTS[which]
    if sort in ("section", "area"):
        return 0.0, SECTION_DOUBT if sort == "section" else AREA_DOUBT
    effect = next(one for one in EFFECTS if one.code == name)
    return effect.weight, effect.doubt


def matrix(rows: Sequence[tuple[PatentFacts, date]], places: dict[str, int]) -> tuple[Floats, Floats]:
    """The measures, shape (rows, weights), and the further variance of sections and areas never sold, shape (rows,)."""
    x = np.zeros((len(rows), len(places)))
    unseen = np.zeros(len(rows))
    x[:, places["base"]] = 1.0
    for at, (facts, on) in enumerate(rows):
        for effect in EFFECTS:
            x[at, places[effect.code]] = effect.measure(facts, on)
        if facts.kind in KIND_EFFECTS:
            x[at, places[f"kind:{facts.kind}"]] = 1.0
        for name, doubt in ((f"section:{facts.section}", SECTION_DOUBT), (f"area:{facts.area}", AREA_DOUBT)):
            if name in places:
                x[at, places[name]] = 1.0
            else:
                unseen[at] += doubt * doubt
    return x, unseen


def fit(sales: Sequence[Sale]) -> tuple[Fit, BackTest]:
    """Fit the sales and leave each out in turn. Needs two sales or more (ValueError)."""
    if len(sales) < 2:
        raise ValueError("a fit needs two sales")
    names = columns(one.facts for one in sales)
    places = {name: at for at, name in enumerate(names)}
    x, _unseen = matrix([(one.facts, one.on) for one in sales], places)
    y = np.array([math.log(one.price) for one in sales])
    means, doubts = (np.array(column) for column in zip(*(_belief(name) for name in names), strict=True))
    precision = np.diag(1 / doubts**2)
    spread = np.linalg.inv(precision + x.T @ x / NOISE**2)
    weights = spread @ (precision @ means + x.T @ y / NOISE**2)
    leverage = ((x @ spread) * x).sum(axis=1) / NOISE**2
    misses = (y - x @ weights) / (1 - leverage)
    expected = NOISE / np.sqrt(1 - leverage)
    scaled = misses / expected
    low, high = quarters(scaled)
    made = Fit(
        names, weights, spread, low, high, len(sales),
        dict(Counter(one.facts.kind for one in sales)),
        dict(Counter(one.facts.area for one in sales)),
    )  # fmt: skip
    left_out = []
    for at, one in enumerate(sales):
        # the range of a sale left out rests on the misses of the others alone
        its_low, its_high = quarters(np.delete(scaled, at))
        middle = y[at] - misses[at]
        left_out.append(
            Missed(
                one.number,
                one.price,
                rounded(middle),
                rounded(middle + its_low * expected[at]),
                rounded(middle + its_high * expected[at]),
            )
        )
    return made, BackTest(tuple(left_out), float(np.median(np.abs(misses))), _plain_error(sales, y))


def quarters(scaled: Floats) -> tuple[float, float]:
    """The quarters of the misses; never past the middle itself."""
    return min(float(np.quantile(scaled, LOW)), 0.0), max(float(np.quantile(scaled, HIGH)), 0.0)


def _plain_error(sales: Sequence[Sale], y: Floats) -> float:
    """How far the median price of the other sales of the kind lies off: what the model must beat to be of use."""
    kinds = np.array([one.facts.kind for one in sales])
    misses = []
    for at in range(len(sales)):
        others = (kinds == kinds[at]) & (np.arange(len(sales)) != at)
        if not others.any():
            others = np.arange(len(sales)) != at
        misses.append(abs(y[at] - float(np.median(y[others]))))
    return float(np.median(misses))


def guess_many(made: Fit, rows: Sequence[tuple[PatentFacts, date]]) -> list[Guess]:
    """Estimates of many rights at once, in the order given."""
    if not rows:
        return []
    x, unseen = matrix(rows, made.places)
    middle = x @ made.weights
    wide = np.sqrt(NOISE**2 + unseen + ((x @ made.spread) * x).sum(axis=1))
    return [
        Guess(
            rounded(middle[at] + made.low * wide[at]),
            rounded(middle[at]),
            rounded(middle[at] + made.high * wide[at]),
            rounded(made.weights[0]),
            _parts(made, x[at]),
        )
        for at in range(len(rows))
    ]


def _parts(made: Fit, x: Floats) -> tuple[Part, ...]:
    """Kind and field first, then every fact that moves the value."""
    moved = x * made.weights
    kind = sum(moved[at] for name, at in made.places.items() if name.startswith("kind:"))
    area = sum(moved[at] for name, at in made.places.items() if name.startswith(("section:", "area:")))
    facts = [Part(one.code, math.exp(moved[made.places[one.code]])) for one in EFFECTS]
    always = ("term", "age", "family", "citations", "claims")
    return (
        Part("kind", math.exp(kind)),
        Part("field", math.exp(area)),
        *(one for one in facts if one.code in always or one.factor != 1.0),
    )


def rounded(logarithm: float) -> Decimal:
    """An amount to two figures from its logarithm: more would say more than is known, and tell prices apart."""
    plain = Decimal(repr(math.exp(logarithm)))
    return plain.quantize(Decimal(1).scaleb(plain.adjusted() - 1)).quantize(Decimal("0.01"))
