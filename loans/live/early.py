"""An early repayment shown before it is made: what it would leave, each of the two ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from loans.models import Loan
from loans.models.loan import in_money
from loans.schedule.entry import written
from loans.services.repaying import shown_both_ways
from loans.servicing.happenings import Early
from loans.servicing_refusals import LoanEnded
from loans.states.servicing import LIVE


@dataclass(frozen=True, slots=True)
class Way:
    """What is left of the loan one way: the rows still to come (as `loans.schedule` writes them) and what they cost."""

    how: Early
    rows: list[dict[str, Any]]
    last_due: date | None
    instalment: Decimal
    interest: Decimal
    interest_saved: Decimal

    def as_dict(self) -> dict[str, Any]:
        """As the API states it; amounts as decimal text."""
        return {
            "how": self.how.value,
            "rows": self.rows,
            "last_due": self.last_due.isoformat() if self.last_due else None,
            **{one: f"{getattr(self, one):.2f}" for one in ("instalment", "interest", "interest_saved")},
        }


def previewed(loan: Loan, *, amount: Decimal, on: date) -> tuple[Way, Way]:
    """Shorter term first, smaller instalments second. Raises LoanEnded when nothing is owed any more."""
    if loan.state not in LIVE:
        raise LoanEnded()
    shorter, smaller = (
        Way(
            one.how,
            [row for row in written(one.rest)["rows"] if row["due"] > on.isoformat()] if one.rows else [],
            one.last_due,
            in_money(one.instalment),
            in_money(one.interest),
            in_money(one.interest_saved),
        )
        for one in shown_both_ways(loan, on, amount)
    )
    return shorter, smaller
