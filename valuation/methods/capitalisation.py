"""A royalty without end: value = revenue × royalty rate ÷ r. Only for a right that has no legal end.

A trade mark renewed for ever may be valued so; a patent may not, and is refused: the question must say that there is no
legal end, by `"legal_end": null`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from valuation import refusals
from valuation.arithmetic import Arithmetic, Number
from valuation.methods.method import Method, Outcome
from valuation.reading import AMOUNT, POSITIVE_RATE, RATE, Fields
from valuation.showing import cents


@dataclass(frozen=True, slots=True)
class Perpetuity:
    revenue: Number
    royalty_rate: Number
    discount_rate: Number


def read(fields: Fields) -> Perpetuity:
    """Raises BadInput; LegalEndStands unless the legal end is given as null."""
    if "legal_end" not in fields.data or fields.data["legal_end"] is not None:
        raise refusals.LegalEndStands(field=fields.at("legal_end"))
    return Perpetuity(
        fields.number("revenue", AMOUNT),
        fields.number("royalty_rate", RATE),
        fields.number("discount_rate", POSITIVE_RATE),
    )


def value(perpetuity: Perpetuity, a: Arithmetic) -> Outcome:
    royalty = perpetuity.revenue * perpetuity.royalty_rate

    def shown() -> dict[str, Any]:
        return {"annual_royalty": cents(royalty)}

    return Outcome(royalty / perpetuity.discount_rate, shown)


METHOD = Method("royalty_capitalization", _("Royalty capitalisation"), "revenue · royalty ÷ r", read, value)
