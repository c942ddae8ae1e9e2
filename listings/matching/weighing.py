"""What a need's owner holds important: one weight for each factor, learned from what they keep and what they dismiss.

total = relevance × (1 + Σ weight × (fit − ½)): a factor at ½, or one that nothing is known of, changes nothing; the
eight together can at most halve or half again a relevance at the weights everybody begins with. Weights are shown and
can be set back at any time, and the order by relevance alone is always one click away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from listings.matching.factors import NEITHER, Factor, FactorCode

BEGIN = 0.125
LEAST = 0.0
MOST = 0.5
STEP = 0.05
GOOD = 0.75
"""A fit from here on was a reason to keep what was kept."""
POOR = 0.4
"""A fit up to here was a reason to dismiss what was dismissed."""

Weights = dict[FactorCode, float]


def beginning() -> Weights:
    return dict.fromkeys(FactorCode, BEGIN)


def from_stored(stored: Mapping[str, float]) -> Weights:
    """Weights as kept in the database; a factor that is not there has the weight it begins with."""
    return {code: min(max(float(stored.get(code, BEGIN)), LEAST), MOST) for code in FactorCode}


def total(relevance: float, found: Iterable[Factor], weights: Mapping[FactorCode, float]) -> float:
    """The score a match is ordered by; never below 0."""
    lift = sum(weights[one.code] * (one.fit - NEITHER) for one in found if one.fit is not None)
    return max(relevance * (1 + lift), 0.0)


def after_shortlisting(weights: Mapping[FactorCode, float], found: Iterable[Factor]) -> Weights:
    """Each factor that spoke for what was kept counts one step more."""
    return _moved(weights, {one.code: STEP for one in found if one.fit is not None and one.fit >= GOOD})


def after_dismissal(
    weights: Mapping[FactorCode, float], found: Iterable[Factor], named: Iterable[FactorCode]
) -> Weights:
    """Each factor named as the reason counts two steps more. A factor that spoke for what was dismissed, and was not
    named, counts one step less: it promised what it did not keep. With no reason named, those that spoke against it
    count one step more."""
    reasons = frozenset(named)
    steps = dict.fromkeys(reasons, 2 * STEP)
    for one in found:
        if one.fit is None or one.code in reasons:
            continue
        if reasons and one.fit >= GOOD:
            steps[one.code] = -STEP
        elif not reasons and one.fit <= POOR:
            steps[one.code] = STEP
    return _moved(weights, steps)


def _moved(weights: Mapping[FactorCode, float], steps: Mapping[FactorCode, float]) -> Weights:
    return {code: round(min(max(weight + steps.get(code, 0.0), LEAST), MOST), 4) for code, weight in weights.items()}
