"""Each method against a second calculation written otherwise, over many random inputs, and the laws it must keep."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.valuation import independent
from valuation.entry import compute

amounts = st.decimals(0, 10**9, places=2)
signed = st.decimals(-(10**9), 10**9, places=2)
rates = st.decimals(0, Decimal("0.6"), places=4)
shares = st.decimals(0, 1, places=4)
quick = settings(max_examples=60, deadline=None)


def value(method: str, **data: object) -> str:
    return compute(method, data)["value"]


def relief(revenue, royalty, rate, tax, **more):
    return compute(
        "relief_from_royalty",
        {"revenue": revenue, "royalty_rate": royalty, "discount_rate": rate, "tax_rate": tax, **more},
    )


@quick
@given(st.lists(amounts, min_size=1, max_size=20), rates, rates, rates, st.integers(1, 30))
def test_relief_from_royalty_is_that_of_exact_fractions(revenue, royalty, rate, tax, life):
    answer = relief(revenue, royalty, rate, tax, tab=True, tab_life=life)
    before = independent.relief([Fraction(one) for one in revenue], Fraction(royalty), Fraction(rate), Fraction(tax))
    assert answer["value_before_tab"] == independent.cents(before)
    assert answer["value"] == independent.cents(before * independent.tab_factor(Fraction(rate), Fraction(tax), life))


@quick
@given(st.lists(st.tuples(signed, amounts), min_size=1, max_size=20), rates, rates, st.booleans())
def test_excess_earnings_are_those_of_exact_fractions(years, rate, tax, tab):
    flows, charges = ([Fraction(one) for one in column] for column in zip(*years, strict=True))
    expected = independent.excess(flows, charges, Fraction(rate), Fraction(tax))
    if tab:
        expected *= independent.tab_factor(Fraction(rate), Fraction(tax), len(years))
    answer = value(
        "mpeem",
        cash_flow_pre_tax=[flow for flow, _ in years],
        contributory_asset_charge_pre_tax=[charge for _, charge in years],
        discount_rate=rate,
        tax_rate=tax,
        tab=tab,
    )
    assert answer == independent.cents(expected)


@quick
@given(st.lists(st.tuples(signed, signed), min_size=1, max_size=20), rates)
def test_with_and_without_is_the_difference_of_two_present_values(years, rate):
    with_asset, without = ([one[n] for one in years] for n in (0, 1))
    expected = independent.present([Fraction(one) for one in with_asset], Fraction(rate))
    expected -= independent.present([Fraction(one) for one in without], Fraction(rate))
    answer = value("incremental_cash_flow", with_asset=with_asset, without_asset=without, discount_rate=rate)
    assert answer == independent.cents(expected)


@quick
@given(st.lists(signed, min_size=1, max_size=20), st.integers(0, 25), shares, rates)
def test_risk_adjusted_flows_are_those_of_exact_fractions(flows, left, chance, rate):
    expected = independent.present([Fraction(one) for one in flows[:left]], Fraction(rate)) * Fraction(chance)
    answer = value(
        "risk_adjusted_npv",
        cash_flow=flows,
        remaining_legal_years=left,
        probability_of_success=chance,
        discount_rate=rate,
    )
    assert answer == independent.cents(expected)


@quick
@given(amounts, amounts, amounts, shares, shares, shares)
def test_costs_are_those_of_exact_fractions(labor, materials, overhead, functional, technological, economic):
    lost = {"functional": functional, "technological": technological, "economic": economic}
    whole = Fraction(labor) + Fraction(materials) + Fraction(overhead)
    kept = whole * (1 - Fraction(functional)) * (1 - Fraction(technological)) * (1 - Fraction(economic))
    assert value("reproduction_cost", labor=labor, materials=materials, overhead=overhead, **lost) == independent.cents(
        kept
    )
    assert value("replacement_cost", current_cost=labor + materials + overhead, **lost) == independent.cents(kept)


@quick
@given(
    st.lists(
        st.tuples(amounts, st.decimals(1, 10**9, places=2), st.decimals(-1, 1, places=3)), min_size=1, max_size=12
    ),
    st.decimals(0, 10**6, places=2),
)
def test_comparables_give_the_median_found_by_counting(deals, subject):
    answer = compute(
        "comparable_transactions",
        {
            "comparables": [{"price": price, "revenue": revenue} for price, revenue, _ in deals],
            "subject_revenue": subject,
            "adjustments": {str(n): share for n, (_, _, share) in enumerate(deals)},
        },
    )
    implied = [
        Fraction(price) / Fraction(revenue) * Fraction(subject) * (1 + Fraction(share))
        for price, revenue, share in deals
    ]
    assert answer["value"] == independent.cents(independent.middle(implied))
    assert answer["implied"] == [independent.cents(one) for one in implied]
    assert (answer["low"], answer["high"]) == (independent.cents(min(implied)), independent.cents(max(implied)))


@quick
@given(st.lists(st.tuples(amounts, st.sampled_from("abc")), min_size=1, max_size=12), shares)
def test_a_portfolio_is_that_of_exact_fractions(patents, factor):
    whole = sum(Fraction(worth) for worth, _ in patents)
    parts = [sum(Fraction(worth) for worth, one in patents if one == category) for category in "abc"]
    hhi = sum((part / whole) ** 2 for part in parts) if whole else Fraction(0)
    answer = value(
        "portfolio",
        patents=[{"value": worth, "category": category} for worth, category in patents],
        diversification_factor=factor,
    )
    assert answer == independent.cents(whole * (1 - Fraction(factor) * hhi))


@settings(max_examples=12, deadline=None)
@given(st.integers(10, 1000), st.integers(10, 1000), st.integers(5, 90), st.integers(1, 20), st.integers(0, 12))
def test_an_option_is_the_expectation_it_stands_for(spot, strike, sigma, years, rate):
    expected = independent.call(spot, strike, sigma / 100, years, rate / 100)
    answer = value(
        "real_option",
        expected_value=spot,
        exercise_cost=strike,
        volatility=sigma / 100,
        years=years,
        risk_free=rate / 100,
    )
    assert abs(float(answer) - expected) < 0.006


def test_an_option_known_from_the_literature():
    # Hull, Options, Futures, and Other Derivatives: S 42, K 40, r 10 %, σ 20 %, half a year: 4.76
    assert (
        value("real_option", expected_value=42, exercise_cost=40, volatility="0.2", years="0.5", risk_free="0.1")
        == "4.76"
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"volatility": 0}, "21.31"),  # 120 − 100·e^(−0.0132)
        ({"years": 0}, "20.00"),
        ({"expected_value": 0}, "0.00"),
        ({"exercise_cost": 0}, "120.00"),
        ({"volatility": "1e-30"}, "21.31"),
        ({"volatility": 10, "years": 200}, "120.00"),
    ],
)
def test_an_option_at_its_edges(changed, expected):
    sure = {"expected_value": 120, "exercise_cost": 100, "volatility": "0.3", "years": 1, "risk_free": "0.0132"}
    assert value("real_option", **{**sure, **changed}) == expected


@quick
@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 25 * 365), st.integers(0, 50))
def test_dated_relief_is_that_of_counting_days(base, days, rate):
    end = base + timedelta(days)
    revenue = {year: 1_000_000 + 7_777 * (year - base.year) for year in range(base.year, end.year + 1)}
    answer = compute(
        "relief_from_royalty",
        {
            "valuation_date": base.isoformat(),
            "expiry_date": end.isoformat(),
            "annual_revenue": {str(year): one for year, one in revenue.items()},
            "royalty_rate": "0.04",
            "tax_rate": "0.25",
            "discount_rate": rate / 100,
        },
    )
    assert abs(float(answer["value"]) - independent.dated_relief(base, end, revenue, 0.03, rate / 100)) < 0.006
    assert answer["rows"][0]["from"] == base.isoformat() and answer["rows"][-1]["to"] == end.isoformat()
    assert all(one["to"] == other["from"] for one, other in zip(answer["rows"], answer["rows"][1:], strict=False))
    assert (
        abs(sum(float(row["pv"]) for row in answer["rows"]) - float(answer["value"]))
        <= 0.005 * len(answer["rows"]) + 0.005
    )


@quick
@given(st.lists(amounts, min_size=1, max_size=10), rates, rates, rates, amounts, shares)
def test_more_revenue_or_royalty_and_less_tax_or_discount_never_lower_the_value(
    revenue, royalty, rate, tax, more, part
):
    base = Decimal(relief(revenue, royalty, rate, tax)["value"])
    assert Decimal(relief([revenue[0] + more, *revenue[1:]], royalty, rate, tax)["value"]) >= base
    assert Decimal(relief(revenue, royalty + (Decimal("0.6") - royalty) * part, rate, tax)["value"]) >= base
    assert Decimal(relief(revenue, royalty, rate * part, tax)["value"]) >= base
    assert Decimal(relief(revenue, royalty, rate, tax * part)["value"]) >= base
    assert Decimal(relief(revenue, royalty, rate, tax, tab=True)["value"]) >= base
    assert Decimal(relief(revenue, royalty, rate, tax, timing="mid")["value"]) >= base
    assert Decimal(relief(revenue, royalty, rate, tax, remaining_legal_years=len(revenue) * part)["value"]) <= base


@quick
@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(1, 99), st.integers(1, 20), st.integers(0, 20), shares)
def test_an_option_rises_with_worth_spread_time_and_rate_and_falls_with_cost(spot, strike, sigma, years, rate, part):
    call = {
        "expected_value": spot,
        "exercise_cost": strike,
        "volatility": sigma / 100,
        "years": years,
        "risk_free": rate / 100,
    }
    base = Decimal(value("real_option", **call))
    assert Decimal(value("real_option", **{**call, "expected_value": spot + part})) >= base
    assert Decimal(value("real_option", **{**call, "volatility": Decimal(sigma) / 100 + part})) >= base
    assert Decimal(value("real_option", **{**call, "years": years + part})) >= base
    assert Decimal(value("real_option", **{**call, "risk_free": Decimal(rate) / 100 + part / 10})) >= base
    assert Decimal(value("real_option", **{**call, "exercise_cost": strike + part})) <= base
    assert base >= Decimal(spot - strike)


@quick
@given(st.lists(amounts, min_size=1, max_size=10), rates, rates, rates)
def test_ten_times_the_revenue_is_ten_times_the_value(revenue, royalty, rate, tax):
    base = Decimal(relief(revenue, royalty, rate, tax, tab=True)["value"])
    ten = Decimal(relief([one * 10 for one in revenue], royalty, rate, tax, tab=True)["value"])
    assert abs(ten - base * 10) <= Decimal("0.055")


@quick
@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=10), rates, rates, rates)
def test_the_value_of_a_sum_is_the_sum_of_the_values(years, royalty, rate, tax):
    one, other = ([pair[n] for pair in years] for n in (0, 1))
    parts = sum(Decimal(relief(part, royalty, rate, tax)["value"]) for part in (one, other))
    whole = Decimal(relief([a + b for a, b in years], royalty, rate, tax)["value"])
    assert abs(whole - parts) <= Decimal("0.01")


def test_the_largest_amounts_are_exact():
    most = "9999999999999999.99"
    assert value("replacement_cost", current_cost=most) == most
    assert (
        value("relief_from_royalty", revenue=[most], royalty_rate="0.5", discount_rate=0, tax_rate=0)
        == "5000000000000000.00"
    )


def test_a_rate_is_built_up_from_named_parts():
    answer = compute(
        "discount_rate_build_up",
        {
            "risk_free": "0.02",
            "beta": "1.2",
            "equity_premium": "0.05",
            "premiums": {"size": "0.02", "technology": "0.03"},
        },
    )
    assert answer["value"] == "0.130000000000"
    assert [row["part"] for row in answer["rows"]] == ["risk_free", "equity", "size", "technology"]


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ({"curve": "constant_hazard", "yearly_loss": "0.19", "years": 2}, [0.9, 0.729]),
        ({"curve": "renewals", "kept": ["0.9", "0.8"]}, [0.9, 0.72]),
        ({"curve": "linear", "life": 2, "years": 3}, [0.75, 0.25, 0]),
        ({"curve": "exponential", "half_life": "0.5", "years": 2}, [0.5, 0.125]),
        ({"curve": "weibull", "scale": 2, "shape": 2, "years": 2}, [math.exp(-1 / 16), math.exp(-9 / 16)]),
    ],
)
def test_curves_of_survival_and_decay(curve, expected):
    answer = compute("survival_curve", curve)
    assert [float(one) for one in answer["survival"]] == pytest.approx(expected, abs=1e-11)
    assert float(answer["value"]) == pytest.approx(sum(expected), abs=1e-11)


def test_survival_weighs_the_years_of_a_method():
    assert relief([100, 100], "0.5", 0, 0, survival=["0.5", "0.25"])["value"] == "37.50"


def test_the_normal_distribution_of_both_arithmetics_is_the_one_of_the_library():
    import numpy as np

    from valuation.arithmetic import Exact, normal_cdf

    at = np.concatenate([np.linspace(-9, 9, 721), [-37.0, 37.0, 50.0, -50.0]])
    known = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in at])
    assert np.abs(normal_cdf(at) - known).max() < 1e-14
    exact = np.array([float(Exact().normal_cdf(Decimal(repr(float(x))))) for x in at])
    assert np.abs(exact - known).max() < 1e-15
