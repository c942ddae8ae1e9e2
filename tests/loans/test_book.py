"""Whole books, calculators and the cost of a loan agree with the full entry and with Decimal."""

import random
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loans.schedule.amortise import Manner, Method, amortise
from loans.schedule.amounts import level_amounts, monthly_rate
from loans.schedule.book import Book, rates_of_book, schedule_book
from loans.schedule.conventions import DayCount, Rounding
from loans.schedule.cost import effective_annual_rate, flows_of
from loans.schedule.entry import plan_of
from loans.schedule.rates import RowRates
from loans.schedule.terms import read_terms

COUNTED = [one for one in DayCount if one is not DayCount.NONE]
LOANS, ROWS = 60, 24


def monthly(chance, loans, rows):
    """Due dates of loans that start on any day up to the 28th."""
    starts = np.array(
        [date(2020 + chance.randrange(6), chance.randrange(1, 13), 1) for _ in range(loans)], "datetime64[M]"
    )
    day = np.array([chance.randrange(28) for _ in range(loans)])
    return np.array([(starts + k).astype("datetime64[D]") + day for k in range(rows + 1)])


def decimal_rows(method, principal, rates, instalment):
    """The obvious loop: Decimal, one loan, one row after another."""
    with localcontext() as context:
        context.prec = 50
        owed, rows, level = Decimal(principal), [], Decimal(instalment)
        if method is Method.EQUAL_INSTALMENT:
            weight, growth = Decimal(0), Decimal(1)
            for rate in rates:
                weight, growth = weight * (1 + rate) + 1, growth * (1 + rate)
            level = (owed * growth / weight).quantize(Decimal(1), ROUND_HALF_UP)
        if method is Method.EQUAL_PRINCIPAL:
            level = (owed / len(rates)).quantize(Decimal(1), ROUND_HALF_UP)
        for at, rate in enumerate(rates):
            interest = (owed * rate).quantize(Decimal("1e-25")).quantize(Decimal(1), ROUND_HALF_UP)
            if at == len(rates) - 1:
                paid = owed
            elif method is Method.INTEREST_ONLY_BULLET:
                paid = Decimal(0)
            else:
                paid = min(owed, level if method is Method.EQUAL_PRINCIPAL else level - interest)
            owed -= paid
            rows.append((int(paid), int(interest), int(owed)))
        return rows


@pytest.mark.parametrize("day_count", COUNTED)
@pytest.mark.parametrize("method", [one for one in Method if one is not Method.SINGLE_PAYMENT])
def test_a_book_is_bit_equal_to_decimal_half_up(method, day_count):
    chance = random.Random(f"{method}{day_count}")
    for largest in (10**7, 10**12):  # pledge loans, and sums whose products leave the machine's words
        principal = np.array([chance.randrange(5_000, largest) for _ in range(LOANS)])
        pct = [Decimal(chance.randrange(0, 24_000)) / 1000 for _ in range(LOANS)]
        days = monthly(chance, LOANS, ROWS)
        over, under = rates_of_book(day_count, pct, days[:-1], days[1:], 1)
        counts = np.array([chance.randrange(1, ROWS + 1) for _ in range(LOANS)])
        over[np.arange(ROWS)[:, None] >= counts] = 0
        instalment = principal // 3 + 1
        done = schedule_book(method, Book(principal, over, under, counts, instalment))
        for at in range(LOANS):
            rates = [Decimal(int(one)) / int(under[at]) for one in over[: counts[at], at]]
            expected = decimal_rows(method, int(principal[at]), rates, int(instalment[at]))
            seen = np.stack([done.principal[:, at], done.interest[:, at], done.balance[:, at]], axis=1).tolist()
            assert [tuple(row) for row in seen[: counts[at]]] == expected
            assert not np.any(seen[counts[at] :])


