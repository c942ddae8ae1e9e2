"""The rubric as data, its weights, what the register answers, and the worksheets' reading."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.core.errors import DomainError
from tests import cast
from tests.appraisals import stages
from valuation.appraisals import engine, pictures, rubrics, scoring
from valuation.appraisals.refusals import UnknownIndicator
from valuation.appraisals.services import scores
from valuation.appraisals.states import Purpose
from valuation.appraisals.worksheets import BY_METHOD, read, written

DATA = rubrics._files()[0][0]
CODES = [one.code for one in rubrics.indicators(DATA)]
FACTS = scoring.Facts(
    status="in_force", is_granted=True, patent_kind="invention", filed_on=date(2020, 5, 6), expires_on=date(2040, 5, 6),
    family=6, offices=4, claims=12, ipc=2, cited_by=7, licences=1, assignments=1, pledges=0, suits=0, invalidations=0,
    on=date(2026, 11, 23),
)  # fmt: skip


def test_the_shape_is_three_fourteen_twenty_seven_and_says_that_it_is_not_verified() -> None:
    seconds = [second for first in DATA["firsts"] for second in first["seconds"]]
    assert (len(DATA["firsts"]), len(seconds), len(CODES)) == (3, 14, 27)
    assert DATA["is_verified"] is False and DATA["note_zh"] and DATA["note_en"]
    assert set(DATA["weights_of_firsts"]) == set(Purpose.values)


def test_weights_that_do_not_fit_are_refused() -> None:
    broken = copy.deepcopy(DATA)
    broken["firsts"][0]["seconds"][0]["weight"] += 1
    with pytest.raises(rubrics.RubricWrong):
        rubrics.check(broken)


@given(given_points=st.lists(st.one_of(st.none(), st.integers(0, 100)), min_size=len(CODES), max_size=len(CODES)))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_weighed_score_lies_between_the_least_and_the_most_given(given_points: list[int | None]) -> None:
    points = {code: Decimal(one) for code, one in zip(CODES, given_points, strict=True) if one is not None}
    firsts, whole = rubrics.weigh(DATA, points, Purpose.PLEDGE)
    known = [one.points for one in firsts if one.points is not None]
    assert all(min(points.values()) <= one <= max(points.values()) for one in known)
    assert (whole is None) == (len(known) < 3)
    if whole is not None:
        assert min(known) - Decimal("0.1") <= whole <= max(known) + Decimal("0.1")


def test_full_marks_are_a_hundred_for_every_purpose() -> None:
    for purpose in Purpose.values:
        assert rubrics.weigh(DATA, dict.fromkeys(CODES, Decimal(100)), purpose)[1] == Decimal("100.0")


def test_computed_scores_say_from_what_and_are_the_rubrics_own() -> None:
    computed = {one.code for one in rubrics.indicators(DATA) if one.is_computed}
    found = {one.indicator: one for one in scoring.points_of(FACTS)}
    assert set(found) == computed
    assert all(one.evidence and one.basis and 0 <= one.points <= 100 for one in found.values())


def test_what_the_register_does_not_know_is_left_to_a_person() -> None:
    unknown = replace(FACTS, family=None, offices=None, claims=None, cited_by=None, ipc=0, expires_on=None)
    left = {one.indicator for one in scoring.points_of(FACTS)} - {one.indicator for one in scoring.points_of(unknown)}
    assert left == {"family", "claim_type", "citations", "fields", "remaining_life"}


def test_less_term_means_fewer_points() -> None:
    def points(year: int) -> Decimal:
        found = scoring.points_of(replace(FACTS, expires_on=date(year, 5, 6)))
        return next(one.points for one in found if one.indicator == "remaining_life")

    assert points(2028) < points(2034) < points(2040)


@pytest.mark.django_db
def test_an_appraiser_scores_only_what_is_not_computed() -> None:
    order = stages.drafting_stage()
    a = stages.member(cast.val(), "a").actor
    scores.compute_scores(order_id=order.pk, by=a)
    asset = order.subject_rights[0]
    told = {"order_id": order.pk, "asset_id": asset.pk, "points": Decimal(80), "evidence": "专家意见", "by": a}
    with pytest.raises(UnknownIndicator):
        scores.give_score(indicator="validity", **told)
    scores.give_score(indicator="problem", **told)
    scores.compute_scores(order_id=order.pk, by=a)
    assert order.scores.get(indicator="problem").points == 80
    assert order.scores.filter(is_computed=True).count() >= 5


@pytest.mark.parametrize(
    ("typed", "kept"), [("4.2%", "0.042"), ("1,000,000", "1000000"), ("0.15", "0.15"), ("abc", "abc"), ("１", "１")]
)
def test_figures_are_read_as_typed_and_left_to_the_engine_otherwise(typed: str, kept: str) -> None:
    assert read(BY_METHOD["replacement_cost"], {"current_cost": typed})["current_cost"] == kept


def test_what_is_written_reads_back() -> None:
    for method, given_input in (("relief_from_royalty", stages.INCOME), ("replacement_cost", stages.COST)):
        sheet = BY_METHOD[method]
        assert read(sheet, written(sheet, given_input)) == given_input


def test_every_worksheet_asks_for_what_its_method_takes() -> None:
    """The engine computes each method from a filled worksheet, and names a field of it when one is left empty."""
    filled = {"amount": "1000000", "rate": "0.1", "number": "5", "amounts": "100000\n120000"}
    for method, sheet in BY_METHOD.items():
        text = {
            one.name: ", ".join(["500000"] * len(one.columns)) if one.sort == "rows" else filled.get(one.sort, "")
            for one in sheet.entries
        }
        assert engine.value_of(engine.run(method, read(sheet, text))) is not None
        first = next(one for one in sheet.entries if one.is_required)
        with pytest.raises(DomainError) as refused:
            engine.run(method, read(sheet, {**text, first.name: ""}))
        assert refused.value.field.startswith(first.name)


def test_the_simulation_is_the_same_for_the_same_seed_and_the_tornado_is_widest_first() -> None:
    uncertain = {"revenue": {"spread": "0.2"}, "royalty_rate": {"low": "0.034", "high": "0.051"}}
    found = engine.simulate("relief_from_royalty", stages.INCOME, uncertain, seed=7)
    assert found == engine.simulate("relief_from_royalty", stages.INCOME, uncertain, seed=7)
    assert found["p5"] != engine.simulate("relief_from_royalty", stages.INCOME, uncertain, seed=8)["p5"]
    swings = engine.tornado("relief_from_royalty", stages.INCOME, uncertain)
    assert [one.width for one in swings] == sorted((one.width for one in swings), reverse=True)
    exact = engine.value_of(engine.run("relief_from_royalty", stages.INCOME))
    assert all(min(one.at_low, one.at_high) < exact < max(one.at_low, one.at_high) for one in swings)
    assert engine.simulate("relief_from_royalty", stages.INCOME, {}, seed=7) == {}


def test_pictures_escape_words_and_stay_empty_without_rows() -> None:
    assert pictures.tornado([], base=Decimal(1), base_text="", label="") == ""
    reach = pictures.Reach("<b>", Decimal(1), Decimal(3), "1", "3")
    assert "&lt;b&gt;" in pictures.tornado([reach], base=Decimal(2), base_text="2", label="x")
    assert pictures.radar([pictures.Spoke("a", None)] * 2, label="x") == ""
    assert 'class="web"' in pictures.radar([pictures.Spoke("a", Decimal(50))] * 4, label="x")
