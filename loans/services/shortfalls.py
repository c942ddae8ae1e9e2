"""A loan owed above its maintenance line: found, told, covered, or the loan called in. Amounts are the position's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from listings.rights.ruling import enforces
from loans.closing import by_replay
from loans.graphs.loan import LOAN_GRAPH
from loans.graphs.shortfall import SHORTFALL_GRAPH
from loans.models import Loan, Position, Shortfall
from loans.services.standing import call_whole
from loans.states.servicing import CALLED, LIVE, LoanState
from marketplace.core import clock
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked, locked_all
from marketplace.core.walking import Step, begin_many, walk_many

#: Loans of which more cover may still be asked; of one that was called in the whole is due anyway.
OPENING = LIVE - CALLED
#: Shortfalls that the day does not find as they are kept: (loan, shortfall or none, its cents, what the day misses).
#: What was looked at on a later day is not put back by an earlier one that is closed again.
CHANGED = """
SELECT p.loan_id, s.id, s.cents, p.shortfall FROM loans_position p
LEFT JOIN loans_shortfall s ON s.loan_id = p.loan_id AND s.state IN ('open', 'notified', 'overdue')
WHERE p.business_date = %(day)s AND (p.shortfall > 0 OR s.id IS NOT NULL) AND s.cents IS DISTINCT FROM p.shortfall
    AND NOT EXISTS (SELECT 1 FROM loans_shortfall o WHERE o.loan_id = p.loan_id AND o.as_of > %(day)s)
    AND (s.id IS NOT NULL OR EXISTS (SELECT 1 FROM loans_loan l WHERE l.id = p.loan_id AND l.state = ANY(%(opening)s)))
UNION ALL
SELECT s.loan_id, s.id, s.cents, 0 FROM loans_shortfall s
WHERE s.state IN ('open', 'notified', 'overdue') AND s.cents > 0 AND s.as_of <= %(day)s
    AND NOT EXISTS (SELECT 1 FROM loans_position p WHERE p.loan_id = s.loan_id AND p.business_date = %(day)s)
"""
#: The loans that change and that nobody is entering something on, locked in the one order of locks.
FREE = "SELECT id FROM loans_loan WHERE id = ANY(%(loans)s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
MOVED = """
UPDATE loans_shortfall s SET cents = v.cents, largest = greatest(s.largest, v.cents), as_of = %(day)s
FROM unnest(%(ids)s::bigint[], %(cents)s::bigint[]) AS v(id, cents) WHERE s.id = v.id
"""
#: Where a loan is short for several reasons, what covered it is the gravest change since it was found.
CURED_BY = """
SELECT s.id, CASE WHEN EXISTS (SELECT 1 FROM loans_security c WHERE c.loan_id = s.loan_id AND c.added_on >= s.found_on)
                  THEN 'top_up'
             WHEN EXISTS (SELECT 1 FROM loans_payment p WHERE p.loan_id = s.loan_id AND p.value_date >= s.found_on
                          AND p.reverses_id IS NULL) THEN 'repayment' ELSE 'revaluation' END
