"""Closing business days: in pieces that each stand or fall, so that a close cut off anywhere goes on where it was.

A run's row is the lock: whoever closes the same day at the same time takes turns with it piece by piece, and the day is
closed once. What is entered while a close runs marks its loan, and the loan's closed days are counted again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import structlog
from django.db import connection, transaction

from loans.closing import by_replay, closable, spread, write_positions
from loans.graphs.loan import LOAN_GRAPH
from loans.models import CloseRun, Loan, Position
from loans.raising import raise_alarms
from loans.services.repaying import follow_standing
from loans.services.shortfalls import follow_shortfalls
from loans.services.standing import ENTERING
from loans.servicing_refusals import DayNotOver
from loans.states.servicing import LIVE, CloseState
from marketplace.core import clock
from marketplace.core.locks import locked
from marketplace.core.walking import Step, walk_many

#: Loans of one piece: large enough that a statement's own cost does not count, small enough to be lost to a kill.
PIECE = 10_000
RESTATED_TOGETHER = 200
log = structlog.get_logger(__name__)


def nothing(stage: str) -> None:
    """What is called between the pieces of a close when nobody wants to look on."""


def close_day(on: date, *, between: Callable[[str], None] = nothing) -> CloseRun:
    """Close a business date and every one missed since the last that was closed; the same again changes nothing.

    `between` is called with the name of each stage just before it begins. Raises DayNotOver for a day to come.
    """
    if on > clock.today():
        raise DayNotOver(day=on.isoformat(), field="business_date")
    for day in _missed(on):
        _close(day, between)
    run = CloseRun.objects.get(business_date=on)
    between("follow")
    follow_close()
    return run


def _missed(on: date) -> list[date]:
    """The days up to `on` that are not closed since the newest that is, `on` itself always among them."""
    before = CloseRun.objects.filter(business_date__lt=on, state=CloseState.DONE).order_by("-business_date").first()
    first = before.business_date + timedelta(days=1) if before else on
    return [first + timedelta(days=n) for n in range((on - first).days + 1)]


def _close(day: date, between: Callable[[str], None]) -> None:
    CloseRun.objects.bulk_create(
        [CloseRun(business_date=day, started_at=clock.now())], ignore_conflicts=True
    )  # two that begin together make one row
    between("begin")
    while _next_piece(day):
        between("piece")
    while restate_some():
        between("restate")
    between("end")
    _end(day)


def lock_run(day: date) -> CloseRun:
    """The run's row, locked: one piece at a time."""
    return CloseRun.objects.select_for_update().get(business_date=day)


@transaction.atomic
def _next_piece(day: date) -> bool:
    """Write the positions of the next loans; False when there are none left."""
    run = lock_run(day)
    if run.state == CloseState.DONE:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(id) FROM (SELECT id FROM loans_loan WHERE id > %s ORDER BY id LIMIT %s) AS piece",
            [run.after_id, PIECE],
        )
        upto = cursor.fetchone()[0]
    if upto is None:
        return False
    run.loans += write_positions(day, run.after_id, upto)
    run.after_id = upto
    run.save(update_fields=["loans", "after_id"])
    return True


@transaction.atomic
def restate_some() -> int:
    """Count closed days again for loans of which something was entered later; returns for how many loans.

    A loan that somebody is entering something on is left for the next time.
    """
    loans = list(
        Loan.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(restate_from__isnull=False)
        .order_by("pk")[:RESTATED_TOGETHER]
    )
    if not loans:
        return 0
    first = min(one.restate_from for one in loans if one.restate_from is not None)
    days = list(CloseRun.objects.filter(business_date__gte=first).order_by("business_date"))
    for run in days:
        ids = [one.pk for one in loans if one.restate_from is not None and one.restate_from <= run.business_date]
        # a piece of the run still to come writes its loans itself
        ids = [pk for pk in ids if run.state == CloseState.DONE or pk <= run.after_id]
        Position.objects.filter(business_date=run.business_date, loan_id__in=ids).delete()
        _write_again(ids, run.business_date)
        spread(run.business_date)
        if run.state == CloseState.DONE:
            _keep_totals(run)
    Loan.objects.filter(pk__in=[one.pk for one in loans]).update(restate_from=None)
    return len(loans)


def _write_again(ids: list[int], day: date) -> None:
    standing = list(Loan.objects.filter(closable(day), pk__in=ids).order_by("pk").values_list("pk", flat=True))
    Position.objects.bulk_create(by_replay(standing, day))


