"""Repayments through this market: the borrower asks to pay, the money is held, entered on the loan, and goes on to the
bank."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from loans.graphs.lending import BOTH
from loans.models import Loan
from loans.services.repaying import receive
from loans.servicing.happenings import Early
from loans.servicing_refusals import LoanEnded
from loans.states.servicing import LIVE, PaymentSource
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import OutOfRange
from marketplace.core.locks import locked
from marketplace.core.models import Event
from marketplace.core.money import LARGEST, Money
from marketplace.payments.models import Obligation
from marketplace.payments.services.obligations import raise_obligation
from marketplace.payments.services.releases import Leg, release

#: Why a borrower owes something into holding for a loan; registered with the payments floor in contributions.
DUE = "loan_due"
EARLY = {"": DUE, Early.SHORTER.value: "loan_early_shorter", Early.SMALLER.value: "loan_early_smaller"}
EARLY_OF = {purpose: early for early, purpose in EARLY.items()}
PAYING_DAYS = 3


def ask_to_pay(*, loan_id: int, amount: Decimal, by: Actor, early: str = "") -> Obligation:
    """Open a payment of `amount` on a loan, by any way the market takes money. Raises NotPermitted, LoanEnded,
    OutOfRange, NotFound, Busy."""
    with locked(Loan, loan_id) as loan:
        require(BOTH, by, loan)
        if loan.state not in LIVE:
            raise LoanEnded()
        if not Decimal("0.01") <= amount <= LARGEST or early not in EARLY:
            raise OutOfRange(field="amount", range=f"0.01 – {LARGEST}")
        titles = {}
        for language in ("zh-hans", "en"):
            with translation.override(language):
                titles[language] = _("Repayment of loan %(number)s") % {"number": loan.number}
        return raise_obligation(
            purpose=EARLY[early],
            subject=loan.subject,
            payer_id=loan.borrower_id,
            money=Money(amount, loan.currency),
            due_at=clock.now() + timedelta(days=PAYING_DAYS),
            title_zh=titles["zh-hans"],
            title_en=titles["en"],
            by=by,
        )


@transaction.atomic
def money_arrived(event: Event) -> None:
    """What was paid into holding for a loan is entered on it as of that day, and goes on to the bank; once only."""
    kind, loan_id = event.data.get("subject") or ("", 0)
    if kind != Loan._meta.label_lower or event.data.get("purpose") not in EARLY_OF:
        return
    obligation = Obligation.objects.get(pk=event.subject_id)
    loan = Loan.objects.get(pk=loan_id)
    money = Money(obligation.amount, obligation.currency)
    if loan.state in LIVE:
        receive(
            loan_id=loan.pk,
            reference=obligation.reference,
            value_date=timezone.localdate(event.at),
            amount=obligation.amount,
            early=EARLY_OF[obligation.purpose],
            source=PaymentSource.MARKET,
            by=SYSTEM,
        )
        payee = loan.bank_id
    else:
        payee = loan.borrower_id  # nothing was owed any more: it goes back
    legs = [Leg(payee, obligation.purpose, money)]
    release(subject=loan.subject, legs=legs, key=f"loan:{obligation.reference}", by=SYSTEM)
