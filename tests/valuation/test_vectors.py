"""The vectors given for comparison, and each clause of the entry's description."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from valuation.entry import compute
from valuation.refusals import BadInput, LegalEndStands

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))["vectors"]
RELIEF = {"revenue": [1000, 1000], "royalty_rate": "0.1", "discount_rate": "0.25", "tax_rate": "0.2"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_a_vector_is_met_to_the_cent(vector):
    answer = compute(vector["method"], vector["input"])
    for name, expected in vector["expected"].items():
        assert answer[name] == expected


def test_numbers_may_be_ints_floats_and_decimal_strings():
    same = {"revenue": ["1000", 1000.0], "royalty_rate": 0.1, "discount_rate": Decimal("0.25"), "tax_rate": " 2e-1 "}
    assert compute("relief_from_royalty", same) == compute("relief_from_royalty", RELIEF)


def test_a_float_means_the_shortest_decimal_that_writes_it():
    answer = compute(
        "royalty_capitalization",
        {"revenue": 1, "royalty_rate": 0.015, "discount_rate": 1e-0 / 3 * 0.3, "legal_end": None},
    )
    assert answer["value"] == "0.15"
    assert compute("replacement_cost", {"current_cost": 2.675})["value"] == "2.68"


def test_arrays_are_discounted_at_the_end_of_the_year():
    # 80/1.25 + 80/1.5625
    assert compute("relief_from_royalty", RELIEF)["value"] == "115.20"


def test_mid_is_half_a_year_earlier():
    answer = compute("relief_from_royalty", {**RELIEF, "timing": "mid"})
    assert Decimal(answer["value"]) == (Decimal("115.2") * Decimal("1.25").sqrt()).quantize(Decimal("0.01"))


def test_without_tab_there_is_no_benefit():
    answer = compute("relief_from_royalty", RELIEF)
    assert (answer["value_before_tab"], answer["tab_factor"]) == (answer["value"], "1.000000000000")


def test_the_life_of_the_benefit_is_the_number_of_years_unless_given():
    with_default = compute("relief_from_royalty", {**RELIEF, "tab": True})
    assert with_default == compute("relief_from_royalty", {**RELIEF, "tab": True, "tab_life": 2})
    # AF(25 %, 2) = 1.44: 1 ÷ (1 − 0.2 × 0.72)
    assert with_default["tab_factor"] == "1.168224299065"
    assert compute("relief_from_royalty", {**RELIEF, "tab": True, "tab_life": "5"})["tab_factor"] != "1.168224299065"


def test_the_benefit_is_taken_at_the_ends_of_years_whatever_the_timing():
    mid = compute("relief_from_royalty", {**RELIEF, "tab": True, "timing": "mid"})
    assert mid["tab_factor"] == "1.168224299065"


def test_rounding_is_half_up_and_once():
    assert compute("replacement_cost", {"current_cost": "0.005"})["value"] == "0.01"
    assert compute("replacement_cost", {"current_cost": "0.0049"})["value"] == "0.00"
    # 3 × 0.004 is 0.012; rounded year by year it would be nothing
    flows = {"with_asset": ["0.004"] * 3, "without_asset": [0, 0, 0], "discount_rate": 0}
    assert compute("incremental_cash_flow", flows)["value"] == "0.01"
    assert (
        compute("incremental_cash_flow", {**flows, "with_asset": [0] * 3, "without_asset": ["0.005", 0, 0]})["value"]
        == "-0.01"
    )


def test_dated_pieces_are_half_open_and_cut_at_new_year_and_at_expiry():
    answer = compute(
        "relief_from_royalty",
        {
            "valuation_date": "2027-12-31",
            "expiry_date": "2029-01-02",
            "annual_revenue": {"2027": 365, "2028": 366, "2029": 365, "2030": "not looked at"},
            "royalty_rate": "0.5",
            "tax_rate": "0.2",
            "discount_rate": 0,
            "tab": False,
        },
    )
    rows = answer["rows"]
    assert [(row["from"], row["to"]) for row in rows] == [
        ("2027-12-31", "2028-01-01"),
        ("2028-01-01", "2029-01-01"),
        ("2029-01-01", "2029-01-02"),
    ]
    assert [Decimal(row["fraction"]) for row in rows] == [Decimal("0.002739726027"), 1, Decimal("0.002739726027")]
    # from the base date to the middle of each piece: ½, 1 + 183, 367 + ½ days
    assert [row["mid_years"] for row in rows] == ["0.001369863014", "0.504109589041", "1.006849315068"]
    assert [row["after_tax_royalty"] for row in rows] == ["0.40", "146.40", "0.40"]
    assert [row["pv"] for row in rows] == ["0.40", "146.40", "0.40"]
    assert answer["value"] == "147.20"


def test_a_dated_right_may_stop_earlier_for_economic_reasons():
    dated = {
        "valuation_date": "2026-01-01",
        "expiry_date": "2030-01-01",
        "annual_revenue": {str(year): 1000 for year in range(2026, 2030)},
        "royalty_rate": "0.1",
        "tax_rate": 0,
        "discount_rate": 0,
    }
    assert compute("relief_from_royalty", dated)["value"] == "400.00"
    assert compute("relief_from_royalty", {**dated, "economic_life_end": "2027-07-02"})["value"] == "149.86"
    assert compute("relief_from_royalty", {**dated, "economic_life_end": "2044-01-01"})["value"] == "400.00"


def test_a_dated_benefit_without_a_life_is_spread_over_the_pieces():
    dated = {
        "valuation_date": "2026-01-01",
        "expiry_date": "2028-01-01",
        "annual_revenue": {"2026": 1000, "2027": 1000},
        "royalty_rate": "0.1",
        "tax_rate": "0.2",
        "discount_rate": 0,
        "tab": True,
    }
    assert compute("relief_from_royalty", dated)["tab_factor"] == "1.250000000000"  # 1 ÷ (1 − t) without discounting
    dearer = compute("relief_from_royalty", {**dated, "discount_rate": "0.1"})
    assert Decimal("1") < Decimal(dearer["tab_factor"]) < Decimal("1.25")


def test_excess_earnings_take_tax_after_the_charge():
    answer = compute(
        "mpeem",
        {
            "cash_flow_pre_tax": [100, 200],
            "contributory_asset_charge_pre_tax": [50, 250],
            "discount_rate": "0.25",
            "tax_rate": "0.5",
            "tab": True,
        },
    )
    # 25/1.25 − 25/1.5625 = 4; AF = 1.44, factor 1 ÷ (1 − 0.36)
    assert (answer["value_before_tab"], answer["tab_factor"], answer["value"]) == ("4.00", "1.562500000000", "6.25")


def test_charges_are_summed_and_broken_down_in_order():
    assets = [
        {"type": "working_capital", "value": 500000, "return_rate": "0.08"},
        {"type": "fixed_assets", "value": 1000000, "return_rate": 0.1},
    ]
    answer = compute("contributory_asset_charges", {"assets": assets})
    assert (answer["total"], answer["breakdown"]) == ("140000.00", ["40000.00", "100000.00"])
    assert answer["value"] == answer["total"]


def test_reproduction_cost_sums_before_it_depreciates():
    cost = {
        "labor": 400000,
        "materials": 150000,
        "overhead": 100000,
        "functional": 0.15,
        "technological": 0.2,
        "economic": 0.05,
    }
    assert compute("reproduction_cost", cost)["value"] == "419900.00"


def test_comparables_are_adjusted_by_index_and_give_their_median_and_ends():
    comparables = [
        {"price": 10, "revenue": 10},
        {"price": 30, "revenue": 10},
        {"price": 20, "revenue": 10},
        {"price": 50, "revenue": 10},
    ]
    answer = compute(
        "comparable_transactions",
        {"comparables": comparables, "subject_revenue": 100, "adjustments": {"0": "0.5", "3": "-0.5"}},
    )
    assert answer["implied"] == ["150.00", "300.00", "200.00", "250.00"]
    assert (answer["value"], answer["low"], answer["high"], answer["count"]) == ("225.00", "150.00", "300.00", 4)


def test_portfolio_concentration_is_by_category():
    answer = compute(
        "portfolio",
        {
            "patents": [
                {"value": 100, "category": "a"},
                {"value": 200, "category": "b"},
                {"value": 100, "category": "a"},
            ],
            "diversification_factor": "0.1",
        },
    )
    assert (answer["hhi"], answer["value"]) == ("0.500000000000", "380.00")


@pytest.mark.parametrize("end", [{}, {"legal_end": "2040-01-01"}, {"legal_end": False}])
def test_a_royalty_without_end_is_refused_unless_there_is_no_end(end):
    with pytest.raises(LegalEndStands) as refused:
        compute("royalty_capitalization", {"revenue": 1000, "royalty_rate": 0.05, "discount_rate": 0.1, **end})
    assert refused.value.field == "legal_end"


def test_risk_adjusted_flows_stop_at_the_legal_end():
    project = {"cash_flow": [125, 125, 999], "probability_of_success": "0.5", "discount_rate": "0.25"}
    assert compute("risk_adjusted_npv", {**project, "remaining_legal_years": 2})["value"] == "90.00"
    assert compute("risk_adjusted_npv", {**project, "remaining_legal_years": 0})["value"] == "0.00"
    assert (
        compute("risk_adjusted_npv", {**project, "discount_rate": 0, "remaining_legal_years": "1.5"})["value"]
        == "93.75"
    )


def test_a_right_ends_in_every_method_over_years():
    short = compute("relief_from_royalty", {**RELIEF, "revenue": [1000] * 9, "remaining_legal_years": 2})
    assert short["value"] == "115.20"
    economic = {"remaining_legal_years": 7, "economic_life_years": 2}
    assert compute("relief_from_royalty", {**RELIEF, "revenue": [1000] * 9, **economic})["value"] == "115.20"


def test_unknown_keys_are_ignored():
    assert compute("relief_from_royalty", {**RELIEF, "colour": {"red": [None]}})["value"] == "115.20"


def test_the_simulation_answers_at_top_level_with_its_defaults():
    answer = compute(
        "monte_carlo",
        {**RELIEF, "royalty_rate": {"distribution": "uniform", "low": "0.05", "high": "0.15"}, "loan": "115.2"},
    )
    assert (answer["draws"], answer["seed"], answer["of"]) == (1_000_000, 0, "relief_from_royalty")
    for name, expected in {
        "mean": 115.2,
        "std": 33.255,
        "p5": 63.36,
        "p25": 86.4,
        "p50": 115.2,
        "p75": 144,
        "p95": 167.04,
    }.items():
        assert abs(float(answer[name]) - expected) < 0.2
        assert 0 < float(answer["sampling_error"][name]) < 0.2
    assert abs(float(answer["prob_below_loan"]) - 0.5) < 0.003
    assert answer["value"] == answer["mean"]


def test_a_lognormal_value_needs_no_method():
    answer = compute("monte_carlo", {"mean_value": 1000000, "sigma": "0.5", "loan": 500000})
    assert answer["mean"] == "1000000.00"
    assert answer["p50"] == "882496.90"  # m·e^(−1/8)
    assert answer["prob_below_loan"].startswith("0.1279")


def test_every_method_gives_value_at_top_level_and_is_named():
    assert all(compute(vector["method"], vector["input"])["method"] == vector["method"] for vector in VECTORS)


def test_an_unknown_method_is_refused():
    with pytest.raises(BadInput) as refused:
        compute("gut_feeling", {})
    assert (refused.value.code, refused.value.field) == ("unknown_method", "method")