@pytest.mark.parametrize("day_count", COUNTED)
def test_the_rates_of_a_book_are_those_of_the_entry(day_count):
    chance = random.Random(day_count)
    days = monthly(chance, 40, 12)
    pct = [Decimal(chance.randrange(0, 2400)) / 100 for _ in range(40)]
    over, under = rates_of_book(day_count, pct, days[:-1], days[1:], 1)
    for method in (Method.EQUAL_INSTALMENT, Method.SINGLE_PAYMENT):
        for at in range(0, 40, 5):
            start = str(days[0, at])
            rate = {"period_rate_pct" if day_count is DayCount.PER_PERIOD else "annual_rate_pct": str(pct[at])}
            terms = read_terms(
                {"method": method, "day_count": day_count},
                {"principal": "98765.43", "start": start, "count": 12, **rate},
            )
            plan = plan_of(terms)
            numerators = over[:, at : at + 1]
            if method is Method.SINGLE_PAYMENT:
                numerators = numerators.sum(axis=0, keepdims=True)
            counts = np.array([len(numerators)])
            done = schedule_book(method, Book(np.array([9876543]), numerators, under[at : at + 1], counts))
            assert done.interest[:, 0].tolist() == [row[1] for row in plan.rows]
            assert done.balance[:, 0].tolist() == [row[2] for row in plan.rows]


def test_an_instalment_on_the_half_cent_is_decided_exactly():
    # 3 cents over 2 rows without interest: 1.5, a tie the estimate alone could not be trusted with
    done = schedule_book(
        Method.EQUAL_INSTALMENT, Book(np.array([3, 5]), np.zeros((2, 2), np.int64), np.array([1, 1]), np.array([2, 2]))
    )
    assert done.principal.T.tolist() == [[2, 1], [3, 2]]


def test_a_book_refuses_a_fixed_instalment_below_the_interest():
    book = Book(np.array([100_000]), np.full((3, 1), 1), np.array([100]), np.array([3]), np.array([999]))
    with pytest.raises(ValueError, match="below"):
        schedule_book(Method.FIXED_INSTALMENT, book)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 10**12), st.integers(0, 3600), st.integers(1, 120))
def test_the_calculator_gives_the_rows_of_the_engine(principal, hundredths, rows):
    rate = monthly_rate(Decimal(hundredths) / 100)
    manner = Manner(Method.EQUAL_INSTALMENT, 1, Rounding.HALF_UP, Rounding.HALF_UP)
    engine = amortise(manner, RowRates([rate[0]] * rows, rate[1], {0: principal}))
    assert [(paid, interest, owed) for interest, paid, owed in level_amounts(principal, rate, rows)] == engine


def plan(**changes):
    given = {"principal": "100000", "annual_rate_pct": "12", "start": "2026-01-01", "count": 12, **changes}
    return plan_of(read_terms({"method": "EQUAL_INSTALMENT", "day_count": "30E/360"}, given))


def test_the_effective_rate_balances_the_flows():
    flows = flows_of(plan())
    rate = effective_annual_rate(flows)
    assert Decimal("12.6") < rate < Decimal("12.8")  # (1.01)^12 − 1 = 12.68 %
    start = min(day for day, _ in flows)
    left = sum(amount / (1 + float(rate) / 100) ** ((day - start).days / 365) for day, amount in flows)
    assert abs(left) < 10_000_000 * 1e-6


def test_a_year_with_one_payment_has_its_own_rate():
    flows = [(date(2026, 1, 1), 1_000_000), (date(2027, 1, 1), -1_050_000)]
    assert effective_annual_rate(flows) == Decimal("5.0000")


def test_fees_make_a_loan_dearer_and_a_free_loan_costs_nothing():
    free = effective_annual_rate(flows_of(plan(annual_rate_pct="0")))
    plain = effective_annual_rate(flows_of(plan()))
    with_fee = effective_annual_rate(flows_of(plan(), [(date(2026, 1, 1), 100_000)]))
    assert free == 0 < plain < with_fee
    assert effective_annual_rate([]) is None
    assert effective_annual_rate([(date(2026, 1, 1), 100), (date(2027, 1, 1), -50)]) is None
