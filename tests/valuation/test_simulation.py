"""Simulations agree with the exact calculation, with closed forms, with themselves, and with their own stated error."""

from __future__ import annotations

import math
import tracemalloc
from decimal import Decimal
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.valuation.test_refusals import BUNDLE, DATED, EXCESS, MARKET, OPTION, PROJECT, RELIEF
from valuation.arithmetic import normal_cdf
from valuation.entry import compute
from valuation.simulation import monte_carlo as engine
from valuation.simulation.distributions import Discrete, LogNormal, Normal, Pert, Triangular, Uniform
from valuation.simulation.lognormal_value import lognormal_value
from valuation.simulation.statistics import percentile, summarise

D = Decimal
QUESTIONS = {
    "relief_from_royalty": {**RELIEF, "tab": True, "revenue": [123456.78, 99999, 5000]},
    "mpeem": {**EXCESS, "tab": True, "timing": "mid"},
    "contributory_asset_charges": {"assets": [{"type": "a", "value": 1000, "return_rate": 0.08}]},
    "replacement_cost": {"current_cost": 500, "functional": 0.1},
    "reproduction_cost": {"labor": 10, "materials": 20, "overhead": 30, "economic": 0.5},
    "comparable_transactions": {**MARKET, "adjustments": {"1": 0.2}},
    "incremental_cash_flow": {
        "with_asset": [5, 6],
        "without_asset": [1, 9],
        "discount_rate": 0.1,
        "survival": [1, 0.5],
    },
    "real_option": {**OPTION, "expected_value": 120},
    "risk_adjusted_npv": {**PROJECT, "cash_flow": [100, 100], "remaining_legal_years": 1.5},
    "portfolio": {**BUNDLE, "patents": [{"value": 70, "category": "a"}, {"value": 30, "category": "b"}]},
    "royalty_capitalization": {"revenue": 1000, "royalty_rate": 0.05, "discount_rate": 0.1, "legal_end": None},
    "discount_rate_build_up": {"risk_free": 0.02, "premiums": {"size": 0.03}},
    "survival_curve": {"curve": "weibull", "scale": 5, "shape": 2, "years": 4},
}


def certain(raw: object, shape: str) -> object:
    """Every number of a question as a distribution that cannot vary."""
    if isinstance(raw, dict):
        return {name: one if name == "legal_end" else certain(one, shape) for name, one in raw.items()}
    if isinstance(raw, list):
        return [certain(one, shape) for one in raw]
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return raw
    if shape == "normal":
        return {"distribution": "normal", "mean": raw, "std": 0}
    return {"distribution": shape, "low": raw, "mode": raw, "high": raw}


@pytest.mark.parametrize("shape", ["normal", "triangular", "pert", "uniform"])
@pytest.mark.parametrize("method", QUESTIONS)
def test_a_simulation_of_certain_numbers_is_the_exact_calculation(method, shape):
    question = certain(QUESTIONS[method], shape)
    if method == "survival_curve":
        question["years"] = 4
    exact = float(compute(method, QUESTIONS[method])["value"])
    drawn = compute("monte_carlo", {**question, "of": method, "draws": 50, "loan": 1})
    for name in ("value", "mean", "p5", "p50", "p95", "expected_value"):
        assert float(drawn[name]) == pytest.approx(exact, abs=0.0051)
    assert float(drawn["std"]) == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize("method", QUESTIONS)
def test_a_simulation_without_anything_random_is_the_exact_calculation(method):
    exact = float(compute(method, QUESTIONS[method])["value"])
    assert float(compute("monte_carlo", {**QUESTIONS[method], "of": method, "draws": 10})["mean"]) == pytest.approx(
        exact, abs=0.0051
    )


def test_the_dated_question_can_be_simulated_too():
    drawn = compute(
        "monte_carlo", {**DATED, "annual_revenue": certain(DATED["annual_revenue"], "normal"), "tab": True, "draws": 20}
    )
    assert drawn["p5"] == drawn["p95"] == compute("relief_from_royalty", {**DATED, "tab": True})["value"]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.01, 0.1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_the_mean_of_a_linear_question_goes_to_the_exact_value(seed, mode, down, up):
    royalty = {"distribution": "triangular", "low": mode * (1 - down), "mode": mode, "high": mode * (1 + up)}
    drawn = compute(
        "monte_carlo", {**RELIEF, "revenue": [1e6] * 5, "royalty_rate": royalty, "draws": 40_000, "seed": seed}
    )
    apart = abs(float(drawn["mean"]) - float(drawn["expected_value"]))
    assert apart <= 5 * float(drawn["sampling_error"]["mean"]) + 0.01


