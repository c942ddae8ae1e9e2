"""What is owed on a day: replayed payments, reversals, penalties, early repayment, restructuring."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loans.servicing.contract import Contract, Order, Part, Penalty
from loans.servicing.early import both_ways, payoff
from loans.servicing.happenings import Cost, Early, Payment, Restructuring, Reversal
from loans.servicing.replay import early_fee, replayed

START = date(2026, 1, 15)
LEVEL = Contract(
    {"day_count": "ACT/360", "method": "EQUAL_INSTALMENT"},
    {"principal": "120000.00", "annual_rate_pct": "6", "start": "2026-01-15", "count": 12, "frequency": "MONTH"},
    Penalty(Decimal(9), 360, grace_days=3),
)
METHODS = ("EQUAL_INSTALMENT", "EQUAL_PRINCIPAL", "INTEREST_ONLY_BULLET", "SINGLE_PAYMENT")


def by(method, **changes):
    return replace(LEVEL, convention={**LEVEL.convention, "method": method}, **changes)


def rows_of(contract):
    plan = replayed(contract, [], START).course.plan
    return [(period.paid_on, row[0] + row[1]) for period, row in zip(plan.periods, plan.rows, strict=True)]


def figures(position):
    """Everything of a position but where its cents came from."""
    return (
        position.balance, position.principal_due, position.interest_due, position.penalty_due, position.cost_due,
        position.accrued, position.credit, position.days_past_due, position.next_due, list(position.course.plan.rows),
    )  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_who_pays_each_row_on_its_day_owes_nothing_at_the_end(method):
    contract = by(method)
    paid = [Payment(f"P{n}", day, total) for n, (day, total) in enumerate(rows_of(contract))]
    for one in paid:
        position = replayed(contract, paid, one.value_date)
        assert position.due == 0 and position.days_past_due == 0
    end = replayed(contract, paid, date(2027, 6, 1))
    assert (end.principal, end.due, end.credit, end.next_due) == (0, 0, 0, None)
    assert sum(one.cents for one in end.allocations if one.part is Part.PRINCIPAL) == 12_000_000


def test_a_late_row_bears_penalty_from_its_due_date_once_the_grace_has_passed():
    due, total = rows_of(LEVEL)[0]
    within = replayed(LEVEL, [], due + timedelta(3))
    assert (within.penalty_due, within.days_past_due) == (0, 3)
    after = replayed(LEVEL, [], due + timedelta(4))
    assert after.penalty_due == round(after.principal_due * 9 * 4 / 36000)
    assert after.interest_due + after.principal_due == total
    paid = replayed(LEVEL, [Payment("P", due + timedelta(3), total)], due + timedelta(30))
    assert paid.penalty_due == 0


def test_penalty_on_interest_only_where_it_was_agreed():
    compound = replace(LEVEL, penalty=replace(LEVEL.penalty, on_interest=True))
    day = rows_of(LEVEL)[0][0] + timedelta(20)
    plain, more = replayed(LEVEL, [], day), replayed(compound, [], day)
    assert more.penalty_due == round((plain.principal_due + plain.interest_due) * 9 * 20 / 36000) > plain.penalty_due


def test_a_payment_meets_the_oldest_row_first_and_penalty_before_interest_before_principal():
    second = rows_of(LEVEL)[1][0]
    position = replayed(LEVEL, [Payment("P", second + timedelta(10), 1_500_000)], second + timedelta(10))
    assert [(one.n, one.part) for one in position.allocations] == [
        (1, Part.PENALTY), (1, Part.INTEREST), (1, Part.PRINCIPAL), (2, Part.PENALTY), (2, Part.INTEREST),
        (2, Part.PRINCIPAL),
    ]  # fmt: skip


def test_a_non_performing_loan_is_met_by_its_own_order():
    day = rows_of(LEVEL)[0][0] + timedelta(95)
    position = replayed(LEVEL, [Cost("C", day, 5_000), Payment("P", day, 2_000_000)], day)
    parts = [one.part for one in position.allocations]
    assert parts[0] is Part.COST and set(parts[1:]) == {Part.PRINCIPAL}
    performing = replace(LEVEL, non_performing_days=1000)
    assert Part.INTEREST in [one.part for one in replayed(performing, [Payment("P", day, 2_000_000)], day).allocations]


def test_an_order_names_each_part_once():
    with pytest.raises(ValueError, match="once"):
        Order((Part.COST, Part.COST, Part.INTEREST, Part.PRINCIPAL))


def test_a_payment_entered_late_stands_where_its_value_date_puts_it():
    due, total = rows_of(LEVEL)[0]
    late, backdated = Payment("B", due + timedelta(40), total), Payment("A", due, total)
    day = due + timedelta(60)
    assert replayed(LEVEL, [late], day).penalty_due > 0
    with_it = replayed(LEVEL, [late, backdated], day)
    assert figures(with_it) == figures(replayed(LEVEL, [backdated, late], day))
    assert {one.part for one in with_it.allocations if one.reference == "A"} == {Part.INTEREST, Part.PRINCIPAL}


def test_a_reversed_payment_leaves_nothing_behind():
    due, total = rows_of(LEVEL)[0]
    day = due + timedelta(50)
    bounced = [Payment("P", due, total), Reversal("R", "P", due + timedelta(5))]
    assert figures(replayed(LEVEL, bounced, day)) == figures(replayed(LEVEL, [], day))
    with pytest.raises(ValueError, match="no payment"):
        replayed(LEVEL, [Reversal("R", "X", due)], day)
    with pytest.raises(ValueError, match="twice"):
        replayed(LEVEL, [*bounced, Reversal("S", "P", due)], day)


def test_the_same_reference_counts_once_and_never_for_two_things():
    due, total = rows_of(LEVEL)[0]
    one = Payment("P", due, total)
    assert replayed(LEVEL, [one, one], due).credit == 0
    with pytest.raises(ValueError, match="reference P"):
        replayed(LEVEL, [one, Payment("P", due, total + 1)], due)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fee", ["0", "1.5"])
@pytest.mark.parametrize("days", [0, 1, 20, 31, 100, 200, 400])
def test_the_payoff_quote_of_a_day_ends_the_debt_on_that_day(method, fee, days):
    contract = by(method, early_fee_pct=Decimal(fee))
    before = [Payment("A", START + timedelta(35), 500_000), Cost("C", START + timedelta(5), 12_345)]
    on = START + timedelta(days)
    quote = payoff(contract, before, on)
    after = replayed(contract, [*before, Payment("Z", on, quote.total, Early.SHORTER)], on)
    assert (after.principal, after.due, after.accrued, after.credit, after.next_due) == (0, 0, 0, 0, None)
    if quote.total > 1:
        short = replayed(contract, [*before, Payment("Z", on, quote.total - 1, Early.SHORTER)], on)
        assert short.principal + short.due + short.accrued > 0


def test_an_early_repayment_is_shown_both_ways_and_does_what_was_shown():
    on = rows_of(LEVEL)[2][0] + timedelta(10)
    paid = [Payment(f"P{n}", day, total) for n, (day, total) in enumerate(rows_of(LEVEL)[:3])]
    shorter, smaller = both_ways(LEVEL, paid, on, 4_000_000)
    level = rows_of(LEVEL)[0][1]
    assert shorter.rows < smaller.rows == 9
    assert shorter.instalment == level > smaller.instalment
    assert shorter.interest_saved > smaller.interest_saved > 0
    for outcome in (shorter, smaller):
        after = replayed(LEVEL, [*paid, Payment("E", on, 4_000_000, outcome.how)], on)
        assert list(after.course.plan.rows) == list(outcome.rest.rows)
        assert after.principal == sum(row[0] for row in outcome.rest.rows)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("how", Early)
def test_after_an_early_repayment_the_rows_left_repay_exactly_what_is_left(method, how):
    contract = by(method)
    on = START + timedelta(100)
    paid = [Payment(f"P{n}", day, total) for n, (day, total) in enumerate(rows_of(contract)) if day < on]
    early = [*paid, Payment("E", on, 3_000_000, how)]
    rest = replayed(contract, early, on)
    assert rest.principal < replayed(contract, paid, on).principal
    pays = [
        Payment(f"Q{n}", period.paid_on, row[0] + row[1])
        for n, (period, row) in enumerate(zip(rest.course.plan.periods, rest.course.plan.rows, strict=True))
    ]
    end = replayed(contract, [*early, *pays], date(2028, 1, 1))
    assert (end.principal, end.due, end.credit) == (0, 0, 0)


def test_the_fee_is_on_principal_repaid_early_and_not_on_interest():
    contract = by("EQUAL_INSTALMENT", early_fee_pct=Decimal("1"))
    on = START + timedelta(10)
    position = replayed(contract, [Payment("E", on, 1_000_000, Early.SMALLER)], on)
    met = {one.part: one.cents for one in position.allocations}
    assert sum(met.values()) + position.credit == 1_000_000
    assert met[Part.COST] == early_fee(met[Part.PRINCIPAL], contract)
    assert met[Part.INTEREST] == round(12_000_000 * 6 * 10 / 36000)


@pytest.mark.parametrize("capitalises", [False, True])
def test_a_restructuring_plans_what_is_owed_anew(capitalises):
    on = rows_of(LEVEL)[1][0] + timedelta(12)
    before = replayed(LEVEL, [], on)
    changes = {"count": 24, "annual_rate_pct": "5"}
    after = replayed(LEVEL, [Restructuring("R", on, changes, capitalises=capitalises)], on)
    interest = before.interest_due + before.accrued
    assert len(after.course.plan.rows) == 24 and after.principal_due == 0
    assert after.penalty_due == before.penalty_due
    assert after.balance == before.principal + (interest if capitalises else 0)
    assert after.interest_due == (0 if capitalises else interest)


def test_a_loan_in_tranches_owes_only_what_was_paid_out():
    contract = replace(
        LEVEL,
        input={
            "annual_rate_pct": "6", "start": "2026-01-15", "count": 12,
            "disbursements": [{"date": "2026-01-15", "amount": "60000"}, {"date": "2026-03-01", "amount": "60000"}],
        },
    )  # fmt: skip
    assert replayed(contract, [], date(2026, 1, 20)).principal == 6_000_000
    assert replayed(contract, [], date(2026, 3, 1)).principal == 12_000_000
    quote = payoff(contract, [], date(2026, 3, 5))
    assert quote.principal == 12_000_000


days = st.integers(0, 420)
payments = st.lists(
    st.tuples(days, st.integers(1, 4_000_000), st.sampled_from([None, None, None, Early.SHORTER, Early.SMALLER])),
    max_size=7,
)


@settings(max_examples=120, deadline=None)
@given(payments, st.randoms(use_true_random=False), st.sampled_from(METHODS), days)
def test_the_order_of_arrival_changes_nothing_and_no_cent_is_lost(entered, chance, method, day):
    contract = by(method, early_fee_pct=Decimal("0.5"))
    happenings = [
        Payment(f"P{n}", START + timedelta(when), cents, early) for n, (when, cents, early) in enumerate(entered)
    ]
    on = START + timedelta(day)
    position = replayed(contract, happenings, on)
    shuffled = list(happenings)
    chance.shuffle(shuffled)
    assert replayed(contract, shuffled, on) == position
    received = sum(one.cents for one in happenings if one.value_date <= on)
    assert sum(one.cents for one in position.allocations) + position.credit == received
    repaid = sum(one.cents for one in position.allocations if one.part is Part.PRINCIPAL)
    assert repaid + position.principal == 12_000_000
    assert min(position.balance, position.due, position.accrued, position.credit) >= 0


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3_000_000), st.integers(1, 3_000_000), st.integers(20, 300))
def test_two_payments_of_one_day_may_be_entered_either_way_round(one, other, day):
    on = START + timedelta(day)
    first = replayed(LEVEL, [Payment("A", on, one), Payment("B", on, other)], on + timedelta(40))
    second = replayed(LEVEL, [Payment("A", on, other), Payment("B", on, one)], on + timedelta(40))
    assert figures(first) == figures(second)
