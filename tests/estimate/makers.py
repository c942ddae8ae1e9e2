"""Made-up sales that follow a known line, so that what the model finds can be told right from wrong."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from math import exp

from valuation.estimate.effects import EFFECTS, KIND_EFFECTS
from valuation.estimate.facts import PatentFacts
from valuation.estimate.model import Sale

ON = date(2026, 6, 1)
AREAS = ("H01M", "H01L", "C08F", "B65G", "A61K")


def facts(asset_id: int = 1, **given: object) -> PatentFacts:
    """The reference patent: its facts move nothing."""
    filed = date(ON.year - 8, ON.month, ON.day)
    plain: dict[str, object] = {
        "kind": "invention",
        "status": "in_force",
        "is_granted": True,
        "filed_on": filed,
        "expires_on": date(ON.year + 10, ON.month, ON.day),
        "area": "H01M",
        "offices": 1,
        "cited_by": 0,
        "claims": 8,
    }
    return PatentFacts(asset_id=asset_id, **{**plain, **given})  # type: ignore[arg-type]


def any_facts(lots: random.Random, asset_id: int) -> PatentFacts:
    kind = lots.choice(("invention", "invention", "utility_model", "design"))
    age = lots.uniform(1, 9)
    filed = ON - timedelta(days=int(age * 365.25))
    years = {"invention": 20, "utility_model": 10, "design": 15}[kind]
    return facts(
        asset_id,
        kind=kind,
        filed_on=filed,
        expires_on=filed + timedelta(days=int(years * 365.25)),
        area=lots.choice(AREAS),
        offices=lots.choice((1, 1, 1, 2, 4)),
        cited_by=lots.randrange(0, 12),
        claims=lots.randrange(3, 20),
    )


def sales(count: int, *, noise: float = 0.4, base: float = 900_000, seed: int = 7) -> list[Sale]:
    """Prices along the believed weights about `base`, missing them by a normal error of the logarithm."""
    lots = random.Random(seed)
    made = []
    for at in range(count):
        one = any_facts(lots, at + 1)
        line = sum(effect.weight * effect.measure(one, ON) for effect in EFFECTS)
        line += KIND_EFFECTS.get(one.kind, (0.0, 0.0))[0]
        worth = base * exp(line + lots.gauss(0, noise))
        made.append(Sale(one, ON, Decimal(round(worth)), f"D{at}"))
    return made
