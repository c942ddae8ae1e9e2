"""The five classes: what the days past due demand at least, and what is set aside for each.

Overdue is at least special mention, more than 90, 270 and 360 days are substandard, doubtful and loss, whatever secures
the loan (Measures for Risk Classification, Order 2023 No. 1). A restructured loan is at least special mention while it
is observed. A manual grade can only be worse. When more than a tenth of what a borrower owes a bank is non-performing,
all of it is. Thresholds and rates are data (models.GradingRule); these hold where a bank has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from listings.rights.ruling import enforces
from loans.states.servicing import Category

#: Days past due from which the second to fifth class hold.
THRESHOLDS = (1, 91, 271, 361)
#: Basis points of principal set aside for each class: 1 % in general, then 2, 25, 50 and 100 %.
PROVISIONS_BP = (100, 200, 2500, 5000, 10_000)
#: Above this share of a borrower's debt at a bank, in per cent, one non-performing loan makes all of them so.
CONTAGION_PCT = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds and rates of one bank on one day."""

    thresholds: tuple[int, ...] = THRESHOLDS
    provisions_bp: tuple[int, ...] = PROVISIONS_BP


@enforces("LN-CLS-1", "LN-CLS-90", "LN-CLS-270", "LN-CLS-360", "LN-RESTR-WATCH")
def floor_of(dpd: int, rules: Rules, *, is_observed: bool) -> Category:
    """The best class that days past due allow."""
    reached = 1 + sum(dpd >= one for one in rules.thresholds)
    return Category(max(reached, Category.SPECIAL_MENTION if is_observed else Category.NORMAL))


@enforces("LN-PROV")
def provision_of(principal: int, category: int, rules: Rules) -> int:
    """Cents set aside for principal in a class, rounded half up."""
    return (2 * principal * rules.provisions_bp[category - 1] + 10_000) // 20_000


def is_observed(on: date, restructured_on: date | None, observed_until: date | None) -> bool:
    """Claims that a restructured loan is being observed on a day."""
    return restructured_on is not None and observed_until is not None and restructured_on <= on <= observed_until
