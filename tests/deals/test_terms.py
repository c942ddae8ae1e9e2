"""Terms of an offer: what is sound, how versions differ, and that they survive being written down."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from listings.catalogue.states import Mode
from listings.deals.talks.presenting import term_lines
from listings.deals.terms import LABELS, Milestone, Terms, differences
from marketplace.core.money import LARGEST
from tests.deals.talks import terms

VALID = timezone.now() + timedelta(days=3)
FULL = Terms(
    price=Decimal("1000000.00"),
    mode=Mode.EXCLUSIVE,
    territories=("330000",),
    fields_of_use=("C08J",),
    starts_on=date(2027, 1, 1),
    term_months=36,
    royalty_pct=Decimal("3.5"),
    royalty_base="net sales",
    royalty_minimum=Decimal("50000.00"),
    upfront=Decimal("400000.00"),
    milestones=(Milestone("signing", Decimal("400000.00"), 0), Milestone("handover", Decimal("600000.00"), 90)),
    deposit=Decimal("100000.00"),
    hold_back_pct=Decimal("5"),
    hold_back_days=180,
    tax_by="split",
    annuity_by="holder",
    records="holder",
    conditions="Training for two engineers.",
    valid_until=VALID,
)


def test_sound_terms_have_no_problem():
    assert FULL.problems() == [] and terms().problems() == []


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("price", {"price": Decimal("0.00")}),
        ("price", {"price": Decimal("-1.00")}),
        ("price", {"price": Decimal("1.005")}),
        ("price", {"price": Decimal("NaN")}),
        ("price", {"price": Decimal("1e30")}),
        ("deposit", {"deposit": Decimal("4600000.01")}),
        ("upfront", {"upfront": Decimal("4600000.01")}),
        ("currency", {"currency": "XXX"}),
        ("hold_back_pct", {"hold_back_pct": Decimal("5")}),
        ("hold_back_pct", {"hold_back_days": 5}),
        ("hold_back_pct", {"hold_back_pct": Decimal("100"), "hold_back_days": 5}),
        ("hold_back_pct", {"hold_back_pct": Decimal("5"), "hold_back_days": 4000}),
        ("mode", {"mode": "lease"}),
        ("milestones", {"milestones": (Milestone("a", Decimal("1.00"), 0),)}),
        ("milestones", {"milestones": (Milestone("", Decimal("4600000.00"), 0),)}),
        ("milestones", {"milestones": tuple(Milestone("a", Decimal("1.00"), 0) for _ in range(13))}),
        ("tax_by", {"tax_by": "nobody"}),
        ("conditions", {"conditions": "x" * 8001}),
        ("royalty_pct", {"mode": Mode.SOLE, "royalty_pct": Decimal("0"), "royalty_base": "net sales"}),
        ("royalty_base", {"mode": Mode.SOLE, "royalty_pct": Decimal("3")}),
        ("royalty_minimum", {"mode": Mode.SOLE, "royalty_minimum": Decimal("3.00")}),
        ("term_months", {"mode": Mode.SOLE, "term_months": 241}),
        ("term_months", {"mode": Mode.SOLE, "term_months": 0}),
        ("royalty_pct", {"mode": Mode.SOLE, "royalty_pct": Decimal("100.001"), "royalty_base": "net sales"}),
        ("milestones", {"milestones": (Milestone("a", Decimal("4600000.00"), 3651),)}),
        ("milestones", {"milestones": (Milestone("a", Decimal("0.00"), 0), Milestone("b", Decimal("4600000.00"), 0))}),
    ],
)
def test_every_unsound_term_is_named(field, change):
    assert field in [name for name, _sentence in terms(**change).problems()]


@pytest.mark.parametrize(
    "change",
    [
        {"price": LARGEST},
        {"price": Decimal("0.01")},
        {"deposit": Decimal("4600000.00")},
        {"upfront": Decimal("4600000.00")},
        {"hold_back_pct": Decimal("99.999"), "hold_back_days": 1095},
        {"conditions": "x" * 8000},
        {"mode": Mode.SOLE, "royalty_pct": Decimal("100"), "royalty_base": "net sales"},
        {"mode": Mode.SOLE, "term_months": 1},
        {"mode": Mode.SOLE, "term_months": 240},
        {"milestones": (Milestone("a", Decimal("0.01"), 0), Milestone("b", Decimal("4599999.99"), 3650))},
        {"milestones": (*[Milestone("a", Decimal("0.01"), 0)] * 11, Milestone("b", Decimal("4599999.89"), 1))},
    ],
)
def test_the_limits_themselves_are_allowed(change):
    assert terms(**change).problems() == []


def test_no_difference_between_equal_terms_and_one_for_each_that_changed():
    assert differences(FULL, FULL) == []
    other = terms(price=Decimal("2.00"), valid_until=VALID, currency="USD")
    found = {one.field for one in differences(FULL, other)}
    assert found == set(LABELS) - {"valid_until"}


def test_terms_survive_json():
    import json

    assert Terms.from_dict(json.loads(json.dumps(FULL.as_dict()))) == FULL
    plain = terms()
    assert Terms.from_dict(json.loads(json.dumps(plain.as_dict()))) == plain


@pytest.mark.parametrize("told", [{}, {"price": "x", "valid_until": "2026-01-01"}, {"price": "1", "valid_until": "no"}])
def test_what_is_no_terms_is_refused(told):
    with pytest.raises(ValueError):
        Terms.from_dict(told)


@pytest.mark.parametrize(("mode", "taker"), [(Mode.TRANSFER, "受让方"), (Mode.ORDINARY, "被许可方")])
def test_who_takes_a_licence_is_called_a_licensee(mode: str, taker: str):
    with translation.override("zh-hans"):
        told = dict(term_lines(terms(mode=mode, annuity_by="buyer", records="buyer")))
        assert told[str(LABELS["annuity_by"])] == told[str(LABELS["records"])] == taker
