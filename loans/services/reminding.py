"""What is told ahead of time and after it: instalments due and late, offers running out, what a close found.

Run once a day; a second run of the day tells nothing again, since what was told stands in the events themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Model, Q

from loans.models import Alarm, Application, Arrear, Loan, ScheduleRow
from loans.states.application import ApplicationState
from loans.states.servicing import LIVE, LoanState, Severity
from marketplace.accounts.models import Organisation
from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event

#: Days before an instalment on which its borrower is told (N8), and after it on which both sides are.
DUE_IN, LATE_BY = (30, 7, 1, 0), (1, 7, 30)
#: Days before an offer lapses on which its borrower is told (N5).
OFFER_ENDS_IN = (3, 1)
Told = list[tuple[Model, dict[str, Any]]]


def remind(today: date) -> int:
    """Tell what `today` gives reason to; returns how many events were written."""
    found = {
        "instalment.due": _due(today),
        "instalment.late": _late(today),
        "loan_application.offer_ends": _offers(today),
        "alarm.day": _found(today),
    }
    return sum(_tell(kind, told) for kind, told in found.items())


@transaction.atomic
def _tell(kind: str, told: Told) -> int:
    """Write what was not told before: one event for a subject and its facts."""
    said = set()
    if told:
        pks = [subject.pk for subject, _ in told]
        known = Event.objects.filter(kind=kind, subject_id__in=pks, at__gte=clock.now() - timedelta(days=2))
        said = {(pk, data.get("key")) for pk, data in known.values_list("subject_id", "data")}
    fresh = [(subject, data) for subject, data in told if (subject.pk, data["key"]) not in said]
    events.record_many(kind, fresh, SYSTEM)
    return len(fresh)


def _due(today: date) -> Told:
    days = {today + timedelta(days=n): n for n in DUE_IN}
    rows = ScheduleRow.objects.filter(payable_on__in=days, loan__state__in=LIVE).select_related("loan")
    return [
        (one.loan, _facts(one.loan, cents=one.principal + one.interest, on=one.payable_on, days=days[one.payable_on],
                          key=f"{one.n}:{one.payable_on}:{days[one.payable_on]}"))
        for one in rows.order_by("pk")
    ]  # fmt: skip


def _late(today: date) -> Told:
    """Rows not counted as due yet when the loan was last replayed, and those that were and are open."""
    days = {today - timedelta(days=n): n for n in LATE_BY}
    gone = LIVE - {LoanState.ACTIVE}  # the close of the day has put those that owe into another state
    coming = ScheduleRow.objects.filter(payable_on__in=days, loan__state__in=gone).select_related("loan")
    found = [(one.loan, one.n, one.payable_on, one.principal + one.interest) for one in coming]
    fallen = Arrear.objects.filter(due_on__in=days, loan__state__in=gone).select_related("loan")
    found += [(one.loan, one.n, one.due_on, one.principal + one.interest) for one in fallen]
    return [
        (loan, _facts(loan, cents=cents, on=on, days=days[on], key=f"{n}:{on}:{days[on]}"))
        for loan, n, on, cents in found
        if cents
    ]


def _facts(loan: Loan, **more: Any) -> dict[str, Any]:
    return {"loan": loan.pk, "number": loan.number, "borrower": loan.borrower_id, "bank": loan.bank_id, **more}


def _offers(today: date) -> Told:
    days = [today + timedelta(days=n) for n in OFFER_ENDS_IN]
    rows = Application.objects.filter(state=ApplicationState.OFFERED, offer_until__in=days)
    return [
        (
            one,
            {"application": one.pk, "number": one.number, "borrower": one.borrower_id, "bank": one.bank_id,
             "until": one.offer_until, "key": str(one.offer_until)},
        )
        for one in rows.order_by("pk")
    ]  # fmt: skip


def _found(today: date) -> Told:
    """One digest a bank of what the close of this day or the one before raised."""
    since: Sequence[date] = (today, today - timedelta(days=1))
    rows = (
        Alarm.objects.filter(source="close", on__in=since)
        .values("loan__bank", "on")
        .annotate(count=Count("pk"), grave=Count("pk", filter=Q(severity=Severity.RED)))
        .order_by("loan__bank", "on")
    )
    banks = Organisation.objects.in_bulk({one["loan__bank"] for one in rows})
    return [
        (banks[one["loan__bank"]], {"count": one["count"], "grave": one["grave"], "key": one["on"].isoformat()})
        for one in rows
    ]
