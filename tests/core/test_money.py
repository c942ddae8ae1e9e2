from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.money import Money, to_cents

amounts = st.decimals(min_value="-99999999999", max_value="99999999999", places=2, allow_nan=False)
weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any)


@given(amounts, weights)
def test_parts_of_a_split_sum_to_the_whole_and_stay_within_a_cent_of_fair(amount, weights):
    whole = Money(amount, "CNY")
    parts = whole.split(weights)
    assert sum((part.amount for part in parts), Decimal(0)) == amount
    for part, weight in zip(parts, weights, strict=True):
        fair = abs(amount) * weight / sum(weights)
        assert abs(abs(part.amount) - fair) < Decimal("0.01")


@given(amounts, weights)
def test_a_weight_of_zero_gets_nothing(amount, weights):
    parts = Money(amount, "CNY").split([*weights, 0])
    assert parts[-1].amount == 0


def test_left_over_cents_go_to_the_largest_remainders_then_to_the_earlier_part():
    assert [part.amount for part in Money(Decimal("1.00"), "CNY").split([1, 1, 1])] == [
        Decimal("0.34"),
        Decimal("0.33"),
        Decimal("0.33"),
    ]
    assert [part.amount for part in Money(Decimal("0.05"), "CNY").split([1, 8, 1])] == [
        Decimal("0.01"),
        Decimal("0.04"),
        Decimal("0.00"),
    ]


@pytest.mark.parametrize("bad", [1.5, 1, "1.00", True])
def test_money_is_decimal_only(bad):
    with pytest.raises(TypeError):
        Money(bad, "CNY")


@pytest.mark.parametrize("bad", [Decimal("0.001"), Decimal("NaN"), Decimal("Infinity"), Decimal("1e17")])
def test_what_is_no_amount_is_refused(bad):
    with pytest.raises(ValueError):
        Money(bad, "CNY")


@pytest.mark.parametrize("code", ["cny", "CN", "YUAN", "", "C1Y"])
def test_a_currency_is_three_capitals(code):
    with pytest.raises(ValueError):
        Money(Decimal(1), code)


def test_currencies_do_not_mix():
    with pytest.raises(ValueError):
        Money(Decimal(1), "CNY") + Money(Decimal(1), "USD")


def test_rounding_is_half_up_and_by_exact_factors_only():
    assert to_cents(Decimal("0.125")) == Decimal("0.13")
    assert Money(Decimal("0.25"), "CNY").times(Decimal("0.5")).amount == Decimal("0.13")
    with pytest.raises(TypeError):
        Money(Decimal(1), "CNY").times(0.5)
