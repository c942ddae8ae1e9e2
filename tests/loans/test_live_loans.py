"""Money on a live loan: received, taken back, charged, paid early, agreed anew; shortfalls, alarms, disposal."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum

from listings.assets.models import Asset
from listings.rights.services import pledges
from listings.rights.states import EntryKind
from loans import alarms
from loans.live.reactions import watch
from loans.models import Alarm, Allocation, Disposal, Loan, LossShare, Payment, Position, Security, Shortfall
from loans.services import collecting, day_end, disposing, opening, repaying, shortfalls, watching
from loans.services.standing import position_of
from loans.servicing_refusals import (
    AlarmHandled,
    CureStillRuns,
    GradeNotWorse,
    LoanEnded,
    NoticeTooShort,
    NotSecuring,
    ReferenceUsed,
    ReleaseBreaksLine,
    ReversedAlready,
    RouteNeedsListing,
    SecuresAnother,
    StillOwed,
    TermPastRight,
    ValueDateWrong,
)
from loans.states.servicing import LoanState, Route, ShortfallState
from loans.waterfall import Bearer
from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import IllegalTransition, NotPermitted
from marketplace.core.lifecycle import walk
from marketplace.core.models import Event
from marketplace.core.relay import subscribers
from tests import cast
from tests.loans.lent import START, a_bare_right, a_cover, a_loan, at_noon
from tests.rights.makers import entered, pledged

pytestmark = pytest.mark.django_db

DUE = date(2026, 2, 15)


def pay(loan: Loan, amount: str, on: date, reference: str = "r1", **given: object) -> Payment:
    by = given.pop("by", None) or cast.lena().actor
    return repaying.receive(
        loan_id=loan.pk,
        reference=reference,
        value_date=on,
        amount=Decimal(amount),
        by=by,
        **given,  # type: ignore[arg-type]
    )


def relayed() -> None:
    """What the relay brings, and brings again."""
    me = next(one for one in subscribers() if one.handle is watch)
    for _ in range(2):
        watch([event for event in Event.objects.order_by("pk") if me.wants(event)])


def fresh(loan: Loan) -> Loan:
    return Loan.objects.get(pk=loan.pk)


@pytest.fixture(autouse=True)
def in_march():
    with clock.at(at_noon(date(2026, 3, 20))):
        yield


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_payment_meets_what_is_due_and_the_same_twice_is_one() -> None:
    loan = a_loan(method="INTEREST_ONLY_BULLET")
    row = loan.rows_to_come.order_by("n")[0]
    first = pay(loan, f"{row.interest / 100:.2f}", DUE)
    assert pay(loan, f"{row.interest / 100:.2f}", DUE) == first
    assert Payment.objects.count() == 1
    assert list(Allocation.objects.values_list("n", "part", "cents")) == [(1, "interest", row.interest)]
    with pytest.raises(ReferenceUsed):
        pay(loan, "1.00", DUE)
    with pytest.raises(ValueDateWrong):
        pay(loan, "1.00", clock.today() + timedelta(days=1), "ahead")
    with pytest.raises(ValueDateWrong):
        pay(loan, "1.00", START - timedelta(days=1), "before")
    for stranger in (cast.ines().actor, cast.bo().actor):
        with pytest.raises(NotPermitted):
            pay(loan, "1.00", DUE, "theirs", by=stranger)


def test_payments_are_append_only_and_a_reversal_undoes_them() -> None:
    loan = a_loan()
    before = position_of(fresh(loan), clock.today())
    paid = pay(loan, "50000.00", DUE)
    with pytest.raises(DatabaseError, match=r"append_only|Cannot"), transaction.atomic():
        Payment.objects.filter(pk=paid.pk).update(cents=1)
    opposite = repaying.reverse(payment_id=paid.pk, value_date=clock.today(), reason="bounced", by=cast.lena().actor)
    assert opposite.cents == -paid.cents
    assert position_of(fresh(loan), clock.today()) == before
    assert not Allocation.objects.exists()
    for gone in (paid, opposite):
        with pytest.raises(ReversedAlready):
            repaying.reverse(payment_id=gone.pk, value_date=clock.today(), reason="again", by=cast.lena().actor)


def test_order_of_entry_changes_nothing() -> None:
    first, second = a_loan(), a_loan(borrower=cast.bo())
    told = [(f"{1000 + 700 * n}.00", START + timedelta(days=9 * n), f"r{n}") for n in range(6)]
    for amount, on, reference in told:
        pay(first, amount, on, f"a-{reference}")
    random.Random(1).shuffle(told)
    for amount, on, reference in told:
        pay(second, amount, on, f"b-{reference}")
    one, other = (position_of(fresh(loan), clock.today()) for loan in (first, second))
    assert (one.balance, one.due, one.credit, one.accrued) == (other.balance, other.due, other.credit, other.accrued)


@pytest.mark.rule("LN-PREPAY")
@pytest.mark.parametrize("how", ["shorter", "smaller"])
def test_an_early_repayment_does_what_was_shown_before(how: str) -> None:
    loan = a_loan(months=24)
    on = date(2026, 3, 1)
    shown = {one.how.value: one for one in repaying.shown_both_ways(fresh(loan), on, Decimal("400000.00"))}
    assert shown["shorter"].rows < shown["smaller"].rows
    assert shown["shorter"].interest_saved > shown["smaller"].interest_saved > 0
    pay(loan, "400000.00", on, early=how)
    rows = list(loan.rows_to_come.order_by("n"))
    assert rows[-1].payable_on == shown[how].last_due
    assert [one.reason for one in loan.schedules.order_by("version")][:2] == ["opening", "early"]


def test_the_payoff_of_the_day_ends_the_debt_and_the_loan() -> None:
    loan = a_loan(early_fee_pct=Decimal("1"))
    quote = repaying.quoted(fresh(loan), clock.today())
    assert quote.fee > 0
    with pytest.raises(StillOwed):
        walk_settle(loan)
    pay(loan, f"{quote.total / 100:.2f}", clock.today(), early="shorter")
    done = fresh(loan)
    assert (done.state, done.closed_on) == (LoanState.SETTLED, clock.today())
    with pytest.raises(LoanEnded):
        pay(loan, "1.00", clock.today(), "more")
    repaying.reverse(payment_id=loan.payments.get().pk, value_date=clock.today(), reason="cheque", by=cast.lena().actor)
    assert fresh(loan).state == LoanState.OVERDUE


def walk_settle(loan: Loan) -> None:
    from loans.graphs.loan import LOAN_GRAPH

    with transaction.atomic():
        walk(LOAN_GRAPH, fresh(loan), "settle", by=cast.lena().actor)


def test_a_cost_is_met_before_all_else() -> None:
    loan = a_loan(method="INTEREST_ONLY_BULLET")
    repaying.charge(
        loan_id=loan.pk, kind="annuity", value_date=DUE, amount=Decimal("900.00"), reference="fee", by=cast.lena().actor
    )
    pay(loan, "1000.00", DUE)
    assert list(Allocation.objects.values_list("part", "cents")) == [("cost", 90_000), ("interest", 10_000)]


@pytest.mark.rule("LN-EXTEND", "LN-RESTR-WATCH", "PLG-REFUSE-06")
def test_a_loan_agreed_anew_is_observed_and_ends_before_its_rights() -> None:
    loan = a_loan(months=6)
    on = clock.today()
    with pytest.raises(TermPastRight):
        repaying.restructure(
            loan_id=loan.pk, effective_from=on, changes={"maturity": date(2041, 1, 15)}, by=cast.lena().actor
        )
    made = repaying.restructure(
        loan_id=loan.pk, effective_from=on, changes={"maturity": date(2027, 7, 15)}, by=cast.lena().actor
    )
    after = fresh(loan)
    assert (after.matures_on, after.restructured_on) == (date(2027, 7, 15), on)
    assert sum(Decimal(row["principal"]) for row in made.rows) == loan.principal
    day_end.close_day(on)
    assert Position.objects.get(loan=loan).floor >= 2
    assert loan.rows_to_come.aggregate(all=Sum("principal"))["all"] == 100_000_000


def test_money_paid_on_the_market_is_entered_and_goes_on_to_the_bank() -> None:
    from tests.payments.makers import sandbox_pays

    ines, lena = cast.ines(), cast.lena()
    loan = a_loan(borrower=ines, bank=lena)
    obligation = collecting.ask_to_pay(loan_id=loan.pk, amount=Decimal("90000.00"), by=ines.actor)
    with pytest.raises(NotPermitted):
        collecting.ask_to_pay(loan_id=loan.pk, amount=Decimal("1.00"), by=cast.bo().actor)
    sandbox_pays(obligation)
    relayed()
    paid = loan.payments.get()
    assert (paid.cents, paid.reference, paid.source) == (9_000_000, obligation.reference, "market")
    from marketplace.payments.models import Payout

    payout = Payout.objects.get(subject_kind="loans.loan", subject_id=loan.pk)
    assert (payout.payee_id, payout.amount) == (lena.organisation.pk, Decimal("90000.00"))
    relayed()
    assert loan.payments.count() == 1


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_right_secures_one_live_loan_and_outlives_the_debt() -> None:
    right = a_bare_right()
    a_loan(covers=[a_cover(right)])
    with pytest.raises(SecuresAnother):
        a_loan(covers=[a_cover(right)])
    with pytest.raises(TermPastRight):
        a_loan(covers=[a_cover(a_bare_right(expires_on=date(2027, 1, 10)))])
    with pytest.raises(NotPermitted):
        opening.take_over_loan(lending=lending_of(cast.bo()), by=cast.ines().actor)


def lending_of(borrower: cast.Part) -> opening.Lending:
    from tests.loans.lent import terms

    return opening.Lending(
        borrower_id=borrower.organisation.pk,
        bank_id=cast.lena().organisation.pk,
        terms=terms(),
        principal=Decimal("1000.00"),
        months=3,
        paid_on=START,
        reference="x",
        covers=[],
        bank_reference="other",
    )


# ── shortfalls ───────────────────────────────────────────────────────────────────────────────────────────────────────
def a_short_loan(**given: object) -> Loan:
    loan = a_loan("3000000.00", covers=[a_cover(value="2000000.00")], method="SINGLE_PAYMENT", **given)  # type: ignore[arg-type]
    day_end.close_day(clock.today())
    return loan


@pytest.mark.rule("PLG-VALUE-DROP")
def test_a_shortfall_is_cured_by_repayment() -> None:
    loan, lena = a_short_loan(), cast.lena().actor
    found = Shortfall.objects.get(loan=loan)
    assert found.cents == Position.objects.get(loan=loan).shortfall > 0
    shortfalls.notify(shortfall_id=found.pk, by=lena)
    pay(loan, f"{found.cents / 100 + 50000:.2f}", clock.today(), early="shorter")
    with clock.at(at_noon(date(2026, 3, 21))):
        day_end.close_day(date(2026, 3, 21))
    found.refresh_from_db()
    assert (found.state, found.cents, found.cured_how) == (ShortfallState.CURED, 0, "repayment")


@pytest.mark.rule("PLG-VALUE-DROP")
def test_a_shortfall_is_cured_by_revaluation_and_by_another_right() -> None:
    lena = cast.lena()
    loan, other = a_short_loan(), a_short_loan(borrower=cast.bo())
    watching.revalue(
        security_id=loan.securities.get().pk,
        report_number="R-2026-1",
        value=Decimal("20000000.00"),
        base_date=clock.today(),
        valid_until=clock.today() + timedelta(days=364),
        by=lena.actor,
    )
    assert Shortfall.objects.get(loan=loan).cured_how == "revaluation"
    more = a_bare_right(cast.bo())
    with pytest.raises(NotSecuring):
        watching.top_up(loan_id=other.pk, more=a_cover(more, value="20000000.00"), by=lena.actor)
    pledged(more, lena)
    watching.top_up(loan_id=other.pk, more=a_cover(more, value="20000000.00"), by=lena.actor)
    assert Shortfall.objects.get(loan=other).cured_how == "top_up"
    with pytest.raises(ReleaseBreaksLine):
        watching.let_go(security_id=other.securities.get(asset=more).pk, by=lena.actor)
    watching.let_go(security_id=other.securities.exclude(asset=more).get().pk, by=lena.actor)


def test_a_shortfall_not_cured_in_time_calls_the_loan_in() -> None:
    loan, lena = a_short_loan(cure_days=5), cast.lena().actor
    found = Shortfall.objects.get(loan=loan)
    shortfalls.notify(shortfall_id=found.pk, by=lena)
    with pytest.raises(IllegalTransition):
        shortfalls.accelerate(shortfall_id=found.pk, reason="too soon", by=lena)
    from marketplace.core import timers

    with clock.at(at_noon(date(2026, 3, 26))):
        timers.run_due()
        found.refresh_from_db()
        assert found.state == ShortfallState.OVERDUE
        shortfalls.accelerate(shortfall_id=found.pk, reason="no cover came", by=lena)
    assert fresh(loan).state == LoanState.ACCELERATED


# ── watch ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.rule("PLG-NOTIFY")
def test_a_lapsed_right_alarms_and_counts_nothing_the_same_day() -> None:
    right = a_bare_right()
    loan = a_loan(covers=[a_cover(right)])
    Asset.objects.filter(pk=right.pk).update(status="lapsed", status_on=clock.today())
    for _ in range(2):
        watching.status_changed(asset_id=right.pk, event_id=77)
    assert Alarm.objects.filter(loan=loan).values_list("kind", flat=True).get() == "lapsed"
    assert Shortfall.objects.get(loan=loan).cents > 100_000_000 * 9 // 10
    Asset.objects.filter(pk=right.pk).update(status="in_force")
    watching.status_changed(asset_id=right.pk, event_id=78)
    assert loan.securities.get().impaired_on is None
    assert Shortfall.objects.get(loan=loan).state == ShortfallState.CURED


def test_what_the_register_writes_about_a_right_is_noticed_once() -> None:
    right = a_bare_right(cast.ines())
    loan = a_loan(covers=[a_cover(right)])
    suit = entered(right, EntryKind.OWNERSHIP_SUIT)
    entered(right, EntryKind.INVALIDATION)
    relayed()
    watching.entry_recorded(entry_id=suit.pk)
    assert sorted(loan.alarms_raised.values_list("kind", flat=True)) == ["invalidation", "suit"]
    assert loan.securities.get().impairment == "disputed"
    alarm = loan.alarms_raised.get(kind="suit")
    with pytest.raises(NotPermitted):
        watching.handle(alarm_id=alarm.pk, action="seen", by=cast.bo().actor)
    watching.handle(alarm_id=alarm.pk, action="Counsel asked; more cover asked for.", by=cast.lena().actor)
    with pytest.raises(AlarmHandled):
        watching.handle(alarm_id=alarm.pk, action="again", by=cast.lena().actor)


def test_annuities_are_announced_before_and_in_each_month_of_grace() -> None:
    a_loan(covers=[a_cover(a_bare_right(filed_on=date(2020, 5, 6)))])
    told = []
    for n in range(330):
        day = date(2026, 1, 20) + timedelta(days=n)
        with clock.at(at_noon(day)):
            if watching.watch_annuities(day):
                told.append(day)
            assert watching.watch_annuities(day) == 0
    assert Alarm.objects.filter(kind="annuity_due").count() == 3
    assert Alarm.objects.filter(kind="annuity_grace", severity=3).count() >= 1


def test_a_manual_grade_only_worsens() -> None:
    loan, lena = a_loan(), cast.lena().actor
    with pytest.raises(GradeNotWorse):
        watching.grade(loan_id=loan.pk, category=1, reason="all is well", by=lena)
    watching.grade(loan_id=loan.pk, category=4, reason="the plant stands still", by=lena)
    day_end.close_day(clock.today())
    found = Position.objects.get(loan=loan)
    assert (found.category, found.alarms & alarms.Bit.NON_PERFORMING) == (4, alarms.Bit.NON_PERFORMING)


# ── default and disposal ─────────────────────────────────────────────────────────────────────────────────────────────
def in_default(**given: object) -> tuple[Loan, Disposal]:
    loan, lena = a_loan(months=3, **given), cast.lena().actor  # type: ignore[arg-type]
    with clock.at(at_noon(date(2026, 5, 1))):
        day_end.close_day(date(2026, 5, 1))
        with pytest.raises(NoticeTooShort):
            disposing.give_notice(loan_id=loan.pk, ground="unpaid", cure_by=date(2026, 5, 5), by=lena)
        disposal = disposing.give_notice(loan_id=loan.pk, ground="unpaid", cure_by=date(2026, 5, 20), by=lena)
        with pytest.raises(CureStillRuns):
            disposing.choose_route(disposal_id=disposal.pk, route=Route.AGREED, by=lena)
    return loan, disposal


@pytest.mark.rule("PLG-NO-FORFEIT", "PLG-REALISE", "PLG-SURPLUS")
def test_a_sale_pays_the_bank_first_and_leaves_the_surplus_to_the_pledgor() -> None:
    loan, disposal = in_default()
    lena = cast.lena().actor
    with clock.at(at_noon(date(2026, 6, 1))):
        disposing.choose_route(disposal_id=disposal.pk, route=Route.AGREED, by=lena)
        disposing.offer(disposal_id=disposal.pk, by=lena)
        disposing.sold(
            disposal_id=disposal.pk,
            proceeds=Decimal("1500000.00"),
            costs=Decimal("50000.00"),
            sold_on=clock.today(),
            by=lena,
        )
        done = disposing.distribute(disposal_id=disposal.pk, by=lena)
    assert done.flow.lost_principal == 0
    assert sum(one.paid for one in done.flow.steps) == 150_000_000
    assert done.flow.surplus == 150_000_000 - 5_000_000 - loan.payments.get().cents
    assert fresh(loan).state == LoanState.SETTLED


@pytest.mark.rule("PLG-SURPLUS", "ENF-ORDER")
def test_a_loss_is_borne_by_pools_and_bank_and_recoveries_go_back() -> None:
    loan, disposal = in_default()
    lena = cast.lena().actor
    with clock.at(at_noon(date(2026, 6, 1))):
        disposing.choose_route(disposal_id=disposal.pk, route=Route.AUCTION, by=lena)
        disposing.offer(disposal_id=disposal.pk, by=lena)
        disposing.sold(disposal_id=disposal.pk, proceeds=Decimal("500000.00"), sold_on=clock.today(), by=lena)
        pools = (Bearer("province", Decimal(40), 100_000_000), Bearer("city", Decimal(20), 100_000_000))
        done = disposing.distribute(disposal_id=disposal.pk, bearers=pools, by=lena)
        lost = done.flow.lost_principal
        assert done.borne == {"province": lost * 40 // 100, "city": lost * 20 // 100, "bank": LossShare.objects.get(
            loan=loan, bearer="bank").cents}  # fmt: skip
        assert position_of(fresh(loan), clock.today()).principal == lost
        row = disposing.recover(
            loan_id=loan.pk, reference="later", received_on=clock.today(), amount=Decimal("1000.00"), by=lena
        )
        assert row.shares == {"bank": 40_000, "city": 20_000, "province": 40_000}
        with pytest.raises(NotPermitted):
            disposing.write_off(loan_id=loan.pk, reason="gone", by=cast.bo().actor)
        disposing.write_off(loan_id=loan.pk, reason="nothing is left", by=lena)
    assert fresh(loan).state == LoanState.WRITTEN_OFF


def test_paying_everything_within_the_cure_ends_the_notice() -> None:
    loan, disposal = in_default()
    with clock.at(at_noon(date(2026, 5, 10))):
        owed = repaying.quoted(fresh(loan), clock.today())
        pay(loan, f"{owed.total / 100:.2f}", clock.today(), early="shorter")
        relayed()
    disposal.refresh_from_db()
    assert disposal.state == "cured"


@pytest.mark.rule("ENF-START-PRICE", "ENF-RESALE")
def test_a_sale_on_the_market_has_a_falling_reserve_and_a_listing_with_consent_built_in() -> None:
    ladder = disposing.default_ladder(100_000_000, date(2026, 6, 1))
    assert [one["cents"] for one in ladder] == [70_000_000, 56_000_000, 44_800_000]
    assert disposing.reserve_on(ladder, date(2026, 7, 2)) == 56_000_000
    assert disposing.reserve_on(ladder, date(2026, 5, 1)) is None
    right = a_bare_right(cast.ines())
    loan, disposal = in_default(covers=[a_cover(right)])
    lena = cast.lena().actor
    with clock.at(at_noon(date(2026, 6, 1))):
        for wrong in ([], ladder[::-1]):
            with pytest.raises(RouteNeedsListing):
                disposing.choose_route(disposal_id=disposal.pk, route=Route.MARKET, ladder=wrong, by=lena)
        disposing.choose_route(disposal_id=disposal.pk, route=Route.MARKET, ladder=ladder, by=lena)
        offered = disposing.offer(disposal_id=disposal.pk, by=lena)
    from listings.catalogue.models import Listing

    listing = Listing.objects.get(number=offered.listing_number)
    assert (listing.mode, listing.organisation_id) == ("disposal", loan.bank_id)
    assert fresh(loan).state == LoanState.DISPOSAL
    with clock.at(at_noon(date(2026, 6, 2))):
        disposing.give_up(disposal_id=disposal.pk, reason="the debtor found a buyer", by=lena)
    assert fresh(loan).state == LoanState.DEFAULT


def test_releasing_the_pledge_in_the_register_lets_the_right_go() -> None:
    ines, lena = cast.ines(), cast.lena()
    right = a_bare_right(ines)
    entry = pledged(right, lena)
    loan = a_loan(covers=[a_cover(right, entry_id=entry.pk)])
    pledges.release_pledge(entry_id=entry.pk, by=lena.actor, on=clock.today())
    relayed()
    assert Security.objects.get(loan=loan).released_on is not None
    assert SYSTEM.is_system