@pytest.mark.parametrize(
    ("shape", "mean", "std", "quantile"),
    [
        (Normal(D(3), D(2)), 3, 2, lambda p: NormalDist(3, 2).inv_cdf(p)),
        (
            LogNormal(D(3), D("0.5")),
            3,
            3 * math.sqrt(math.expm1(0.25)),
            lambda p: 3 * math.exp(0.5 * NormalDist().inv_cdf(p) - 0.125),
        ),
        (Uniform(D(1), D(5)), 3, 4 / math.sqrt(12), lambda p: 1 + 4 * p),
        (
            Triangular(D(0), D(1), D(4)),
            5 / 3,
            math.sqrt((0 + 1 + 16 - 0 - 4 - 0) / 18),
            lambda p: 2 * math.sqrt(p) if p < 0.25 else 4 - math.sqrt(12 * (1 - p)),
        ),
        # PERT(0, 2, 4) is Beta(3, 3) × 4; its distribution function is x³(10 − 15x + 6x²)
        (Pert(D(0), D(2), D(4)), 2, 4 * math.sqrt(9 / (36 * 7)), None),
        # PERT(0, 0, 6) is Beta(1, 5) × 6
        (Pert(D(0), D(0), D(6)), 1, 6 * math.sqrt(5 / (36 * 7)), lambda p: 6 * (1 - (1 - p) ** 0.2)),
        (
            Discrete((D(1), D(2), D(4)), (D("0.2"), D("0.5"), D("0.3"))),
            2.4,
            math.sqrt(0.2 * 1.96 + 0.5 * 0.16 + 0.3 * 2.56),
            lambda p: 1 if p < 0.2 else 2 if p < 0.7 else 4,
        ),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_distribution_has_its_moments_and_quantiles(shape, mean, std, quantile):
    u = (np.arange(200_000) + 0.5) / 200_000
    draws = shape.from_uniform(u) if shape.is_bounded else np.array([shape.at(one) for one in u[::100]])
    assert draws.mean() == pytest.approx(mean, rel=2e-3)
    assert draws.std() == pytest.approx(std, rel=2e-2)
    assert float(shape.mean) == pytest.approx(mean, rel=1e-12)
    for p in (0.001, 0.05, 0.3, 0.5, 0.71, 0.95, 0.999):
        if quantile is None:
            x = shape.at(p) / 4
            assert x**3 * (10 - 15 * x + 6 * x * x) == pytest.approx(p, abs=1e-7)
        else:
            assert shape.at(p) == pytest.approx(quantile(p), rel=1e-6)
    assert np.allclose(
        shape.from_normal(np.array([0.3, -1.2])), [shape.at(float(p)) for p in normal_cdf(np.array([0.3, -1.2]))]
    )


def test_the_share_under_a_loan_and_the_percentiles_are_those_of_the_closed_form():
    worth = {"distribution": "lognormal", "mean": 1000, "sigma": 0.5}
    drawn = compute(
        "monte_carlo", {"of": "replacement_cost", "current_cost": worth, "loan": 700, "draws": 400_000, "seed": 3}
    )
    known = compute("monte_carlo", {"mean_value": 1000, "sigma": 0.5, "loan": 700})
    for name in ("mean", "std", "p5", "p25", "p50", "p75", "p95", "prob_below_loan"):
        error = float(drawn["sampling_error"][name])
        assert abs(float(drawn[name]) - float(known[name])) < 4 * error, name
        assert float(known["sampling_error"][name]) == 0


def test_a_lognormal_value_at_its_edges():
    assert lognormal_value(100, 0, 100).below.value == 0
    assert lognormal_value(100, 0, 100.01).below.value == 1
    assert lognormal_value(100, 1, 0).below.value == 0
    assert lognormal_value(100, 1).below is None


def test_the_stated_error_is_the_one_that_many_seeds_show():
    question = {
        **RELIEF,
        "revenue": [1e6] * 3,
        "royalty_rate": {"distribution": "pert", "low": 0.01, "mode": 0.03, "high": 0.1},
        "loan": 60_000,
        "draws": 4000,
    }
    runs = [compute("monte_carlo", {**question, "seed": seed}) for seed in range(120)]
    for name in ("mean", "std", "p5", "p50", "p95", "prob_below_loan"):
        seen = np.std([float(run[name]) for run in runs])
        stated = np.mean([float(run["sampling_error"][name]) for run in runs])
        assert stated == pytest.approx(seen, rel=0.3), name


def test_the_same_seed_gives_the_same_figures_and_another_others():
    question = {
        **RELIEF,
        "royalty_rate": {"distribution": "uniform", "low": 0.01, "high": 0.1},
        "revenue": [1e6],
        "draws": 5000,
    }
    first = compute("monte_carlo", {**question, "seed": 7})
    assert compute("monte_carlo", {**question, "seed": 7}) == first
    assert compute("monte_carlo", {**question, "seed": "7"}) == first
    assert compute("monte_carlo", {**question, "seed": 8})["mean"] != first["mean"]


def test_the_figures_do_not_depend_on_how_draws_are_blocked(monkeypatch):
    question = {
        **RELIEF,
        "royalty_rate": {"distribution": "normal", "mean": 0.05, "std": 0.01},
        "revenue": [1e6],
        "draws": 3000,
    }
    whole = compute("monte_carlo", question)
    monkeypatch.setattr(engine, "BLOCK", 257)
    assert compute("monte_carlo", question) == whole


def test_a_number_made_certain_leaves_the_draws_of_the_others():
    royalty = {"distribution": "uniform", "low": 0.01, "high": 0.1}
    assert engine.stream(5, "royalty_rate").random() == engine.stream(5, "royalty_rate").random()
    alone = compute("monte_carlo", {**RELIEF, "revenue": [1e6], "royalty_rate": royalty, "draws": 999})
    beside = {"distribution": "uniform", "low": 0.25, "high": 0.25}
    assert (
        compute("monte_carlo", {**RELIEF, "revenue": [1e6], "royalty_rate": royalty, "tax_rate": beside, "draws": 999})[
            "p50"
        ]
        == alone["p50"]
    )


@pytest.mark.parametrize("wanted", [-0.8, 0.0, 0.6])
def test_correlated_numbers_are_correlated(wanted):
    question = {
        "of": "incremental_cash_flow",
        "with_asset": [{"distribution": "normal", "mean": 1000, "std": 100}],
        "without_asset": [{"distribution": "normal", "mean": 500, "std": 50}],
        "discount_rate": 0,
        "draws": 200_000,
        "correlation": [[1, wanted], [wanted, 1]],
    }
    drawn = compute("monte_carlo", question)
    # Var(X − Y) = σ² + τ² − 2ρστ
    assert float(drawn["std"]) == pytest.approx(math.sqrt(100**2 + 50**2 - 2 * wanted * 5000), rel=0.01)
    named = {"between": ["without_asset[0]", "with_asset[0]"], "matrix": [[1, wanted], [wanted, 1]]}
    assert compute("monte_carlo", {**question, "correlation": named}) == drawn


def test_correlation_leaves_each_number_its_own_distribution():
    one = {"distribution": "pert", "low": 0, "mode": 10, "high": 100}
    other = {"distribution": "discrete", "values": [0], "probabilities": [1]}
    question = {
        "of": "incremental_cash_flow",
        "with_asset": [one, other],
        "without_asset": [0, 0],
        "discount_rate": 0,
        "draws": 100_000,
    }
    alone, together = (
        compute("monte_carlo", question),
        compute("monte_carlo", {**question, "correlation": [[1, 0.9], [0.9, 1]]}),
    )
    for name in ("mean", "p5", "p50", "p95"):
        assert float(together[name]) == pytest.approx(float(alone[name]), rel=0.02)


def test_draws_outside_a_field_are_counted():
    drawn = compute(
        "monte_carlo",
        {**RELIEF, "royalty_rate": {"distribution": "normal", "mean": 0.05, "std": 0.05}, "draws": 50_000},
    )
    assert float(drawn["outside_domain"]["royalty_rate"]) == pytest.approx(NormalDist().cdf(-1), abs=0.01)


def test_the_tornado_is_sorted_by_swing_and_exact():
    drawn = compute(
        "monte_carlo",
        {
            **RELIEF,
            "royalty_rate": {"distribution": "uniform", "low": 0.04, "high": 0.06},
            "tax_rate": {"distribution": "uniform", "low": 0.2, "high": 0.3},
            "draws": 100,
        },
    )
    assert [bar["field"] for bar in drawn["tornado"]] == ["royalty_rate", "tax_rate"]
    bar = drawn["tornado"][0]
    assert bar["high_value"] == compute("relief_from_royalty", {**RELIEF, "royalty_rate": bar["high"]})["value"]
    table = compute("tornado", {**RELIEF, "ranges": {"tax_rate": [0, "0.5"], "revenue[1]": [0, 200]}})
    assert {one["field"]: (one["low_value"], one["high_value"]) for one in table["tornado"]} == {
        "tax_rate": (
            compute("relief_from_royalty", {**RELIEF, "tax_rate": 0})["value"],
            compute("relief_from_royalty", {**RELIEF, "tax_rate": 0.5})["value"],
        ),
        "revenue[1]": (
            compute("relief_from_royalty", {**RELIEF, "revenue": [100, 0]})["value"],
            compute("relief_from_royalty", {**RELIEF, "revenue": [100, 200]})["value"],
        ),
    }


def test_scenarios_change_several_numbers_at_once():
    cases = [
        {"name": "low", "changes": {"royalty_rate": "0.02", "revenue[0]": 50}},
        {"name": "as it is", "changes": {}},
    ]
    table = compute("scenarios", {**RELIEF, "cases": cases})
    assert (
        table["rows"][0]["value"]
        == compute("relief_from_royalty", {**RELIEF, "royalty_rate": 0.02, "revenue": [50, 100]})["value"]
    )
    assert (table["rows"][1]["value"], table["rows"][1]["change"]) == (table["value"], "0.00")


def test_summaries_are_those_of_the_library():
    values = np.random.default_rng(4).gamma(2.0, 3.0, 10_001)
    known = np.percentile(values, [5, 25, 50, 75, 95])
    under = float((values < 4).mean())
    summary = summarise(values.copy(), 4.0)
    assert [one.value for one in summary.percentiles.values()] == pytest.approx(known.tolist(), rel=1e-12)
    assert summary.std.value == pytest.approx(float(values.std(ddof=1)), rel=1e-12)
    assert summary.below.value == under
    assert percentile(np.array([1.0, 2.0]), 0.5).value == 1.5


def test_a_million_draws_need_little_memory():
    question = {**RELIEF, "revenue": [1e6] * 10, "royalty_rate": {"distribution": "uniform", "low": 0.01, "high": 0.1}}
    compute("monte_carlo", {**question, "draws": 100})
    tracemalloc.start()
    compute("monte_carlo", question)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


def test_a_histogram_counts_every_draw_once() -> None:
    values = np.random.default_rng(5).lognormal(0, 0.6, 10_000)
    again = values.copy()
    found = summarise(values).histogram
    assert found is not None and len(found.counts) == 40
    assert found.under + sum(found.counts) + found.over == len(values)
    assert (found.under, found.over) == (50, 50)
    edges = np.linspace(found.low, found.high, 41)
    counts, _edges = np.histogram(again, bins=edges)
    assert found.counts == tuple(int(one) for one in counts)


def test_draws_of_one_value_are_one_bin_without_width() -> None:
    found = summarise(np.full(100, 7.0)).histogram
    assert found is not None and (found.low, found.high, found.counts, found.under, found.over) == (7, 7, (100,), 0, 0)
    answer = compute("monte_carlo", {**RELIEF, "draws": 50})
    assert sum(answer["histogram"]["counts"]) == 50 and answer["histogram"]["low"] == answer["value"]
    assert "histogram" not in compute("monte_carlo", {"mean_value": 100, "sigma": 0.5})
