"""What was agreed about servicing a loan, besides its schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from loans.schedule.calendar import DaysOff
from loans.schedule.conventions import Ratio


class Part(StrEnum):
    """What a payment may be for."""

    COST = "cost"
    PENALTY = "penalty"
    INTEREST = "interest"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True)
class Order:
    """In which order a payment meets what is due: the parts, and whether a row is met whole before the next one.

    With `row_by_row` the oldest row's parts come first, in the order of `parts`; without it the first part of all rows,
    then the second of all. Costs belong to no row and are met where they stand among the parts, ahead of all rows.
    Without agreement C 561 of the Civil Code ranks costs, interest, principal.
    """

    parts: tuple[Part, ...] = (Part.COST, Part.PENALTY, Part.INTEREST, Part.PRINCIPAL)
    row_by_row: bool = True

    def __post_init__(self) -> None:
        if sorted(self.parts) != sorted(Part):
            raise ValueError("An order names each part once.")


@dataclass(frozen=True, slots=True)
class Penalty:
    """Interest on what is overdue: `rate_pct` a year over `year_days`, from the due date once the grace has passed.

    Who pays within `grace_days` of the due date owes none. `on_interest` charges overdue interest too (复利).
    The usual rate is the contract's plus 30 to 50 % of it.
    """

    rate_pct: Decimal = Decimal(0)
    year_days: int = 360
    grace_days: int = 0
    on_interest: bool = False

    @property
    def daily(self) -> Ratio:
        over, under = self.rate_pct.as_integer_ratio()
        return over, under * 100 * self.year_days


@dataclass(frozen=True, slots=True)
class Contract:
    """A live loan: the convention and input its schedule is made from, and the rules of servicing.

    `non_performing_days`: days past due from which `order_non_performing` holds. `early_fee_pct` is charged on
    principal repaid before it is due.
    """

    convention: Mapping[str, Any]
    input: Mapping[str, Any]
    penalty: Penalty = field(default_factory=Penalty)
    order: Order = field(default_factory=Order)
    order_non_performing: Order = field(
        default_factory=lambda: Order((Part.COST, Part.PRINCIPAL, Part.INTEREST, Part.PENALTY), row_by_row=False)
    )
    non_performing_days: int = 90
    early_fee_pct: Decimal = Decimal(0)
    days_off: DaysOff | None = None