FROM loans_shortfall s WHERE s.id = ANY(%s)
"""


def follow_shortfalls(day: date) -> int:
    """Open, change and cure shortfalls by the positions of a closed day; returns how many loans were touched.

    All loans that are free at once, in a few statements; those that somebody is entering something on are waited for
    one by one. Again, it finds nothing to do.
    """
    touched = _follow_free(day)
    for loan_id in sorted(row[0] for row in _changed(day)):
        with locked(Loan, loan_id) as loan:
            position = Position.objects.filter(loan_id=loan_id, business_date=day).first()
            settle_shortfall(loan, position, day)
        touched += 1
    return touched


def _changed(day: date) -> list[tuple[int, int | None, int | None, int]]:
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"day": day, "opening": sorted(OPENING)})
        rows: list[tuple[int, int | None, int | None, int]] = cursor.fetchall()
    return rows


@enforces("PLG-VALUE-DROP")
@transaction.atomic
def _follow_free(day: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(FREE, {"loans": [row[0] for row in _changed(day)]})
        free = {pk for (pk,) in cursor.fetchall()}
        rows = sorted(row for row in _changed(day) if row[0] in free)  # read again under the locks
        kept = [(pk, missing) for _, pk, _, missing in rows if pk is not None]
        cursor.execute(MOVED, {"day": day, "ids": [pk for pk, _ in kept], "cents": [missing for _, missing in kept]})
    begin_many(
        SHORTFALL_GRAPH,
        [
            (Shortfall(loan_id=loan, found_on=day, as_of=day, cents=missing, largest=missing), _opened(loan, missing))
            for loan, pk, _, missing in rows
            if pk is None
        ],
    )
    _cure([pk for pk, missing in kept if not missing], day)
    return len(rows)


def _cure(ids: list[int], day: date) -> None:
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(CURED_BY, [ids])
        how: dict[int, str] = dict(cursor.fetchall())
    steps = []
    for one in Shortfall.objects.filter(pk__among=ids):
        one.cured_on, one.cured_how = day, how[one.pk]
        steps.append(Step(one, "cure", _cured(one)))
    walk_many(SHORTFALL_GRAPH, steps, also=("cured_on", "cured_how"))


def _opened(loan_id: int, missing: int) -> dict[str, Any]:
    return {"loan": loan_id, "cents": missing}


def _cured(live: Shortfall) -> dict[str, Any]:
    return {"loan": live.loan_id, "how": live.cured_how}


def look_again(loan: Loan) -> Position | None:
    """Recompute a locked loan as of today and let its shortfall follow; what a top-up or repayment does at once."""
    position = next(iter(by_replay([loan.pk], clock.today())), None) if loan.state in LIVE else None
    settle_shortfall(loan, position, clock.today())
    return position


@enforces("PLG-VALUE-DROP")
def settle_shortfall(loan: Loan, position: Position | None, day: date) -> Shortfall | None:
    """The live shortfall of a locked loan takes the position's amount, opens with it or is cured by it."""
    missing = position.shortfall if position is not None else 0
    live = Shortfall.objects.live().filter(loan=loan).first()
    if live is None:
        if not missing or loan.state not in OPENING:
            return None
        live = Shortfall(loan=loan, found_on=day, as_of=day, cents=missing, largest=missing)
        begin(SHORTFALL_GRAPH, live, by=SYSTEM, data=_opened(loan.pk, missing))
        return live
    live.cents, live.largest, live.as_of = missing, max(live.largest, missing), max(day, live.as_of)
    live.save(update_fields=["cents", "largest", "as_of"])
    if not missing:
        _cure([live.pk], day)
        live.refresh_from_db()
    return live


@enforces("PLG-VALUE-DROP")
def notify(*, shortfall_id: int, by: Actor) -> Shortfall:
    """The bank asks for more cover within the days the terms give. Raises NotPermitted, IllegalTransition, NotFound."""
    with _its_loan(shortfall_id) as (_, shortfall):
        shortfall.cure_by = clock.today() + timedelta(days=shortfall.loan.frozen.cure_days)
        walk(
            SHORTFALL_GRAPH,
            shortfall,
            "notify",
            by=by,
            also=("cure_by",),
            data={"loan": shortfall.loan_id, "cents": shortfall.cents, "cure_by": shortfall.cure_by},
        )
    return shortfall


def accelerate(*, shortfall_id: int, reason: str, by: Actor) -> Shortfall:
    """The bank calls the loan in for cover that did not come. Raises NotPermitted, IllegalTransition, ReasonMissing."""
    with _its_loan(shortfall_id) as (loan, shortfall):
        data = {"loan": loan.pk, "cents": shortfall.cents}
        walk(SHORTFALL_GRAPH, shortfall, "accelerate", by=by, reason=reason, data=data)
        if loan.state in (LoanState.ACTIVE, LoanState.OVERDUE):
            walk(LOAN_GRAPH, loan, "accelerate", by=by, reason=reason)
            call_whole(loan, on=clock.today(), by=by, reason=reason)
    return shortfall


@contextmanager
def _its_loan(shortfall_id: int) -> Iterator[tuple[Loan, Shortfall]]:
    """The loan and its shortfall, locked in one order: whatever moves a shortfall holds its loan. Raises NotFound."""
    loan_id = Shortfall.objects.filter(pk=shortfall_id).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise NotFound()
    with locked_all([(Loan, loan_id), (Shortfall, shortfall_id)]) as (loan, shortfall):
        assert isinstance(loan, Loan) and isinstance(shortfall, Shortfall)
        yield loan, shortfall
