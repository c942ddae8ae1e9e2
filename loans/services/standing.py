"""Replaying a loan and keeping where it stands, so that closes of day and pages read rows instead of replaying."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from loans.coordinates import is_plain, place_on_line, rate_of
from loans.models import Allocation, Arrear, CloseRun, Loan, ScheduleRow, ScheduleVersion
from loans.schedule.entry import written
from loans.servicing.contract import Contract, Order, Part
from loans.servicing.happenings import Calling, Cost, Early, Happening, Restructuring, Reversal
from loans.servicing.happenings import Payment as Paid
from loans.servicing.planning import money
from loans.servicing.replay import Position, replayed
from loans.states.servicing import PaymentSource, VersionReason
from marketplace.core import clock
from marketplace.core.actor import Actor

#: Proceeds of the collateral meet costs, interest and principal in this order, and penalties last (Civil Code, 561).
OF_PROCEEDS = Order((Part.COST, Part.INTEREST, Part.PRINCIPAL, Part.PENALTY), row_by_row=False)

#: Versions that the replay reads as happenings; all others follow from it.
AGREED_ANEW = (VersionReason.RESTRUCTURING, VersionReason.CALLED)


def paid_as(pk: int) -> str:
    """The reference of a payment in the replay: of one day, they stand in the order in which they were entered."""
    return f"payment:{pk:019d}"


def happenings_of(loan: Loan) -> list[Happening]:
    """Everything entered about a loan, as the servicing engine reads it."""
    found: list[Happening] = []
    for payment in loan.payments.all():
        reference = paid_as(payment.pk)
        if payment.reverses_id is not None:
            found.append(Reversal(reference, paid_as(payment.reverses_id), payment.value_date))
        else:
            early = Early(payment.early) if payment.early else None
            order = OF_PROCEEDS if payment.source == PaymentSource.DISPOSAL else None
            found.append(Paid(reference, payment.value_date, payment.cents, early, order))
    found += [Cost(f"charge:{one.pk}", one.value_date, one.cents) for one in loan.charges.all()]
    found += [
        Calling(f"schedule:{one.pk}", one.effective_from)
        if one.reason == VersionReason.CALLED
        else Restructuring(f"schedule:{one.pk}", one.effective_from, one.changes, one.convention, one.capitalises)
        for one in loan.schedules.all()
        if one.reason in AGREED_ANEW
    ]
    return found


def position_of(loan: Loan, on: date) -> Position:
    """What is owed at the end of a day, by the replay."""
    return replayed(loan.contract, happenings_of(loan), on)


def keep_standing(loan: Loan, *, by: Actor, since: date, reason: str = VersionReason.REPLAY) -> Position:
    """Replay a locked loan after something was entered with effect from `since`, and keep where it stands.

    Rows to come, arrears, allocations and rates are written anew; a schedule that changed gets a version. Days closed
    from `since` on are marked to be restated by the next close.
    """
    hold_off_the_end_of_a_close()
    contract = loan.contract
    happenings = happenings_of(loan)
    day = max([loan.started_on, *(one.value_date for one in happenings)])
    position = replayed(contract, happenings, day)
    _keep_rates(loan, contract, position)
    loan.replayed_on = day
    loan.cost_due, loan.credit = position.cost_due, position.credit
    _mark(loan, since)
    _keep_rows(loan, position)
    _keep_allocations(loan, position)
    _keep_version(loan, position, by=by, since=since, reason=reason)
    loan.save(
        update_fields=[
            "replayed_on", "next_from", "cost_due", "credit", "day_count", "rate_over", "rate_under", "penalty_over",
            "penalty_under", "penalty_grace", "penalty_on_interest", "is_plain", "restate_from",
        ]
    )  # fmt: skip
    return position


#: Entries share this lock and the end of a close takes it alone: it waits for entries that have not seen its run.
ENTERING = "loans.entering"


def hold_off_the_end_of_a_close() -> None:
    """Until the transaction ends, no close finds that every loan has its position."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [ENTERING])


def restate_since(loan: Loan, since: date) -> None:
    """Mark a locked loan whose closed days from `since` on have to be counted again by the next close."""
    hold_off_the_end_of_a_close()
    _mark(loan, since)
    loan.save(update_fields=["restate_from"])


def _mark(loan: Loan, since: date) -> None:
    last = CloseRun.objects.order_by("-business_date").values_list("business_date", flat=True).first()
    if last is not None and since <= last:
        loan.restate_from = min(since, loan.restate_from or since)


