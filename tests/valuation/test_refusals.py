"""What cannot be valued is refused, each time naming the field; the words exist in both languages."""

from __future__ import annotations

import json

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from valuation.entry import answer, answer_line, compute
from valuation.refusals import BadInput

RELIEF = {"revenue": [100, 100], "royalty_rate": 0.05, "discount_rate": 0.12, "tax_rate": 0.25}
DATED = {
    "valuation_date": "2026-07-01",
    "expiry_date": "2027-07-01",
    "annual_revenue": {"2026": 100, "2027": 100},
    "royalty_rate": 0.05,
    "discount_rate": 0.12,
    "tax_rate": 0.25,
}
EXCESS = {
    "cash_flow_pre_tax": [1, 2],
    "contributory_asset_charge_pre_tax": [1, 1],
    "discount_rate": 0.1,
    "tax_rate": 0.2,
}
MARKET = {"comparables": [{"price": 1, "revenue": 2}, {"price": 3, "revenue": 4}], "subject_revenue": 5}
OPTION = {"expected_value": 1, "exercise_cost": 1, "volatility": 0.3, "years": 1, "risk_free": 0.02}
PROJECT = {"cash_flow": [1], "remaining_legal_years": 1, "probability_of_success": 0.5, "discount_rate": 0.1}
BUNDLE = {"patents": [{"value": 1, "category": "a"}], "diversification_factor": 0.1}
DRAWN = {**RELIEF, "draws": 100}
TRIANGLE = {"distribution": "triangular", "low": 0.02, "mode": 0.05, "high": 0.08}
TWO = {**DRAWN, "royalty_rate": TRIANGLE, "discount_rate": {"distribution": "uniform", "low": 0.1, "high": 0.2}}

