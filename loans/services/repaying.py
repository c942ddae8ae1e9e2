"""Money received on a loan, taken back, charged, and agreed anew; each is entered once and the loan replayed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from listings.rights.ruling import enforces
from loans.graphs.lending import OFFICER
from loans.graphs.loan import LOAN_GRAPH
from loans.models import Charge, Loan, Payment, ScheduleVersion
from loans.models.loan import in_cents
from loans.schedule.entry import written
from loans.services.standing import add_version, happenings_of, keep_standing, position_of
from loans.servicing.early import Outcome, Payoff, both_ways, payoff
from loans.servicing.happenings import Restructuring
from loans.servicing.replay import Position, replayed
from loans.servicing_refusals import (
    CannotReplan,
    LoanEnded,
    ReferenceUsed,
    ReversedAlready,
    TermPastRight,
    ValueDateWrong,
)
from loans.states.servicing import LIVE, LoanState, PaymentSource, VersionReason
from marketplace.core import clock, events
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import BadInput, NotFound
from marketplace.core.lifecycle import walk
from marketplace.core.locks import locked

CAUGHT_UP_FROM = (LoanState.OVERDUE, LoanState.ACCELERATED, LoanState.DEFAULT)
#: A restructured loan is observed for at least a year (rule LN-RESTR-WATCH).
OBSERVED_DAYS = 366


@enforces("LN-PREPAY", "ENF-ORDER")
def receive(
    *,
    loan_id: int,
    reference: str,
    value_date: date,
    amount: Decimal,
    by: Actor,
    early: str = "",
    source: str = PaymentSource.BANK,
) -> Payment:
    """Enter a payment under the payer's reference and allocate it from its value date; the same twice is entered once.

    `early` ("shorter" or "smaller") repays principal with what is left after everything due. Raises NotPermitted (but
    for the clock), ValueDateWrong, ReferenceUsed (the same reference for something else), LoanEnded, NotFound, Busy.
    """
    with locked(Loan, loan_id) as loan:
        if not by.is_system:
            require(OFFICER, by, loan)
        cents = in_cents(amount)
        known = Payment.objects.filter(bank=loan.bank_id, reference=reference).first()
        if known is not None:
            if (known.loan_id, known.cents, known.value_date, known.early) == (loan.pk, cents, value_date, early):
                return known
            raise ReferenceUsed(reference=reference, field="reference")
        _may_enter(loan, value_date)
        try:
            with transaction.atomic():
                payment = Payment.objects.create(
                    loan=loan,
                    bank_id=loan.bank_id,
                    reference=reference,
                    value_date=value_date,
                    cents=cents,
                    early=early,
                    source=source,
                    entered_by_id=by.user_id,
                    entered_at=clock.now(),
                )
        except IntegrityError as error:
            raise ReferenceUsed(reference=reference, field="reference") from error
        keep_standing(loan, by=by, since=value_date, reason=VersionReason.EARLY if early else VersionReason.REPLAY)
        events.record("loan.pay", loan, by, data={"payment": payment.pk, "cents": cents, "on": value_date})
        follow_standing(loan, payment.value_date)
    return payment


def reverse(*, payment_id: int, value_date: date, reason: str, by: Actor) -> Payment:
    """Enter the opposite of a payment that was not good; it is as though it had never come.

    Raises NotPermitted, ReversedAlready, ValueDateWrong, NotFound, Busy.
    """
    loan_id = Payment.objects.filter(pk=payment_id).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise NotFound()
    with locked(Loan, loan_id) as loan:
        require(OFFICER, by, loan)
        payment = loan.payments.get(pk=payment_id)
        if payment.reverses_id is not None or Payment.objects.filter(reverses=payment).exists():
            raise ReversedAlready()
        if loan.state in (LoanState.RELEASED, LoanState.WRITTEN_OFF):
            raise LoanEnded()
        _check_day(loan, value_date)
        opposite = Payment.objects.create(
            loan=loan,
            bank_id=loan.bank_id,
            reference=f"{payment.reference[:70]}/opposite",
            value_date=value_date,
            cents=-payment.cents,
            reverses=payment,
            source=payment.source,
            reason=reason[:400],
            entered_by_id=by.user_id,
            entered_at=clock.now(),
        )
        if loan.state == LoanState.SETTLED:
            loan.closed_on = None
            walk(LOAN_GRAPH, loan, "reopen", by=SYSTEM, also=("closed_on",))
        keep_standing(loan, by=by, since=payment.value_date)
        events.record("loan.reverse", loan, by, reason=reason, data={"payment": payment.pk, "cents": payment.cents})
        follow_standing(loan, value_date)
    return opposite


def charge(
    *, loan_id: int, kind: str, value_date: date, amount: Decimal, reference: str, note: str = "", by: Actor
) -> Charge:
    """The borrower owes a cost from a day on: an annuity the bank paid, a court fee. Raises as `receive`."""
    with locked(Loan, loan_id) as loan:
        require(OFFICER, by, loan)
        _may_enter(loan, value_date)
        if loan.charges.filter(reference=reference).exists():
            raise ReferenceUsed(reference=reference, field="reference")
        row = Charge.objects.create(
            loan=loan,
            kind=kind,
            value_date=value_date,
            cents=in_cents(amount),
            reference=reference,
            note=note[:400],
            entered_by_id=by.user_id,
            entered_at=clock.now(),
        )
        keep_standing(loan, by=by, since=value_date)
        events.record("loan.charge", loan, by, data={"charge": row.pk, "kind": kind, "cents": row.cents})
    return row


@enforces("LN-EXTEND", "LN-RESTR-WATCH", "PLG-REFUSE-06")
def restructure(
    *,
    loan_id: int,
    effective_from: date,
    changes: Mapping[str, Any],
    by: Actor,
    convention: Mapping[str, Any] | None = None,
    capitalises: bool = False,
    is_extension: bool = False,
    note: str = "",
) -> ScheduleVersion:
    """A new schedule for what is owed, from a day on. An extension of a healthy loan is not observed, anything else is.

    `changes` are keys of the schedule's input (annual_rate_pct, count, maturity, due_dates …). Raises NotPermitted,
    CannotReplan, TermPastRight (the debt ends before every right), ValueDateWrong, LoanEnded, NotFound, Busy.
    """
    with locked(Loan, loan_id) as loan:
        require(OFFICER, by, loan)
        _may_enter(loan, effective_from)
        thought = Restructuring("\x00agreed", effective_from, changes, convention or {}, capitalises)
        try:
            after = replayed(loan.contract, [*happenings_of(loan), thought], effective_from)
        except (BadInput, ValueError) as error:
            problem = error.message if isinstance(error, BadInput) else str(error)
            raise CannotReplan(problem=problem) from error
        last_due = after.course.plan.periods[-1].due
        first_end = loan.securities.standing().exclude(expires_on=None).order_by("expires_on").first()
        if first_end is not None and first_end.expires_on is not None and first_end.expires_on <= last_due:
            raise TermPastRight(number=first_end.asset.number, day=first_end.expires_on.isoformat())
        version = add_version(
            loan,
            rows=written(after.course.plan)["rows"],
            reason=VersionReason.RESTRUCTURING,
            effective_from=effective_from,
            by=by,
            changes=_as_text(changes),
            convention=dict(convention or {}),
            capitalises=capitalises,
            note=note[:400],
        )
        loan.matures_on = last_due
        if not is_extension:
            loan.restructured_on = effective_from
            loan.observed_until = effective_from + timedelta(days=OBSERVED_DAYS)
        loan.save(update_fields=["matures_on", "restructured_on", "observed_until"])
        keep_standing(loan, by=by, since=effective_from, reason=VersionReason.RESTRUCTURING)
        events.record("loan.restructure", loan, by, reason=note, data={"version": version.version})
    return version


def shown_both_ways(loan: Loan, on: date, amount: Decimal) -> tuple[Outcome, Outcome]:
    """What an early repayment would leave with a shorter term, and with smaller instalments; shown before it is."""
    return both_ways(loan.contract, happenings_of(loan), on, in_cents(amount))


def quoted(loan: Loan, on: date) -> Payoff:
    """What ends the debt when paid on a day."""
    return payoff(loan.contract, happenings_of(loan), on)


def follow_standing(loan: Loan, on: date) -> Position:
    """Walk a locked loan to where its arrears and its debt put it on the latest day that is known of it."""
    day = max(on, clock.today(), loan.replayed_on)
    position = position_of(loan, day)
    owed = position.principal + position.due + position.accrued
    if not owed and loan.state in LIVE:
        # what was paid ahead may have met the last row on a later day than anything was entered for
        loan.closed_on = max([loan.replayed_on, *(one.on for one in position.allocations)])
        walk(LOAN_GRAPH, loan, "settle", by=SYSTEM, also=("closed_on",), data={"on": loan.closed_on})
    elif position.days_past_due and loan.state == LoanState.ACTIVE:
        walk(LOAN_GRAPH, loan, "fall_overdue", by=SYSTEM, data={"days": position.days_past_due})
    elif loan.state in CAUGHT_UP_FROM and not position.days_past_due and not (position.called and position.due):
        walk(LOAN_GRAPH, loan, "catch_up", by=SYSTEM)
    return position


def _may_enter(loan: Loan, value_date: date) -> None:
    if loan.state not in LIVE:
        raise LoanEnded()
    _check_day(loan, value_date)


def _check_day(loan: Loan, value_date: date) -> None:
    if not loan.started_on <= value_date <= clock.today():
        raise ValueDateWrong(field="value_date", first=loan.started_on.isoformat(), last=clock.today().isoformat())


def _as_text(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes as JSON holds them: days as text, which the engine reads as well."""

    def plain(value: Any) -> Any:
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Decimal):
            return str(value)
        if isinstance(value, list | tuple):
            return [plain(one) for one in value]
        return value

    return {key: plain(value) for key, value in changes.items()}
