"""Shares always sum to the whole, whatever the rates, sums and currencies; interest is what the formula says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core.money import Money
from marketplace.payments.interest import late_interest
from marketplace.payments.splits import WHOLE_CURRENCIES, Term, split, unit_of

CURRENCIES = ["CNY", "USD", "JPY", "KRW"]
percents = st.decimals(min_value=0, max_value=100, places=4)


def price_in(currency: str, units: int) -> Money:
    return Money(unit_of(currency) * units, currency)


@settings(max_examples=3000, deadline=None)
@given(
    currency=st.sampled_from(CURRENCIES),
    units=st.integers(min_value=0, max_value=10**13),
    rates=st.lists(percents, max_size=8),
    inner=st.lists(st.decimals(min_value=0, max_value=10, places=3), max_size=4),
    fixed=st.lists(st.integers(min_value=0, max_value=10**12), max_size=3),
)
def test_shares_sum_to_the_price_in_whole_units(currency, units, rates, inner, fixed):
    price = price_in(currency, units)
    terms = [Term(f"fixed{n}", n, fixed=price_in(currency, one), caps=True) for n, one in enumerate(fixed)]
    terms += [Term(f"share{n}", n, percent=rate) for n, rate in enumerate(rates)]
    terms += [Term(f"inner{n}", n, percent=rate, of="seller") for n, rate in enumerate(inner)]
    try:
        shares = split(price, terms, rest=("seller", 99))
    except ValueError:
        claimed = sum((one.fixed.amount for one in terms if one.fixed), Decimal(0))
        assert claimed + price.amount * sum(rates, Decimal(0)) / 100 > price.amount
        return
    unit = unit_of(currency)
    assert sum((one.money.amount for one in shares), Decimal(0)) == price.amount
    assert all(one.money.amount > 0 and one.money.amount % unit == 0 for one in shares)


@settings(max_examples=1000, deadline=None)
@given(
    currency=st.sampled_from(CURRENCIES),
    units=st.integers(min_value=0, max_value=10**12),
    rates=st.lists(st.decimals(min_value=0, max_value=20, places=4), min_size=1, max_size=5),
)
def test_nobody_is_a_unit_or_more_away_from_their_exact_share(currency, units, rates):
    price = price_in(currency, units)
    shares = {
        one.purpose: one.money.amount
        for one in split(price, [Term(f"s{n}", n, percent=rate) for n, rate in enumerate(rates)], rest=("rest", 0))
    }
    for n, rate in enumerate(rates):
        assert abs(shares.get(f"s{n}", Decimal(0)) - price.amount * rate / 100) < unit_of(currency)


def test_a_sale_of_a_pledged_patent_pays_everybody_to_the_cent():
    shares = split(
        Money(Decimal("1000000.01"), "CNY"),
        [
            Term("pledge_payoff", 3, fixed=Money(Decimal("333333.33"), "CNY"), caps=True),
            Term("commission", 4, percent=Decimal("3.5")),
            Term("platform_fee", None, percent=Decimal("1")),
            Term("tax", None, percent=Decimal("0.05")),
            Term("inventor", 5, percent=Decimal("30"), of="price"),
        ],
        rest=("price", 1),
    )
    told = {one.purpose: one.money.amount for one in shares}
    assert told == {
        "pledge_payoff": Decimal("333333.33"),
        "commission": Decimal("35000.00"),
        "platform_fee": Decimal("10000.00"),
        "tax": Decimal("500.00"),
        "inventor": Decimal("186350.00"),
        "price": Decimal("434816.68"),
    }
    assert sum(told.values()) == Decimal("1000000.01")


def test_what_a_pledgee_is_owed_beyond_the_price_is_capped_or_refused():
    price = Money(Decimal("100.00"), "CNY")
    owed = Money(Decimal("120.00"), "CNY")
    shares = split(price, [Term("payoff", 1, fixed=owed, caps=True)], rest=("seller", 2))
    assert [(one.purpose, one.money.amount) for one in shares] == [("payoff", Decimal("100.00"))]
    with pytest.raises(ValueError):
        split(price, [Term("payoff", 1, fixed=owed)], rest=("seller", 2))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Term("x", 1),
        lambda: Term("x", 1, percent=Decimal("100.01")),
        lambda: Term("x", 1, percent=Decimal("-1")),
        lambda: Term("x", 1, percent=Decimal("1.0000001")),
        lambda: Term("x", 1, fixed=Money(Decimal("-1"), "CNY")),
        lambda: split(Money(Decimal("0.50"), "JPY"), [], rest=("seller", 1)),
        lambda: split(Money(Decimal("-1"), "CNY"), [], rest=("seller", 1)),
        lambda: split(Money(Decimal("1"), "CNY"), [Term("x", 1, fixed=Money(Decimal("1"), "USD"))], rest=("seller", 1)),
        lambda: split(Money(Decimal("1"), "CNY"), [Term("x", 1, percent=Decimal(1), of="nobody")], rest=("seller", 1)),
    ],
)
def test_terms_that_mean_nothing_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_a_float_is_no_percentage():
    with pytest.raises(TypeError):
        Term("x", 1, percent=1.5)  # type: ignore[arg-type]


def test_whole_currencies_have_no_smaller_unit():
    assert {unit_of(one) for one in WHOLE_CURRENCIES} == {Decimal(1)}
    shares = split(Money(Decimal(100), "JPY"), [Term("a", 1, percent=Decimal("33.3333"))], rest=("b", 2))
    assert [one.money.amount for one in shares] == [Decimal(33), Decimal(67)]


def test_late_interest_counts_days_by_a_year_of_365():
    principal = Money(Decimal("100000.00"), "CNY")
    due = date(2026, 1, 1)
    owed = late_interest(principal, rate_pct=Decimal("3.65"), due_on=due, paid_on=due + timedelta(days=10))
    assert owed == Money(Decimal("100.00"), "CNY")
    assert not late_interest(principal, rate_pct=Decimal("3.65"), due_on=due, paid_on=due)