BAD = [
    # numbers
    ("relief_from_royalty", {**RELIEF, "revenue": [100, -1]}, "out_of_range", "revenue[1]"),
    ("relief_from_royalty", {**RELIEF, "revenue": [100, float("nan")]}, "not_finite", "revenue[1]"),
    ("relief_from_royalty", {**RELIEF, "revenue": [float("-inf")]}, "not_finite", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": ["NaN"]}, "not_finite", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": [True]}, "not_a_number", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": [[1]]}, "not_a_number", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": ["1,000"]}, "not_a_number", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": [""]}, "not_a_number", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": ["１００"]}, "not_a_number", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": [None]}, "missing", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": [10**18]}, "amount_too_large", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": ["1e18"]}, "amount_too_large", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": [10**16]}, "amount_too_large", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": ["1e9999"]}, "amount_too_large", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": ["1." + "1" * 60]}, "too_precise", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": ["1e-9999"]}, "too_precise", "revenue[0]"),
    ("relief_from_royalty", {**RELIEF, "revenue": []}, "empty", "revenue"),
    ("relief_from_royalty", {**RELIEF, "revenue": 5}, "wrong_type", "revenue"),
    ("relief_from_royalty", {**RELIEF, "revenue": [1] * 201}, "too_many", "revenue"),
    ("relief_from_royalty", {}, "missing", "revenue"),
    ("relief_from_royalty", [], "wrong_type", "input"),
    # rates and words
    ("relief_from_royalty", {**RELIEF, "discount_rate": 1}, "out_of_range", "discount_rate"),
    ("relief_from_royalty", {**RELIEF, "discount_rate": "1.2"}, "out_of_range", "discount_rate"),
    ("relief_from_royalty", {**RELIEF, "discount_rate": -0.01}, "out_of_range", "discount_rate"),
    ("relief_from_royalty", {**RELIEF, "royalty_rate": 5}, "out_of_range", "royalty_rate"),
    ("relief_from_royalty", {**RELIEF, "royalty_rate": "5%"}, "not_a_number", "royalty_rate"),
    ("relief_from_royalty", {**RELIEF, "tax_rate": 1.0}, "out_of_range", "tax_rate"),
    ("relief_from_royalty", {**RELIEF, "tax_rate": None}, "missing", "tax_rate"),
    ("relief_from_royalty", {**RELIEF, "royalty_rate": TRIANGLE}, "distribution_not_here", "royalty_rate"),
    ("relief_from_royalty", {**RELIEF, "tab": "yes"}, "wrong_type", "tab"),
    ("relief_from_royalty", {**RELIEF, "tab": True, "tab_life": 0}, "out_of_range", "tab_life"),
    ("relief_from_royalty", {**RELIEF, "tab": True, "tab_life": 2.5}, "out_of_range", "tab_life"),
    ("relief_from_royalty", {**RELIEF, "timing": "middle"}, "unknown_choice", "timing"),
    ("relief_from_royalty", {**RELIEF, "remaining_legal_years": -1}, "out_of_range", "remaining_legal_years"),
    ("relief_from_royalty", {**RELIEF, "survival": [1]}, "lengths_differ", "survival"),
    # dates
    ("relief_from_royalty", {**DATED, "expiry_date": "2026-06-30"}, "expiry_before_base_date", "expiry_date"),
    ("relief_from_royalty", {**DATED, "expiry_date": "2026-07-01"}, "expiry_before_base_date", "expiry_date"),
    (
        "relief_from_royalty",
        {**DATED, "economic_life_end": "2020-01-01"},
        "expiry_before_base_date",
        "economic_life_end",
    ),
    ("relief_from_royalty", {**DATED, "expiry_date": "2027-02-30"}, "bad_date", "expiry_date"),
    ("relief_from_royalty", {**DATED, "valuation_date": "2026/07/01"}, "bad_date", "valuation_date"),
    ("relief_from_royalty", {**DATED, "valuation_date": 20260701}, "bad_date", "valuation_date"),
    ("relief_from_royalty", {**DATED, "annual_revenue": {"2026": 1}}, "missing", "annual_revenue.2027"),
    (
        "relief_from_royalty",
        {**DATED, "annual_revenue": {"2026": 1, "2027": -1}},
        "out_of_range",
        "annual_revenue.2027",
    ),
    ("relief_from_royalty", {**DATED, "annual_revenue": [1, 2]}, "wrong_type", "annual_revenue"),
    ("relief_from_royalty", {**DATED, "expiry_date": "9999-12-31"}, "too_many", "expiry_date"),
    # the other methods
    (
        "mpeem",
        {**EXCESS, "contributory_asset_charge_pre_tax": [1]},
        "lengths_differ",
        "contributory_asset_charge_pre_tax",
    ),
    (
        "mpeem",
        {**EXCESS, "contributory_asset_charge_pre_tax": [1, -1]},
        "out_of_range",
        "contributory_asset_charge_pre_tax[1]",
    ),
    ("incremental_cash_flow", {"with_asset": [1], "without_asset": [], "discount_rate": 0}, "empty", "without_asset"),
    ("contributory_asset_charges", {"assets": [{"type": "a", "value": 1}]}, "missing", "assets[0].return_rate"),
    ("contributory_asset_charges", {"assets": []}, "empty", "assets"),
    ("contributory_asset_charges", {"assets": ["a"]}, "wrong_type", "assets[0]"),
    ("replacement_cost", {"current_cost": 1, "economic": 1.01}, "out_of_range", "economic"),
    ("replacement_cost", {"functional": 0.1}, "missing", "current_cost"),
    ("reproduction_cost", {"labor": 1, "materials": 1}, "missing", "overhead"),
    ("comparable_transactions", {**MARKET, "comparables": []}, "empty", "comparables"),
    (
        "comparable_transactions",
        {**MARKET, "comparables": [{"price": 1, "revenue": 1}, {"price": 1, "revenue": 0}]},
        "out_of_range",
        "comparables[1].revenue",
    ),
    (
        "comparable_transactions",
        {**MARKET, "comparables": [{"price": -1, "revenue": 1}]},
        "out_of_range",
        "comparables[0].price",
    ),
    ("comparable_transactions", {**MARKET, "adjustments": {"2": 0.1}}, "out_of_range", "adjustments.2"),
    ("comparable_transactions", {**MARKET, "adjustments": {"1": -1.5}}, "out_of_range", "adjustments.1"),
    (
        "comparable_transactions",
        {**MARKET, "subject_revenue": "1e15", "comparables": [{"price": "1e15", "revenue": "0.01"}]},
        "amount_too_large",
        "value",
    ),
    ("real_option", {**OPTION, "volatility": -0.1}, "out_of_range", "volatility"),
    ("real_option", {**OPTION, "years": -1}, "out_of_range", "years"),
    ("risk_adjusted_npv", {**PROJECT, "probability_of_success": 1.1}, "out_of_range", "probability_of_success"),
    ("risk_adjusted_npv", {**PROJECT, "remaining_legal_years": None}, "missing", "remaining_legal_years"),
    ("portfolio", {**BUNDLE, "patents": []}, "empty", "patents"),
    ("portfolio", {**BUNDLE, "patents": [{"value": 1}]}, "missing", "patents[0].category"),
    ("portfolio", {**BUNDLE, "diversification_factor": 2}, "out_of_range", "diversification_factor"),
    (
        "royalty_capitalization",
        {"revenue": 1, "royalty_rate": 0.1, "discount_rate": 0, "legal_end": None},
        "out_of_range",
        "discount_rate",
    ),
    # simulations
    ("monte_carlo", {**DRAWN, "draws": 0}, "out_of_range", "draws"),
    ("monte_carlo", {**DRAWN, "draws": 10**8}, "out_of_range", "draws"),
    ("monte_carlo", {**DRAWN, "draws": "many"}, "not_a_number", "draws"),
    ("monte_carlo", {**DRAWN, "seed": -1}, "out_of_range", "seed"),
    ("monte_carlo", {**DRAWN, "loan": -1}, "out_of_range", "loan"),
    ("monte_carlo", {**DRAWN, "of": "monte_carlo"}, "unknown_choice", "of"),
    (
        "monte_carlo",
        {**DRAWN, "royalty_rate": {**TRIANGLE, "mode": 0.09}},
        "distribution_out_of_order",
        "royalty_rate.mode",
    ),
    ("monte_carlo", {**DRAWN, "royalty_rate": {**TRIANGLE, "high": 1.5}}, "out_of_range", "royalty_rate.high"),
    (
        "monte_carlo",
        {**DRAWN, "royalty_rate": {"distribution": "cauchy"}},
        "unknown_choice",
        "royalty_rate.distribution",
    ),
    (
        "monte_carlo",
        {**DRAWN, "royalty_rate": {"distribution": "uniform", "low": 0.2, "high": 0.1}},
        "distribution_out_of_order",
        "royalty_rate.high",
    ),
    ("monte_carlo", {**DRAWN, "royalty_rate": {"distribution": "normal", "mean": 0.1}}, "missing", "royalty_rate.std"),
    (
        "monte_carlo",
        {**DRAWN, "royalty_rate": {"distribution": "normal", "mean": 0.1, "std": -1}},
        "out_of_range",
        "royalty_rate.std",
    ),
    (
        "monte_carlo",
        {**DRAWN, "revenue": [{"distribution": "lognormal", "mean": 0, "sigma": 1}]},
        "out_of_range",
        "revenue[0].mean",
    ),
    (
        "monte_carlo",
        {**DRAWN, "revenue": [{"distribution": "discrete", "values": [1, 2], "probabilities": [0.5, 0.6]}]},
        "out_of_range",
        "revenue[0].probabilities",
    ),
    (
        "monte_carlo",
        {**DRAWN, "discount_rate": {"distribution": "normal", "mean": 0.1, "std": 5}},
        "draws_leave_the_formula",
        "discount_rate",
    ),
    ("monte_carlo", {**TWO, "correlation": [[1, 1], [1, 1]]}, "singular_correlation", "correlation"),
    ("monte_carlo", {**TWO, "correlation": [[1, 0.5], [0.4, 1]]}, "bad_correlation", "correlation"),
    ("monte_carlo", {**TWO, "correlation": [[1, 0.5]]}, "bad_correlation", "correlation"),
    ("monte_carlo", {**TWO, "correlation": [[2, 0.5], [0.5, 1]]}, "out_of_range", "correlation[0][0]"),
    (
        "monte_carlo",
        {**TWO, "correlation": {"between": ["royalty_rate", "colour"], "matrix": [[1, 0], [0, 1]]}},
        "no_such_number",
        "correlation.between[1]",
    ),
    ("monte_carlo", {"mean_value": 0, "sigma": 0.5}, "out_of_range", "mean_value"),
    ("monte_carlo", {"mean_value": 1}, "missing", "sigma"),
    ("tornado", {**RELIEF, "ranges": {"colour": [1, 2]}}, "no_such_number", "ranges.colour"),
    ("tornado", {**RELIEF, "ranges": {"tax_rate": [0.1]}}, "wrong_type", "ranges.tax_rate"),
    ("scenarios", {**RELIEF, "cases": [{"name": "x", "changes": {"tax_rate": 2}}]}, "out_of_range", "tax_rate"),
    ("scenarios", {**RELIEF, "cases": [{"name": "x", "changes": {"colour": 2}}]}, "no_such_number", "colour"),
    ("scenarios", {**RELIEF, "cases": []}, "empty", "cases"),
    ("discount_rate_build_up", {"risk_free": 0.5, "premiums": {"size": 0.6}}, "out_of_range", "premiums"),
    ("survival_curve", {"curve": "linear", "years": 3, "life": 0}, "out_of_range", "life"),
    ("mind_reading", {}, "unknown_method", "method"),
]


