"""What must hold before a loan, a shortfall or a disposal moves on; read again under the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listings.rights.ruling import enforces
from loans.services.standing import position_of
from loans.servicing_refusals import CureStillRuns, NotOffered, StillOwed, StillShort
from marketplace.core import clock
from marketplace.core.actor import Actor

if TYPE_CHECKING:
    from loans.models import Disposal, Loan, Shortfall


@enforces("PLG-CANCEL")
def nothing_is_owed(loan: Loan, actor: Actor) -> None:
    """Principal, interest, penalty and costs are all paid on the day the loan ends."""
    position = position_of(loan, loan.closed_on or clock.today())
    owed = position.principal + position.due + position.accrued
    if owed:
        raise StillOwed(amount=f"{owed // 100:,}.{owed % 100:02d}", currency=loan.currency)


def nothing_is_missing(shortfall: Shortfall, actor: Actor) -> None:
    """The newest position covers the debt again."""
    if shortfall.cents:
        raise StillShort(amount=f"{shortfall.cents // 100:,}.{shortfall.cents % 100:02d}")


@enforces("PLG-NO-FORFEIT")
def cure_has_run_out(disposal: Disposal, actor: Actor) -> None:
    """The borrower had its days to cure; no clause makes the right the bank's by itself (Civil Code, article 428)."""
    if clock.today() <= disposal.cure_by:
        raise CureStillRuns(day=disposal.cure_by.isoformat())


def has_a_price(disposal: Disposal, actor: Actor) -> None:
    """What was realised is known before it is distributed."""
    if disposal.proceeds is None:
        raise NotOffered()