@transaction.atomic
def _end(day: date) -> None:
    """Whoever came in meanwhile gets a position too; then classes spread over borrowers, and the run is done."""
    run = lock_run(day)
    if run.state == CloseState.DONE:
        return
    with connection.cursor() as cursor:
        # no statistics know the day yet: the planner would take it for empty and compare every row with every other
        cursor.execute("ANALYZE loans_position (business_date)")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [ENTERING])
        cursor.execute(
            "SELECT l.id FROM loans_loan l WHERE l.started_on <= %s AND (l.closed_on IS NULL OR l.closed_on > %s)"
            " AND NOT EXISTS (SELECT 1 FROM loans_position p WHERE p.loan_id = l.id AND p.business_date = %s)",
            [day, day, day],
        )
        missing = [pk for (pk,) in cursor.fetchall()]
    Position.objects.bulk_create(by_replay(missing, day))
    spread(day)
    raise_alarms(day)
    run.state, run.finished_at = CloseState.DONE, clock.now()
    _keep_totals(run)


TOTALS = """
SELECT l.currency, count(*), sum(p.balance + p.principal_due), sum(p.interest_due), sum(p.penalty_due), sum(p.accrued),
       sum(p.provision), sum(p.shortfall), count(*) FILTER (WHERE p.shortfall > 0),
       coalesce(sum(p.balance + p.principal_due) FILTER (WHERE p.dpd > 30), 0),
       coalesce(sum(p.balance + p.principal_due) FILTER (WHERE p.dpd > 90), 0),
       coalesce(sum(p.balance + p.principal_due) FILTER (WHERE p.category >= 3), 0)
FROM loans_position p JOIN loans_loan l ON l.id = p.loan_id WHERE p.business_date = %s GROUP BY l.currency ORDER BY 1
"""
NAMES = (
    "loans", "principal", "interest_due", "penalty_due", "accrued", "provision", "shortfall", "short", "par30", "par90",
    "non_performing",
)  # fmt: skip


def _keep_totals(run: CloseRun) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, [run.business_date])
        found = {row[0]: dict(zip(NAMES, map(int, row[1:]), strict=True)) for row in cursor.fetchall()}
    run.totals, run.loans = found, sum(one["loans"] for one in found.values())
    run.counted += 1
    run.save(update_fields=["totals", "loans", "counted", "state", "finished_at"])


#: Loans that fell overdue on the day and of which nothing is known since, locked but for those that are being changed.
FALLEN = """
SELECT l.id, p.dpd FROM loans_loan l JOIN loans_position p ON p.loan_id = l.id AND p.business_date = %(day)s
WHERE l.state = 'active' AND p.dpd > 0 AND l.replayed_on <= %(day)s
ORDER BY l.id FOR NO KEY UPDATE OF l SKIP LOCKED
"""
#: All others that are not where their position puts them: overdue, caught up, or ended by what was paid ahead.
MOVED = """
SELECT l.id FROM loans_loan l JOIN loans_position p ON p.loan_id = l.id AND p.business_date = %(day)s
WHERE l.state = 'active' AND p.dpd > 0 OR l.state IN ('overdue', 'accelerated', 'default') AND p.dpd = 0
      AND p.principal_due = 0
   OR l.state = ANY(%(live)s)
      AND p.balance + p.principal_due + p.interest_due + p.penalty_due + p.cost_due + p.accrued = 0
ORDER BY l.id
"""


def follow_close() -> None:
    """What the newest closed day means: loans fall overdue, catch up or end; shortfalls open, change or are cured.

    What is plain in a few statements over the book, the rest each by itself; again changes nothing.
    """
    run = CloseRun.objects.filter(state=CloseState.DONE).order_by("-business_date").first()
    if run is None:
        return
    fall_overdue(run.business_date)
    with connection.cursor() as cursor:
        cursor.execute(MOVED, {"day": run.business_date, "live": sorted(LIVE)})
        moved = [pk for (pk,) in cursor.fetchall()]
    for pk in moved:
        with locked(Loan, pk) as loan:
            if loan.state in LIVE:
                follow_standing(loan, run.business_date)
    follow_shortfalls(run.business_date)


@transaction.atomic
def fall_overdue(day: date) -> None:
    """Loans whose position of a day is past due, and that heard of nothing since, fall overdue together."""
    with connection.cursor() as cursor:
        cursor.execute(FALLEN, {"day": day})
        days: dict[int, int] = dict(cursor.fetchall())
    loans = Loan.objects.filter(pk__among=list(days)).defer("terms").order_by("pk")
    walk_many(LOAN_GRAPH, [Step(one, "fall_overdue", {"days": days[one.pk]}) for one in loans])