@pytest.mark.parametrize(("method", "data", "code", "field"), BAD, ids=lambda one: one if isinstance(one, str) else "")
def test_bad_input_is_refused_by_code_and_field(method, data, code, field):
    refusal = answer({"method": method, "input": data})
    assert refusal == {"error": {"code": code, "field": field, "message": refusal["error"]["message"]}}


@pytest.mark.parametrize("kind", BadInput.__subclasses__(), ids=lambda kind: kind.__name__)
def test_a_refusal_speaks_both_languages(kind):
    with translation.override("en"):
        english = str(kind.sentence), str(kind.remedy)
    with translation.override("zh-hans"):
        chinese = str(kind.sentence), str(kind.remedy)
    assert all(english) and all(chinese)
    assert english[0] != chinese[0] and english[1] != chinese[1]


def test_refusal_words_can_be_written_out_with_what_they_tell():
    for method, data, _code, _field in BAD:
        for language in ("en", "zh-hans"):
            with translation.override(language):
                message = answer({"method": method, "input": data})["error"]["message"]
                assert message and "%(" not in message and "%%" not in message


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        (b"", "not_json", ""),
        (b"\n", "not_json", ""),
        (b"{", "not_json", ""),
        (b"\xff\xfe", "not_json", ""),
        (b"[" * 100_000, "not_json", ""),
        (b"[]", "not_an_object", ""),
        (b"3", "not_an_object", ""),
        (b"null", "not_an_object", ""),
        (b"{}", "missing", "method"),
        (b'{"method": "portfolio"}', "missing", "input"),
        (b'{"method": 3, "input": {}}', "wrong_type", "method"),
        (b'{"method": "\\ud800", "input": {}}', "unknown_method", "method"),
        (b'\xef\xbb\xbf{"method": "portfolio", "input": 3}\r\n', "wrong_type", "input"),
        (b'{"method": "portfolio", "input": 3}', "wrong_type", "input"),
        (b'{"method": "replacement_cost", "input": {"current_cost": NaN}}', "not_finite", "current_cost"),
        (b'{"method": "replacement_cost", "input": {"current_cost": -Infinity}}', "not_finite", "current_cost"),
        (b'{"method": "replacement_cost", "input": {"current_cost": 1e400}}', "amount_too_large", "current_cost"),
        (
            b'{"method": "replacement_cost", "input": {"current_cost": ' + b"9" * 9000 + b"}}",
            "amount_too_large",
            "current_cost",
        ),
    ],
    ids=lambda one: repr(one)[:30],
)
def test_a_bad_line_is_refused_like_any_other(line, code, field):
    written = answer_line(line).encode()
    assert b"\n" not in written
    refusal = json.loads(written)["error"]
    assert (refusal["code"], refusal["field"]) == (code, field)


names = st.sampled_from(["low", "mode", "high", "distribution", "0", "price"])
plain = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6)
inside = plain | st.lists(plain, max_size=3) | st.dictionaries(names, plain, max_size=3)
values = inside | st.lists(inside, max_size=3) | st.dictionaries(names, inside, max_size=3)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(BAD), st.data())
def test_whatever_stands_in_a_field_there_is_an_answer_or_a_refusal(case, data):
    method, question, _code, _field = case
    question = dict(question) if isinstance(question, dict) else {}
    question |= data.draw(st.dictionaries(st.sampled_from(sorted(question) or ["revenue"]), values, max_size=2))
    if method == "monte_carlo":
        question["draws"] = 50
    said = answer({"method": method, "input": question})
    assert ("error" in said) != ("value" in said)
    json.dumps(said, allow_nan=False)


def test_compute_raises_what_answer_tells():
    with pytest.raises(BadInput) as refused:
        compute("portfolio", {"patents": []})
    assert refused.value.as_dict()["field"] == "patents"