def _keep_rates(loan: Loan, contract: Contract, position: Position) -> None:
    rate = rate_of(position.course.terms)
    loan.is_plain = is_plain(position.course, contract)
    loan.day_count, loan.rate_over, loan.rate_under = rate if rate is not None else (0, 0, 1)
    loan.penalty_over, loan.penalty_under = contract.penalty.daily
    loan.penalty_grace, loan.penalty_on_interest = contract.penalty.grace_days, contract.penalty.on_interest


def _keep_rows(loan: Loan, position: Position) -> None:
    plan, course = position.course.plan, position.course
    ScheduleRow.objects.filter(loan=loan).delete()
    rows = [
        ScheduleRow(
            loan=loan,
            n=position.done + at + 1,
            starts_on=plan.periods[at].start,
            due_on=plan.periods[at].due,
            payable_on=plan.periods[at].paid_on,
            opening=course.owed_at_start(at),
            principal=int(plan.rows[at][0]),
            interest=int(plan.rows[at][1]),
            start_at=place_on_line(course.terms, plan.periods[at].start),
        )
        for at in range(position.row, len(plan.rows))
    ]
    ScheduleRow.objects.bulk_create(rows)
    loan.next_from = rows[0].starts_on if rows else None
    Arrear.objects.filter(loan=loan).delete()
    Arrear.objects.bulk_create(
        Arrear(
            loan=loan,
            n=one.n,
            due_on=one.due,
            principal=one.principal,
            interest=one.interest,
            penalised_until=one.penalised_until,
            penalty_exact=one.penalty_exact,
            penalty_paid=one.penalty_paid,
        )
        for one in position.open
    )


def _keep_allocations(loan: Loan, position: Position) -> None:
    Allocation.objects.filter(loan=loan).delete()
    Allocation.objects.bulk_create(
        Allocation(
            loan=loan,
            payment_id=int(one.reference.partition(":")[2]),
            on=one.on,
            n=one.n,
            part=one.part.value,
            cents=one.cents,
        )
        for one in position.allocations
        if one.reference.startswith("payment:")
    )


def _keep_version(loan: Loan, position: Position, *, by: Actor, since: date, reason: str) -> None:
    """A version for a schedule that is not the one kept last; a restructuring writes its own."""
    rows = rows_of(position)
    last = loan.schedules.order_by("-version").first()
    if last is not None and last.rows == rows:
        return
    if reason in AGREED_ANEW:
        reason = VersionReason.REPLAY
    add_version(loan, rows=rows, reason=reason, effective_from=since, by=by)


def rows_of(position: Position) -> list[dict[str, Any]]:
    """The schedule in force, in the writing of `loans.schedule`; of a debt called in the one row that is left."""
    called = position.called
    if called is None:
        rows: list[dict[str, Any]] = written(position.course.plan)["rows"]
        return rows
    return [
        {
            "n": called.n,
            "from": called.start.isoformat(),
            "due": called.on.isoformat(),
            "days": (called.on - called.start).days,
            "principal": money(called.principal),
            "interest": money(called.interest),
            "total": money(called.principal + called.interest),
            "balance": money(0),
        }
    ]


def call_whole(loan: Loan, *, on: date, by: Actor, reason: str) -> Position:
    """Principal not yet due and the interest on it fall due on a day, on a locked loan; a second time changes nothing.

    A version of the schedule keeps it, with the one row that is left.
    """
    position = position_of(loan, on)
    if position.called is not None or not position.balance + position.accrued:
        return position
    after = replayed(loan.contract, [*happenings_of(loan), Calling("\x00called", on)], on)
    add_version(loan, rows=rows_of(after), reason=VersionReason.CALLED, effective_from=on, by=by, note=reason[:400])
    return keep_standing(loan, by=by, since=on, reason=VersionReason.CALLED)


def add_version(
    loan: Loan, *, rows: Sequence[Any], reason: str, effective_from: date, by: Actor, **more: Any
) -> ScheduleVersion:
    """The next version of a locked loan's schedule."""
    last = loan.schedules.order_by("-version").values_list("version", flat=True).first() or 0
    return ScheduleVersion.objects.create(
        loan=loan,
        version=last + 1,
        reason=reason,
        effective_from=effective_from,
        rows=rows,
        made_by_id=by.user_id,
        made_at=clock.now(),
        **more,
    )
