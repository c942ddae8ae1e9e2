"""Which facts move an estimate, in which measure, and what is believed of each before this market's sales speak.

Every effect works on the logarithm of the value: a fact with measure x and weight b multiplies the value by exp(b·x).
`weight` is what is believed at first and `doubt` its standard deviation: sales move a weight the more, the more of them
there are and the more it is doubted (valuation/estimate/model.py). The measure of a fact the register does not know is
zero, that of the reference patent: a granted invention eight years old with ten years left, known at one office, never
cited, with eight claims. Where only the direction comes from a source, the size is our own judgement and says so.

Sources, from general knowledge of the literature and not checked against the papers here:
Schankerman and Pakes (1986), renewal fees and the decay of patent rents; Harhoff, Scherer and Vopel (2003), family size
and citations as marks of value; Hall, Jaffe and Trajtenberg (2005), about three percent of market value for a further
citation; Lanjouw and Schankerman (2004), the number of claims as a mark of quality.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import exp, log

from listings.assets.states import LegalStatus
from valuation.estimate.facts import PatentFacts

#: A year's required return and decay together, continuous (our judgement): what the next years earn counts most.
RATE = 0.20
REFERENCE_AGE = 8.0
REFERENCE_TERM = 10.0
REFERENCE_CLAIMS = 8
SHORTEST_TERM = 0.25
MOST_CITATIONS = 30
MOST_CLAIMS = 40
MOST_OFFICES = 30
Measure = Callable[[PatentFacts, date], float]


@dataclass(frozen=True, slots=True)
class Effect:
    """One fact's part: `weight` and `doubt` as above, `step` the change of the measure that the
    page of the model tells the effect of, `is_ours` where the size of the weight is our own judgement."""

    code: str
    measure: Measure
    weight: float
    doubt: float
    step: float
    source: str
    is_ours: bool = True


def _stream(years: float) -> float:
    """The logarithm of an even stream's value over some years, up to a constant."""
    return log(1 - exp(-RATE * years))


def _term(facts: PatentFacts, on: date) -> float:
    """ln of (1 − e^(−rT)) ÷ (1 − e^(−r·10)): an even stream of earnings over the T years left, at the rate above."""
    return _stream(max(facts.term_left(on), SHORTEST_TERM)) - _stream(REFERENCE_TERM)


def _age(facts: PatentFacts, on: date) -> float:
    return facts.age(on) - REFERENCE_AGE


def _family(facts: PatentFacts, on: date) -> float:
    return log(min(max(facts.offices or 1, 1), MOST_OFFICES))


def _citations(facts: PatentFacts, on: date) -> float:
    return float(min(facts.cited_by or 0, MOST_CITATIONS))


def _claims(facts: PatentFacts, on: date) -> float:
    return log(min(max(facts.claims or REFERENCE_CLAIMS, 1), MOST_CLAIMS) / REFERENCE_CLAIMS)


def _pending(facts: PatentFacts, on: date) -> float:
    return 0.0 if facts.is_granted else 1.0


def _grace(facts: PatentFacts, on: date) -> float:
    return 1.0 if facts.status == LegalStatus.IN_GRACE else 0.0


def _challenged(facts: PatentFacts, on: date) -> float:
    return 1.0 if facts.is_challenged else 0.0


def _licensed(facts: PatentFacts, on: date) -> float:
    return 1.0 if facts.is_licensed else 0.0


EFFECTS: tuple[Effect, ...] = (
    Effect("term", _term, 1.0, 0.25, _stream(5) - _stream(REFERENCE_TERM), "Schankerman and Pakes (1986)"),
    Effect("age", _age, -0.03, 0.03, 1.0, "Schankerman and Pakes (1986)"),
    Effect("family", _family, 0.30, 0.15, log(4), "Harhoff, Scherer and Vopel (2003)"),
    Effect("citations", _citations, 0.03, 0.02, 1.0, "Hall, Jaffe and Trajtenberg (2005)", is_ours=False),
    Effect("claims", _claims, 0.15, 0.10, log(2), "Lanjouw and Schankerman (2004)"),
    Effect("pending", _pending, log(0.6), 0.30, 1.0, ""),
    Effect("grace", _grace, log(0.8), 0.20, 1.0, ""),
    Effect("challenged", _challenged, log(0.6), 0.30, 1.0, ""),
    Effect("licensed", _licensed, log(0.7), 0.30, 1.0, ""),
)
BY_CODE = {one.code: one for one in EFFECTS}
#: Kinds beside the invention: (believed, doubted). Our judgement: unexamined rights sell for a fraction.
KIND_EFFECTS = {"utility_model": (log(0.35), 0.50), "design": (log(0.25), 0.60)}
SECTION_DOUBT = 0.40
AREA_DOUBT = 0.50
