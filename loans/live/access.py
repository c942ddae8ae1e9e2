"""Who sees which live loan: the bank that gave it and the borrower that took it; nobody else, the desk included."""

from __future__ import annotations

from django.db.models import Q

from loans.access import is_bank, reads_for
from loans.models import Alarm, Disposal, Loan, Shortfall
from loans.models.loan import LoanQuerySet
from loans.models.watch import AlarmQuerySet
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound


def loans_seen_by(actor: Actor) -> LoanQuerySet:
    """A bank's own book, or what an organisation has borrowed."""
    own = reads_for(actor)
    if own is None:
        return Loan.objects.none()
    if is_bank(actor):
        return Loan.objects.filter(Q(bank=own) | Q(borrower=own)).select_related("bank", "borrower")
    return Loan.objects.filter(borrower=own).select_related("bank", "borrower")


def loan_of(actor: Actor, number: str) -> Loan:
    """One of them; raises NotFound."""
    return found(loans_seen_by(actor), number=number)


def lends(actor: Actor, loan: Loan) -> bool:
    """Sits on the bank's side: sees classes, provisions and alarms, which the borrower does not."""
    return is_bank(actor) and actor.org_id == loan.bank_id


def bank_of(actor: Actor) -> int:
    """The bank whose book is shown; raises NotFound for everybody else."""
    if not is_bank(actor) or actor.org_id is None:
        raise NotFound()
    return actor.org_id


def alarms_seen_by(actor: Actor) -> AlarmQuerySet:
    """Those of the bank's own book."""
    rows = Alarm.objects.select_related("loan__borrower", "security__asset", "handled_by")
    return rows.filter(loan__bank=actor.org_id) if is_bank(actor) else rows.none()


def alarm_of(actor: Actor, pk: int) -> Alarm:
    return found(alarms_seen_by(actor), pk=pk)


def shortfall_of(loan: Loan) -> Shortfall | None:
    """The live one."""
    return Shortfall.objects.live().filter(loan=loan).first()


def disposal_of(loan: Loan) -> Disposal | None:
    """The newest one."""
    return Disposal.objects.filter(loan=loan).order_by("-pk").first()
