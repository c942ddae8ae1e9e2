"""How often a method comes out under an amount that its reader has in mind, such as a loan.

A report's twin holds inputs, ranges, seed and draws, so the question is put to the very draws whose figures it prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from valuation.appraisals import engine
from valuation.appraisals.worksheets import figure_of
from valuation.reading import AMOUNT, decimal_of, within

FIELD = "under"


@dataclass(frozen=True, slots=True)
class Under:
    """The amount asked about, and the percentage of draws under it with its standard error in points."""

    amount: Decimal
    share_pct: Decimal
    error_pct: Decimal


def amount_of(typed: str) -> Decimal | None:
    """The amount as it was typed, 3,000,000 too; None for nothing. Raises BadInput with the field `under`."""
    return within(decimal_of(figure_of(typed), FIELD), AMOUNT, FIELD) if typed.strip() else None


def said_of(simulation: Mapping[str, Any], amount: Decimal | None) -> Under | None:
    """What a simulation that was asked about the amount says of it; None where nothing was asked or is uncertain."""
    if amount is None or "prob_below_loan" not in simulation:
        return None
    errors = simulation["sampling_error"]
    return Under(amount, *(Decimal(part) * 100 for part in (simulation["prob_below_loan"], errors["prob_below_loan"])))


def under(method: Mapping[str, Any], amount: Decimal) -> Under | None:
    """The same of a method of a twin. Raises BadInput where the engine takes its input no more."""
    answer = engine.simulate(
        method["method"],
        method["input"],
        method["uncertain"],
        seed=method["seed"],
        draws=method["draws"],
        amount=amount,
    )
    return said_of(answer, amount)
