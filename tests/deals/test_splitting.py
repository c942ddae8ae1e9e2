"""The legs of a price: exact for any rates, shares and currencies, in the order the law and the contract give."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listings.deals.refusals import ProceedsTooSmall
from listings.deals.splitting import Commission, Share, Terms, split
from listings.deals.states import LegPurpose
from marketplace.core.money import Money, smallest_unit

SELLER, CO_OWNER, BROKER, BANK, INVENTOR = 1, 2, 30, 4, 5


def yuan(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


def test_a_pledged_and_shared_patent_is_paid_out_four_ways():
    """4.6 million, 1,208,295.00 owed to the bank, 3 % to the broker, 1 % to the platform, owners at 70 : 30."""
    terms = Terms(
        seller_id=SELLER,
        owners=(Share(SELLER, Fraction(7, 10)), Share(CO_OWNER, Fraction(3, 10))),
        platform_fee_pct=Decimal("1.000"),
        commissions=(Commission(BROKER, Decimal("3.000")),),
        pledgee_id=BANK,
        payoff=yuan("1208295.00"),
    )
    legs = [(leg.payee_id, leg.purpose, leg.money.amount) for leg in split(yuan("4600000.00"), terms)]
    assert legs == [
        (BANK, LegPurpose.PLEDGEE, Decimal("1208295.00")),
        (SELLER, LegPurpose.SELLER, Decimal("2245393.50")),
        (CO_OWNER, LegPurpose.CO_OWNER, Decimal("962311.50")),
        (BROKER, LegPurpose.BROKER, Decimal("138000.00")),
        (None, LegPurpose.PLATFORM, Decimal("46000.00")),
    ]


def test_an_odd_cent_goes_to_the_largest_remainder_not_into_the_air():
    thirds = tuple(Share(owner, Fraction(1, 3)) for owner in (1, 2, 3))
    legs = split(yuan("100.00"), Terms(seller_id=1, owners=thirds, platform_fee_pct=Decimal(0)))
    assert [leg.money.amount for leg in legs] == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_the_inventors_share_comes_out_of_the_part_it_was_promised_in():
    owners = (Share(SELLER, Fraction(1), (INVENTOR, 6), Decimal("50.000")),)
    legs = split(yuan("1000.01"), Terms(seller_id=SELLER, owners=owners, platform_fee_pct=Decimal(0)))
    assert [(leg.payee_id, leg.money.amount) for leg in legs] == [
        (SELLER, Decimal("500.00")),
        (INVENTOR, Decimal("250.01")),
        (6, Decimal("250.00")),
    ]


def test_what_is_held_back_is_a_leg_of_its_own_for_the_same_payee():
    owners = (Share(SELLER, Fraction(1)),)
    terms = Terms(seller_id=SELLER, owners=owners, platform_fee_pct=Decimal(0), hold_back_pct=Decimal("10.000"))
    legs = split(yuan("99.99"), terms)
    assert [(leg.purpose, leg.money.amount) for leg in legs] == [
        (LegPurpose.SELLER, Decimal("89.99")),
        (LegPurpose.HOLD_BACK, Decimal("10.00")),
    ]


def test_a_price_below_what_the_pledgee_is_owed_is_refused():
    terms = Terms(
        seller_id=SELLER,
        owners=(Share(SELLER, Fraction(1)),),
        platform_fee_pct=Decimal(1),
        pledgee_id=BANK,
        payoff=yuan("990.01"),
    )
    with pytest.raises(ProceedsTooSmall):
        split(yuan("1000.00"), terms)
    exact = replace(
        terms, payoff=yuan("990.00")
    )  # eaten up to the cent: the owners get nothing, and that may be agreed
    assert [(leg.payee_id, leg.money.amount) for leg in split(yuan("1000.00"), exact)] == [
        (BANK, Decimal("990.00")),
        (None, Decimal("10.00")),
    ]


def test_shares_that_do_not_make_a_whole_are_refused():
    terms = Terms(seller_id=SELLER, owners=(Share(SELLER, Fraction(2, 3)),), platform_fee_pct=Decimal(0))
    with pytest.raises(ValueError, match="sum to one"):
        split(yuan("1.00"), terms)


@st.composite
def splits(draw):
    currency = draw(st.sampled_from(["CNY", "USD", "JPY", "KRW"]))
    units = draw(st.integers(1, 10**13))
    price = Money((units * smallest_unit(currency)).quantize(Decimal("0.01")), currency)
    weights = draw(st.lists(st.integers(1, 97), min_size=1, max_size=6))
    owners = tuple(
        Share(
            at,
            Fraction(weight, sum(weights)),
            tuple(range(100, 100 + draw(st.integers(0, 3)))),
            draw(st.decimals(0, 70, places=3)),
        )
        for at, weight in enumerate(weights, 1)
    )
    payoff_units = draw(st.integers(0, units // 2))
    return price, Terms(
        seller_id=1,
        owners=owners,
        platform_fee_pct=draw(st.decimals(0, 10, places=3)),
        commissions=tuple(
            Commission(BROKER + at, draw(st.decimals(0, 20, places=3))) for at in range(draw(st.integers(0, 2)))
        ),
        pledgee_id=BANK,
        payoff=Money((payoff_units * smallest_unit(currency)).quantize(Decimal("0.01")), currency),
        hold_back_pct=draw(st.decimals(0, 30, places=3)),
    )


@given(splits())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine proves nothing
def test_the_legs_sum_to_the_price_and_none_is_empty_or_negative(case):
    """Invariant 33, over rates, shares, hold-backs and currencies without cents."""
    price, terms = case
    legs = split(price, terms)
    assert sum((leg.money.amount for leg in legs), Decimal(0)) == price.amount
    assert all(leg.money.amount > 0 for leg in legs)


@given(splits())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine proves nothing
def test_no_owner_is_more_than_a_unit_away_from_the_exact_share(case):
    price, terms = case
    legs = split(price, terms)
    unit = smallest_unit(price.currency)
    costs = sum(
        (
            leg.money.amount
            for leg in legs
            if leg.purpose in {LegPurpose.PLEDGEE, LegPurpose.BROKER, LegPurpose.PLATFORM}
        ),
        Decimal(0),
    )
    rest = price.amount - costs
    own = {LegPurpose.SELLER, LegPurpose.CO_OWNER, LegPurpose.HOLD_BACK}
    for owner in terms.owners:
        got = sum(
            (leg.money.amount for leg in legs if leg.payee_id == owner.organisation_id and leg.purpose in own),
            Decimal(0),
        )
        if not owner.inventors:
            exact = Fraction(rest) * owner.share
            assert abs(Fraction(got) - exact) < unit
