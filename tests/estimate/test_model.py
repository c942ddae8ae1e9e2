"""The estimate's model: what moves it, how it is held to belief, and that its error is the one it has."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from tests.estimate.makers import AREAS, ON, facts, sales
from valuation.estimate import model
from valuation.estimate.effects import BY_CODE, REFERENCE_TERM
from valuation.estimate.facts import lack_of
from valuation.estimate.model import Fit, fit, guess_many, rounded

SOLD = sales(60)


@pytest.fixture(scope="module")
def made() -> Fit:
    return fit(SOLD)[0]


def middle(made: Fit, **given: object) -> Decimal:
    return guess_many(made, [(facts(**given), ON)])[0].middle


def test_the_reference_patent_is_moved_by_nothing(made: Fit) -> None:
    guess = guess_many(made, [(facts(area="Z99Z"), ON)])[0]
    assert guess.base == guess.middle
    assert all(abs(part.factor - 1) < 0.002 for part in guess.parts), guess.parts


def test_the_parts_lead_from_the_base_to_the_middle(made: Fit) -> None:
    for one in SOLD[:20]:
        guess = guess_many(made, [(one.facts, ON)])[0]
        product = float(guess.base) * math.prod(part.factor for part in guess.parts)
        assert abs(product / float(guess.middle) - 1) < 0.11  # both stand rounded to two figures


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"expires_on": ON + timedelta(days=1400)}, {"expires_on": ON + timedelta(days=5000)}),
        ({"offices": 1}, {"offices": 5}),
        ({"cited_by": 0}, {"cited_by": 12}),
        ({"claims": 2}, {"claims": 16}),
        ({"kind": "utility_model"}, {"kind": "invention"}),
        ({"is_granted": False, "status": "pending"}, {}),
        ({"status": "in_grace"}, {}),
        ({"is_challenged": True}, {}),
        ({"is_licensed": True}, {}),
    ],
)
def test_facts_move_the_estimate_their_way(made: Fit, less: dict[str, object], more: dict[str, object]) -> None:
    assert middle(made, **less) < middle(made, **more)


def test_a_stream_over_the_term_left() -> None:
    """The measure of the term against its closed form, at four years: (1 − e^(−0.8)) ÷ (1 − e^(−2))."""
    four = facts(expires_on=ON + timedelta(days=1461))
    expected = math.log((1 - math.exp(-0.2 * 1461 / 365.25)) / (1 - math.exp(-0.2 * REFERENCE_TERM)))
    assert BY_CODE["term"].measure(four, ON) == pytest.approx(expected)
    assert BY_CODE["term"].measure(facts(expires_on=ON + timedelta(days=1)), ON) < expected


def test_leaving_out_by_formula_is_leaving_out_indeed() -> None:
    """The closed form of the back-test against fits made without the sale, one by one."""
    sold = SOLD[:25]
    _made, test = fit(sold)
    for at, missed in enumerate(test.sales):
        others = [one for other, one in enumerate(sold) if other != at]
        without, _ = fit(others)
        assert guess_many(without, [(sold[at].facts, ON)])[0].middle == missed.middle


def test_the_fit_agrees_with_another_way_of_solving_it() -> None:
    """Least squares with the beliefs as further rows gives the same weights (an independent calculation)."""
    made, _test = fit(SOLD)
    x, _unseen = model.matrix([(one.facts, one.on) for one in SOLD], made.places)
    y = np.array([math.log(one.price) for one in SOLD])
    means, doubts = (np.array(column) for column in zip(*(model._belief(name) for name in made.names), strict=True))
    rows = np.vstack([x / model.NOISE, np.diag(1 / doubts)])
    wanted = np.concatenate([y / model.NOISE, means / doubts])
    solved = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    assert np.allclose(solved, made.weights, atol=1e-8)


def test_its_error_is_the_noise_of_the_sales_and_half_lie_inside() -> None:
    _made, test = fit(sales(400, noise=0.4))
    assert test.typical_error == pytest.approx(0.6745 * 0.4, rel=0.2)  # the median of |N(0, 0.4)|
    assert 0.44 < test.inside < 0.56
    assert test.typical_error < test.plain_error
    _made, quiet = fit(sales(200, noise=0.1))
    assert quiet.typical_error < quiet.plain_error / 2
    assert test.factor == pytest.approx(math.exp(test.typical_error))


def test_one_sale_moves_its_field_by_less_than_half_and_many_move_it_all_the_way() -> None:
    base = [one for one in sales(80, noise=0.2) if one.facts.area != "A61K"]
    tenfold = model.Sale(facts(99, area="A61K"), ON, Decimal(9_000_000), "X")
    one = fit([*base, tenfold])[0]
    many = fit([*base, *[tenfold] * 25])[0]
    plain = middle(fit(base)[0], area="A61K")
    assert plain < middle(one, area="A61K") < plain * Decimal(10).sqrt()
    assert middle(many, area="A61K") > 6 * plain


def test_what_was_never_sold_gets_a_wider_range(made: Fit) -> None:
    known, strange = guess_many(made, [(facts(area=AREAS[0]), ON), (facts(area="Q99Q"), ON)])
    assert strange.high / strange.low > known.high / known.low
    assert known.low < known.middle < known.high


def test_prices_scale_with_prices() -> None:
    """Ten times the prices, ten times the estimate, but for what is believed of the base."""
    once, tenfold = fit(sales(200))[0], fit(sales(200, base=9_000_000))[0]
    assert float(middle(tenfold)) / float(middle(once)) == pytest.approx(10, rel=0.06)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, ""),
        ({"status": "lapsed"}, "ended"),
        ({"expires_on": ON}, "ended"),
        ({"status": "unknown"}, "status_unknown"),
        ({"kind": "plant"}, "kind_not_covered"),
        ({"filed_on": None}, "filing_unknown"),
        ({"expires_on": None}, "expiry_unknown"),
        ({"area": ""}, "field_unknown"),
        ({"is_disputed": True}, "disputed"),
    ],
)
def test_what_is_missing_is_said(given: dict[str, object], code: str) -> None:
    assert lack_of(facts(**given), ON) == code


def test_as_it_stood_when_it_was_sold() -> None:
    now = facts(granted_on=date(2024, 5, 1), status="lapsed", is_challenged=True)
    then = now.on_day(date(2023, 5, 1), frozenset({"licence"}))
    assert (then.status, then.is_granted, then.is_licensed, then.is_challenged) == ("pending", False, True, False)
    assert now.on_day(date(2025, 1, 1), frozenset()).status == "in_force"


def test_two_figures() -> None:
    assert [rounded(math.log(value)) for value in (1_234_567, 98_765, 640)] == [
        Decimal("1200000.00"),
        Decimal("99000.00"),
        Decimal("640.00"),
    ]
