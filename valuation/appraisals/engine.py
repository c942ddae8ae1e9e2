"""The one door from an order's working papers to the engine: compute, simulate, and see what moves the value most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.core.errors import Missing, NotANumber, OutOfRange
from valuation.entry import ENGINE, compute

#: What is stored beside every result. It changes when a method could answer otherwise to the same input.
VERSION = f"valuation/{ENGINE}"
DRAWS = 10_000
#: How closely the years of one list move together in a simulation.
TOGETHER = "0.9"


def run(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's whole answer to `given`. Its refusals go through: they name the field by the engine's own path
    (`comparables[1].revenue`) in both languages."""
    return dict(compute(method, dict(given)))


def value_of(answer: Mapping[str, Any]) -> Decimal:
    """The figure an answer concludes with, to the cent."""
    return Decimal(answer["value"])


def _spread(figure: Any, share: Decimal) -> dict[str, str]:
    mode = Decimal(str(figure))
    return {
        "distribution": "triangular",
        "low": str(mode * (1 - share)),
        "mode": str(mode),
        "high": str(mode * (1 + share)),
    }


def demand_bounds(given: Mapping[str, Any], uncertain: Mapping[str, Any]) -> None:
    """That every range is one: two figures for a single figure, a share between 0 and 1 for a list of figures.

    Raises Missing, NotANumber and OutOfRange with the path of the bound (`royalty_rate.high`, `revenue.spread`).
    """
    for name, bounds in uncertain.items():
        if name not in given:
            continue
        is_list = isinstance(given[name], list)
        for figure in given[name] if is_list else [given[name]]:
            _number(figure, name)
        for part in ("spread",) if is_list else ("low", "high"):
            said = bounds.get(part) if isinstance(bounds, Mapping) else None
            if said is None or not str(said).strip():
                raise Missing(field=f"{name}.{part}")
            found = _number(said, f"{name}.{part}")
            if is_list and not 0 < found < 1:
                raise OutOfRange(field=f"{name}.{part}", range="0–100%")


def _number(said: Any, path: str) -> Decimal:
    try:
        found = Decimal(str(said))
    except InvalidOperation:
        raise NotANumber(field=path) from None
    if not found.is_finite():
        raise NotANumber(field=path)
    return found


def uncertain_input(given: Mapping[str, Any], uncertain: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with figures replaced by distributions.

    `uncertain` is {field: {"low", "high"}} for a single figure, whose mode is the figure itself (or the nearer bound
    where it lies outside), and {field: {"spread"}} for a list, whose entries move by that share either way and nearly
    together, since a year that sells well is seldom followed by one that does not.
    """
    made = dict(given)
    together: list[str] = []
    sizes: list[int] = []
    for name, bounds in uncertain.items():
        if name not in made:
            continue
        if isinstance(made[name], list):
            together += [f"{name}[{at}]" for at in range(len(made[name]))]
            sizes.append(len(made[name]))
            made[name] = [_spread(one, Decimal(str(bounds["spread"]))) for one in made[name]]
        else:
            low, high = Decimal(str(bounds["low"])), Decimal(str(bounds["high"]))
            mode = min(max(Decimal(str(made[name])), low), high)
            made[name] = {"distribution": "triangular", "low": str(low), "mode": str(mode), "high": str(high)}
    if together:
        made["correlation"] = {"between": together, "matrix": _together(sizes)}
    return made


def _together(sizes: Sequence[int]) -> list[list[str]]:
    """A correlation matrix in which the entries of one list go together and lists do not touch each other."""
    block = [at for at, size in enumerate(sizes) for _one in range(size)]
    return [
        ["1" if i == j else TOGETHER if block[i] == block[j] else "0" for j in range(len(block))]
        for i in range(len(block))
    ]


def simulate(
    method: str,
    given: Mapping[str, Any],
    uncertain: Mapping[str, Any],
    *,
    seed: int,
    draws: int = DRAWS,
    amount: Decimal | None = None,
) -> dict[str, Any]:
    """Mean, spread, percentiles and histogram, the same for the same seed; empty where nothing is uncertain.

    With an `amount` also the share of the draws under it, `prob_below_loan`.
    """
    moving = {name: bounds for name, bounds in uncertain.items() if name in given}
    if not moving:
        return {}
    asked = {"of": method, "draws": draws, "seed": seed, "tornado": False}  # swings of whole inputs are `tornado`'s
    if amount is not None:
        asked["loan"] = str(amount)
    return run("monte_carlo", {**uncertain_input(given, moving), **asked})


@dataclass(frozen=True, slots=True)
class Swing:
    """What one input does to the value when it alone goes from its low to its high bound."""

    name: str
    low: str
    high: str
    at_low: Decimal
    at_high: Decimal

    @property
    def width(self) -> Decimal:
        return abs(self.at_high - self.at_low)

    def as_dict(self) -> dict[str, str]:
        return {
            "name": self.name,
            "low": self.low,
            "high": self.high,
            "at_low": f"{self.at_low:.2f}",
            "at_high": f"{self.at_high:.2f}",
        }


def tornado(method: str, given: Mapping[str, Any], uncertain: Mapping[str, Any]) -> list[Swing]:
    """The swing of every uncertain input with the others as they are, widest first."""
    found = []
    for name, bounds in uncertain.items():
        if name not in given:
            continue
        ends: list[Any]
        if isinstance(given[name], list):
            share = Decimal(str(bounds["spread"]))
            ends = [[str(Decimal(str(one)) * factor) for one in given[name]] for factor in (1 - share, 1 + share)]
            said = [f"−{(share * 100).normalize():f}%", f"+{(share * 100).normalize():f}%"]
        else:
            said = [str(bounds["low"]), str(bounds["high"])]
            ends = said
        values = [value_of(run(method, {**given, name: end})) for end in ends]
        found.append(Swing(name, said[0], said[1], values[0], values[1]))
    return sorted(found, key=lambda one: -one.width)
