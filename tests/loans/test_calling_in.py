"""A loan called in: all of it is due, nothing accrues, the penalty runs; and what may follow."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from loans.closing import by_replay, write_positions
from loans.models import Loan, Position, Shortfall
from loans.services import day_end, repaying, shortfalls
from loans.services.standing import call_whole, position_of
from loans.servicing.contract import Contract, Penalty
from loans.servicing.happenings import Calling, Happening, Payment, Restructuring
from loans.servicing.replay import replayed
from loans.states.servicing import LoanState, VersionReason
from marketplace.core import clock, timers
from marketplace.core.locks import locked
from tests import cast
from tests.loans.lent import a_cover, a_loan, at_noon
from tests.loans.test_closing import as_row, rows

CALLED_ON = date(2026, 3, 1)
CONTRACT = Contract(
    {"day_count": "30E/360", "method": "EQUAL_INSTALMENT"},
    {"principal": "1200000.00", "annual_rate_pct": "6", "start": "2026-01-15", "count": 12, "frequency": "MONTH"},
    penalty=Penalty(Decimal(9), grace_days=0),
)


def at(day: date, *more: Happening) -> tuple[int, int, int, int, int]:
    """(not due, principal due, interest due, penalty, accrued) at the end of a day, the loan called in on the 1st."""
    found = replayed(CONTRACT, [Calling("called", CALLED_ON), *more], day)
    return found.balance, found.principal_due, found.interest_due, found.penalty_due, found.accrued


def test_all_of_it_is_due_and_only_the_penalty_runs() -> None:
    before = replayed(CONTRACT, [], CALLED_ON)
    same_day = at(CALLED_ON)
    assert same_day == (0, before.principal, before.interest_due + before.accrued, before.penalty_due, 0)
    assert before.accrued > 0
    # 30 days at 9 % of what was overdue before and of what was called in: each row by itself, half up
    later = at(CALLED_ON + timedelta(days=30))
    first = before.principal_due
    owed = before.principal - first
    days_of_first = (CALLED_ON + timedelta(days=30) - date(2026, 2, 15)).days
    assert later[:3] == same_day[:3] and later[4] == 0
    assert later[3] == round(first * days_of_first * 9 / 36000) + round(owed * 30 * 9 / 36000)


def test_what_was_paid_ahead_meets_it_at_once_and_a_later_payment_ends_it() -> None:
    ahead = Payment("p1", date(2026, 2, 20), 20_000_000)
    found = replayed(CONTRACT, [ahead, Calling("called", CALLED_ON)], CALLED_ON)
    assert found.credit == 0 and found.balance == 0
    due = found.due
    paid = replayed(CONTRACT, [ahead, Calling("called", CALLED_ON), Payment("p2", CALLED_ON, due)], CALLED_ON)
    # within a day the payment stands before the calling, and its credit meets what is called in
    assert (paid.due, paid.principal, paid.credit) == (0, 0, 0)
    assert sum(one.cents for one in paid.allocations) == 20_000_000 + due


def test_called_in_twice_or_when_all_is_due_changes_nothing() -> None:
    late = date(2027, 2, 1)
    assert at(late, Calling("again", CALLED_ON + timedelta(days=9))) == at(late)
    over = replayed(CONTRACT, [Calling("late", date(2027, 1, 20))], late)
    assert over == replayed(CONTRACT, [], late)


def test_an_agreement_plans_what_was_called_in_anew() -> None:
    anew = Restructuring("new", date(2026, 3, 10), {"count": 6, "annual_rate_pct": "4"})
    found = replayed(CONTRACT, [Calling("called", CALLED_ON), anew], date(2026, 3, 10))
    assert (found.principal_due, found.called) == (0, None)
    assert found.balance == 120_000_000 and len(found.course.plan.rows) == 6


@pytest.mark.django_db
def test_closes_and_replay_agree_on_loans_called_in() -> None:
    with clock.at(at_noon(date(2026, 12, 1))):
        lena = cast.lena()
        for n, method in enumerate(("EQUAL_INSTALMENT", "INTEREST_ONLY_BULLET", "SINGLE_PAYMENT", "EQUAL_PRINCIPAL")):
            loan = a_loan(f"{800_000 + n}.37", method=method, day_count="ACT/360", penalty_on_interest=n % 2 == 0)
            if n == 1:
                repaying.receive(
                    loan_id=loan.pk,
                    reference="p",
                    value_date=date(2026, 5, 2),
                    amount=Decimal("9000.01"),
                    by=lena.actor,
                )
            with locked(Loan, loan.pk) as row:
                call_whole(row, on=date(2026, 6, 20), by=lena.actor, reason="no cover")
                assert call_whole(row, on=date(2026, 6, 21), by=lena.actor, reason="again").called is not None
            last = loan.schedules.order_by("-version")[0]
            assert (last.reason, len(last.rows)) == (VersionReason.CALLED, 1)
        ids = list(Loan.objects.order_by("pk").values_list("pk", flat=True))
        assert Loan.objects.filter(is_plain=True).count() == 4
        for day in (date(2026, 6, 20), date(2026, 6, 21), date(2026, 11, 30)):
            assert write_positions(day, 0, 10**12) == 4
            assert rows(day) == [as_row(one) for one in by_replay(ids, day)]
        assert set(Position.objects.values_list("balance", flat=True)) == {0}


@pytest.mark.django_db
@pytest.mark.rule("PLG-VALUE-DROP")
def test_a_shortfall_not_cured_makes_the_whole_due_and_payment_of_it_settles() -> None:
    with clock.at(at_noon(date(2026, 3, 20))):
        lena = cast.lena().actor
        loan = a_loan("3000000.00", covers=[a_cover(value="2000000.00")], method="INTEREST_ONLY_BULLET", cure_days=5)
        day_end.close_day(clock.today())
        found = Shortfall.objects.get(loan=loan)
        shortfalls.notify(shortfall_id=found.pk, by=lena)
    with clock.at(at_noon(date(2026, 3, 26))):
        timers.run_due()
        shortfalls.accelerate(shortfall_id=found.pk, reason="no cover came", by=lena)
        loan.refresh_from_db()
        stands = position_of(loan, clock.today())
        assert loan.state == LoanState.ACCELERATED
        assert (stands.balance, stands.principal_due, stands.accrued) == (0, 300_000_000, 0)
        day_end.close_day(clock.today())
        assert not Shortfall.objects.live().exists(), "of a loan called in no more cover is asked"
        quote = repaying.quoted(loan, clock.today())
        assert quote.total == stands.due and quote.fee == 0
        repaying.receive(
            loan_id=loan.pk, reference="all", value_date=clock.today(), amount=Decimal(quote.total) / 100, by=lena
        )
        loan.refresh_from_db()
        assert loan.state == LoanState.SETTLED
