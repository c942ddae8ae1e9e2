"""Cost: what it would take to make the right again, less what has gone out of date.

value = cost now × (1 − functional)(1 − technological)(1 − economic). Replacement asks for the cost of the same use with
today's means, reproduction for the cost of the very same thing (labour + materials + overhead). The three kinds of
obsolescence multiply, so that together they never exceed the whole. Source: IVS 105 (2025), cost approach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from valuation.arithmetic import Arithmetic, Number
from valuation.methods.method import Method, Outcome
from valuation.reading import AMOUNT, SHARE, Fields
from valuation.showing import cents, share

KINDS = ("functional", "technological", "economic")
PARTS = ("labor", "materials", "overhead")


@dataclass(frozen=True, slots=True)
class Cost:
    """`obsolescence` by kind, a share each; a kind not mentioned is none."""

    gross: Number
    obsolescence: dict[str, Number]


def _obsolescence(fields: Fields) -> dict[str, Number]:
    return {kind: fields.number(kind, SHARE, 0) for kind in KINDS}


def read_replacement(fields: Fields) -> Cost:
    """Raises BadInput."""
    return Cost(fields.number("current_cost", AMOUNT), _obsolescence(fields))


def read_reproduction(fields: Fields) -> Cost:
    """Raises BadInput."""
    return Cost(sum(fields.number(part, AMOUNT) for part in PARTS), _obsolescence(fields))


def value(cost: Cost, a: Arithmetic) -> Outcome:
    left = a.number(1)
    for lost in cost.obsolescence.values():
        left = left * (1 - lost)

    def shown() -> dict[str, Any]:
        rows, standing = [], cost.gross
        for kind, lost in cost.obsolescence.items():
            rows.append({"kind": kind, "share": share(lost), "loss": cents(standing * lost)})
            standing = standing * (1 - lost)
        return {"gross_cost": cents(cost.gross), "total_obsolescence": share(1 - left), "rows": rows}

    return Outcome(cost.gross * left, shown)


FORMULA = "cost · (1 − functional)(1 − technological)(1 − economic)"
REPLACEMENT = Method("replacement_cost", _("Replacement cost"), FORMULA, read_replacement, value)
REPRODUCTION = Method("reproduction_cost", _("Reproduction cost"), FORMULA, read_reproduction, value)
