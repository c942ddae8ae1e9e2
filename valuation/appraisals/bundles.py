"""Orders over several rights: the value of each, the bundle's concentration, and each right's part of the conclusion.

The worksheet "portfolio" holds a line for each right: its number, its own value and its category. The engine sums them
and takes off for concentration (valuation/methods/portfolio.py); the conclusion weighs that figure with the others.
What of the conclusion falls to each right follows from the lines alone: in proportion to the values, to the cent,
together exactly the conclusion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.core.errors import BadInput
from marketplace.core.money import Money

METHOD = "portfolio"


class RightsWrong(BadInput):
    """A line for each right of the order, no more and no fewer."""

    code = "portfolio_rights_wrong"
    sentence = _("The worksheet needs one line for each right of the order, named by its number: %(numbers)s.")


def demand_each_right(given: Mapping[str, Any], numbers: Sequence[str]) -> None:
    """Raises RightsWrong where the lines are not the order's rights, each once."""
    lines = given.get("patents")
    found = [str(one.get("number", "")) for one in lines if isinstance(one, Mapping)] if isinstance(lines, list) else []
    if sorted(found) != sorted(numbers):
        raise RightsWrong(field="patents", numbers="、".join(numbers))


def parts_of(amount: Decimal, currency: str, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The conclusion shared out over the lines by their values; [] where all are worth nothing.

    Values are as the engine reads them: plain decimal text. Largest remainders, so that the parts sum to the amount.
    """
    cents = [int((Decimal(str(one["value"])) * 100).to_integral_value()) for one in lines]
    if not sum(cents):
        return []
    shares = Money(amount, currency).split(cents)
    return [
        {
            "number": str(one["number"]),
            "category": str(one["category"]),
            "value": f"{Decimal(str(one['value'])):.2f}",
            "part": f"{share.amount:.2f}",
        }
        for one, share in zip(lines, shares, strict=True)
    ]


def parts_of_methods(amount: Decimal, currency: str, methods: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The same from the methods of a twin; [] where none is a portfolio. Raises BadInput for lines that are none."""
    found = next((one for one in methods if one["method"] == METHOD), None)
    if found is None:
        return []
    try:
        return parts_of(amount, currency, found["input"]["patents"])
    except (KeyError, InvalidOperation) as error:
        raise RightsWrong(field="patents", numbers="") from error
