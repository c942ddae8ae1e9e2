"""The close of a day in statements against the replay, loan by loan; restated, in any order, cut off and doubled."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from loans.alarms import Bit
from loans.closing import COLUMNS, by_replay, write_positions
from loans.models import Alarm, CloseRun, GradingRule, Loan, ManualGrade, Position, Shortfall
from loans.services import day_end, repaying
from loans.servicing_refusals import DayNotOver
from loans.states.servicing import ChargeKind, LoanState
from marketplace.core import clock
from tests import cast
from tests.loans import lent
from tests.loans.lent import START, a_bare_right, a_cover, a_loan, at_noon

pytestmark = pytest.mark.django_db

LATE = date(2027, 6, 30)
METHODS = ("EQUAL_INSTALMENT", "EQUAL_PRINCIPAL", "INTEREST_ONLY_BULLET", "SINGLE_PAYMENT")
DAY_COUNTS = ("30E/360", "30U/360", "ACT/360", "ACT/365", "ACT/ACT-ISDA", "rate/12 per month")
FIGURES = [name.strip().strip('"') for name in COLUMNS.split(",")]


def rows(day: date) -> list[tuple[object, ...]]:
    return list(Position.objects.filter(business_date=day).order_by("loan_id").values_list(*FIGURES))


def as_row(one: Position) -> tuple[object, ...]:
    return tuple(getattr(one, name) for name in FIGURES)


def some_loans(dice: random.Random, many: int) -> list[Loan]:
    """Loans of every method and day count, with payments on time, late, in part, early, reversed, and costs."""
    loans = []
    for n in range(many):
        months = dice.choice((3, 6, 12, 18))
        values = [dice.choice((None, "0.00", "3000000.00", f"{dice.randrange(10**5, 10**9)}.37")) for _ in range(2)]
        covers = [a_cover(value=one, valid_until=dice.choice((START + timedelta(days=90), LATE))) for one in values]
        loan = a_loan(
            f"{dice.randrange(10_000, 30_000_000)}.{dice.randrange(100):02d}",
            months,
            covers=covers,
            paid_on=START + timedelta(days=dice.randrange(20)),
            method=METHODS[n % 4],
            day_count=DAY_COUNTS[n % 6],
            annual_rate_pct=Decimal(dice.choice(("0", "3.45", "4.3525", "6"))),
            penalty_grace_days=dice.choice((0, 3)),
            penalty_on_interest=dice.random() < 0.5,
            shift=dice.choice(("none", "following")),
            broken_period=dice.choice(("DAY_COUNT", "DAY_COUNT", "MONTH_FRACTION")),
        )
        for at in range(dice.randrange(6)):
            day = START + timedelta(days=20 + dice.randrange(330))
            amount = Decimal(dice.randrange(100, int(loan.principal) * 20)) / 100
            loan.refresh_from_db()
            if loan.state not in (LoanState.ACTIVE, LoanState.OVERDUE):
                break
            paid = repaying.receive(
                loan_id=loan.pk,
                reference=f"p{n}-{at}",
                value_date=day,
                amount=amount,
                early=dice.choice(("", "", "shorter", "smaller")),
                by=cast_lena,
            )
            if dice.random() < 0.2:
                repaying.reverse(payment_id=paid.pk, value_date=day + timedelta(days=3), reason="bounced", by=cast_lena)
        if dice.random() < 0.3 and Loan.objects.get(pk=loan.pk).closed_on is None:
            repaying.charge(
                loan_id=loan.pk,
                kind=ChargeKind.ANNUITY,
                value_date=START + timedelta(days=100),
                amount=Decimal("1200.00"),
                reference="annuity",
                by=cast_lena,
            )
        loans.append(loan)
    return loans


@pytest.fixture(autouse=True)
def late():
    global cast_lena
    cast_lena = cast.lena().actor
    with clock.at(at_noon(LATE)):
        yield


def test_statements_and_replay_say_the_same() -> None:
    some_loans(random.Random(7), 48)
    plain = Loan.objects.filter(is_plain=True, credit=0).count()
    assert 15 < plain < 48, "both ways are taken"
    for day in (START, date(2026, 2, 15), date(2026, 5, 31), date(2026, 12, 1), date(2027, 1, 17), LATE):
        ids = list(
            Loan.objects.filter(started_on__lte=day)
            .exclude(closed_on__lte=day)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        assert write_positions(day, 0, 10**12) == len(ids)
        assert rows(day) == [as_row(one) for one in by_replay(ids, day)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM loans_position WHERE dpd > 90")
        assert cursor.fetchone()[0] > 5


def test_days_closed_in_any_order_and_again_are_the_same() -> None:
    some_loans(random.Random(3), 6)
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(4)]
    for day in days:
        day_end.close_day(day)
    forwards = [rows(day) for day in days]
    Position.objects.all().delete()
    CloseRun.objects.all().delete()
    for day in reversed(days):
        day_end.close_day(day)
    assert [rows(day) for day in days] == forwards
    day_end.close_day(days[-1])
    assert [rows(day) for day in days] == forwards


def test_missed_days_are_caught_up() -> None:
    a_loan()
    day_end.close_day(date(2026, 3, 1))
    day_end.close_day(date(2026, 3, 5))
    assert CloseRun.objects.filter(state="done").count() == 5
    assert Position.objects.count() == 5
    with pytest.raises(DayNotOver):
        day_end.close_day(LATE + timedelta(days=1))


def test_a_payment_entered_late_restates_the_days_closed_since() -> None:
    loan = a_loan(method="INTEREST_ONLY_BULLET")
    for n in range(3):
        day_end.close_day(date(2026, 2, 16) + timedelta(days=n))
    assert [one.dpd for one in Position.objects.order_by("business_date")] == [1, 2, 3]
    loan.refresh_from_db()
    assert loan.state == LoanState.OVERDUE
    due = Position.objects.order_by("business_date").first()
    assert due is not None
    repaying.receive(
        loan_id=loan.pk,
        reference="late-entry",
        value_date=date(2026, 2, 15),
        amount=Decimal(due.interest_due) / 100,
        by=cast_lena,
    )
    loan.refresh_from_db()
    assert loan.restate_from == date(2026, 2, 15)
    with clock.at(at_noon(date(2026, 2, 19))):
        day_end.close_day(date(2026, 2, 19))
    assert [one.dpd for one in Position.objects.order_by("business_date")] == [0, 0, 0, 0]
    fresh = CloseRun.objects.get(business_date=date(2026, 2, 17))
    assert fresh.totals["CNY"]["interest_due"] == 0


def test_a_loan_taken_over_later_gets_its_closed_days() -> None:
    a_loan()
    day_end.close_day(date(2026, 3, 1))
    late = a_loan()
    day_end.close_day(date(2026, 3, 2))
    assert Position.objects.filter(loan=late).count() == 2


@pytest.mark.rule("LN-CLS-1", "LN-CLS-90", "LN-CLS-270", "LN-CLS-360", "LN-PROV", "LN-RESTR-WATCH")
def test_classes_follow_days_past_due_and_never_better() -> None:
    loan = a_loan(months=3)
    first_due = date(2026, 2, 15)
    for days, category, pct in ((0, 1, 1), (1, 2, 2), (90, 2, 2), (91, 3, 25), (271, 4, 50), (361, 5, 100)):
        day = first_due + timedelta(days=days)
        write_positions(day, 0, 10**12)
        found = Position.objects.get(business_date=day)
        assert (found.dpd, found.category) == (days, category)
        assert found.provision == found.principal * pct // 100
    ManualGrade.objects.create(
        loan=loan, category=4, from_on=date(2026, 1, 20), reason="revenue gone", given_at=clock.now()
    )
    write_positions(date(2026, 1, 25), 0, 10**12)
    worse = Position.objects.get(business_date=date(2026, 1, 25))
    assert (worse.floor, worse.manual, worse.category) == (1, 4, 4)
    GradingRule.objects.create(
        bank=loan.bank,
        from_on=date(2026, 1, 1),
        thresholds=[1, 31, 61, 91],
        provisions_bp=[150, 300, 3000, 6000, 10_000],
        entered_at=clock.now(),
    )
    write_positions(first_due + timedelta(days=40), 0, 10**12)
    strict = Position.objects.get(business_date=first_due + timedelta(days=40))
    assert (strict.floor, strict.category) == (3, 4)
    assert strict.provision == strict.principal * 60 // 100


@pytest.mark.rule("LN-CLS-10")
def test_one_bad_loan_of_a_tenth_makes_all_of_a_borrower_bad() -> None:
    bank, borrower = cast.lena(), cast.ines()
    bad = a_loan("200000.00", months=3, bank=bank, borrower=borrower)
    good = a_loan("800000.00", months=18, method="SINGLE_PAYMENT", bank=bank, borrower=borrower)
    other = a_loan("800000.00", months=18, method="SINGLE_PAYMENT", bank=bank, borrower=cast.bo())
    day = date(2026, 5, 20)
    day_end.close_day(day)
    classes = dict(Position.objects.filter(business_date=day).values_list("loan_id", "category"))
    assert classes == {bad.pk: 3, good.pk: 3, other.pk: 1}
    spread = Position.objects.get(loan=good, business_date=day)
    assert (spread.floor, spread.provision) == (1, spread.principal * 25 // 100)
    assert spread.alarms & Bit.NON_PERFORMING


@pytest.mark.rule("PLG-VALUE-DROP", "LN-LTV")
@pytest.mark.parametrize(
    ("given", "alarm"),
    [
        ({"value": None}, Bit.UNAPPRAISED),
        ({"value": "0.00"}, Bit.WORTHLESS),
        ({"valid_until": START + timedelta(days=10)}, Bit.STALE),
    ],
)
def test_a_right_that_counts_nothing_says_so_and_the_loan_is_short(given: dict[str, object], alarm: Bit) -> None:
    loan = a_loan(covers=[a_cover(**given)])  # type: ignore[arg-type]
    day = date(2026, 2, 10)
    day_end.close_day(day)
    found = Position.objects.get(loan=loan, business_date=day)
    assert (found.value, found.line, found.shortfall) == (0, 0, found.exposed)
    assert found.alarms == alarm | Bit.SHORTFALL
    kinds = set(Alarm.objects.filter(loan=loan).values_list("kind", flat=True))
    assert kinds == {str(alarm.name).lower(), "shortfall"}
    assert Shortfall.objects.get(loan=loan).cents == found.shortfall
    day_end.close_day(day + timedelta(days=1))
    assert Alarm.objects.filter(loan=loan).count() == 2, "said once, not every day"


def test_a_lapsed_right_counts_nothing() -> None:
    right = a_bare_right()
    loan = a_loan(covers=[a_cover(right), a_cover()])
    loan.securities.filter(asset=right).update(impaired_on=date(2026, 2, 5), impairment="lapsed")
    for day, worth in ((date(2026, 2, 4), 2), (date(2026, 2, 5), 1)):
        day_end.close_day(day)
        found = Position.objects.get(business_date=day)
        assert found.line == worth * (1_000_000_000 * 171 // 172) * 4000 // 10_000
    assert Alarm.objects.get(kind="lapsed").security == loan.securities.get(asset=right)


def test_the_lines_decline_with_the_months_and_a_fresh_loan_is_not_short() -> None:
    loan = a_loan("3000000.00", covers=[a_cover()])
    write_positions(START, 0, 10**12)
    first = Position.objects.get(loan=loan)
    assert (first.value, first.limit, first.line, first.shortfall) == (10**9, 300_000_000, 400_000_000, 0)


def test_shortfall_never_falls_with_the_value_and_order_of_rights_plays_no_part() -> None:
    dice, last = random.Random(5), None
    for value in sorted(dice.sample(range(10**9), 12), reverse=True):
        loan = a_loan("3000000.00", covers=[a_cover(value=f"{value // 100}.00"), a_cover(value="1000.00")])
        other = a_loan("3000000.00", covers=[a_cover(value="1000.00"), a_cover(value=f"{value // 100}.00")])
        write_positions(date(2026, 2, 1), loan.pk - 1, other.pk)
        found, turned = Position.objects.filter(loan__in=[loan, other])
        assert found.shortfall == turned.shortfall
        assert last is None or found.shortfall >= last
        last = found.shortfall


class Killed(BaseException):
    """As if the process had ended: nothing catches it."""


def test_a_close_cut_off_anywhere_and_run_again_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    some_loans(random.Random(11), 9)
    monkeypatch.setattr(day_end, "PIECE", 2)
    days = [date(2026, 3, 1), date(2026, 3, 2)]
    for day in days:
        day_end.close_day(day)
    whole = [rows(day) for day in days]
    stages: list[str] = []
    Position.objects.all().delete()
    CloseRun.objects.all().delete()
    for day in days:
        day_end.close_day(day, between=stages.append)
    assert len(stages) > 12
    for cut in range(len(stages)):
        Position.objects.all().delete()
        CloseRun.objects.all().delete()
        left = iter(range(cut + 1))

        def fall(stage: str, left: object = left) -> None:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise Killed

        for day in days:
            try:
                day_end.close_day(day, between=fall)
            except Killed:
                break
        for day in days:
            day_end.close_day(day)
        assert [rows(day) for day in days] == whole, f"cut at {cut}: {stages[cut]}"


def test_pages_read_what_the_replay_says() -> None:
    loan = a_loan()
    assert loan.contract.input["principal"] == "1000000.00"
    assert [one.reason for one in loan.schedules.all()] == ["opening"]
    assert loan.rows_to_come.count() == 12
    assert lent.terms().contract(Decimal("5.00"), START, 3).early_fee_pct == 0
