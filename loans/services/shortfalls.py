"""A loan owed above its maintenance line: found, told, covered, or the loan called in. Amounts are the position's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.db import connection

from listings.rights.ruling import enforces
from loans.closing import by_replay
from loans.graphs.loan import LOAN_GRAPH
from loans.graphs.shortfall import SHORTFALL_GRAPH
from loans.models import Loan, Position, Shortfall
from loans.states.servicing import LIVE, LoanState
from marketplace.core import clock
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked, locked_all

#: What covered a shortfall, in the order they are looked for.
TOP_UP, REPAYMENT, REVALUATION = "top_up", "repayment", "revaluation"

CHANGED = """
SELECT p.loan_id FROM loans_position p
LEFT JOIN loans_shortfall s ON s.loan_id = p.loan_id AND s.state IN ('open', 'notified', 'overdue')
WHERE p.business_date = %(day)s AND (p.shortfall > 0 AND s.id IS NULL OR s.id IS NOT NULL AND s.cents <> p.shortfall)
UNION
SELECT s.loan_id FROM loans_shortfall s WHERE s.state IN ('open', 'notified', 'overdue') AND s.cents > 0
    AND NOT EXISTS (SELECT 1 FROM loans_position p WHERE p.loan_id = s.loan_id AND p.business_date = %(day)s)
ORDER BY 1
"""


def follow_shortfalls(day: date) -> int:
    """Open, change and cure shortfalls by the positions of a closed day; returns how many loans were touched."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"day": day})
        touched = [pk for (pk,) in cursor.fetchall()]
    for pk in touched:
        with locked(Loan, pk) as loan:
            position = Position.objects.filter(loan_id=pk, business_date=day).first()
            settle_shortfall(loan, position, day)
    return len(touched)


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
        if not missing or loan.state not in LIVE:
            return None
        live = Shortfall(loan=loan, found_on=day, cents=missing, largest=missing)
        begin(SHORTFALL_GRAPH, live, by=SYSTEM, data={"loan": loan.pk, "cents": missing})
        return live
    if live.cents != missing:
        live.cents, live.largest = missing, max(live.largest, missing)
        live.save(update_fields=["cents", "largest"])
    if not missing:
        live.cured_on, live.cured_how = day, _cured_by(live)
        data = {"loan": loan.pk, "how": live.cured_how}
        walk(SHORTFALL_GRAPH, live, "cure", by=SYSTEM, also=("cured_on", "cured_how"), data=data)
    return live


def _cured_by(live: Shortfall) -> str:
    """The gravest change since it was found: another right, a payment, or else a newer value."""
    if live.loan.securities.filter(added_on__gte=live.found_on).exists():
        return TOP_UP
    if live.loan.payments.filter(value_date__gte=live.found_on, reverses__isnull=True).exists():
        return REPAYMENT
    return REVALUATION


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
