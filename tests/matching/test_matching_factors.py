"""Each factor by its rule, and what decisions teach."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from listings.assets.states import LegalStatus
from listings.catalogue.states import Mode, PriceMode
from listings.matching import weighing
from listings.matching.factors import Factor, FactorCode, NeedFacts, OfferFacts, factors
from listings.matching.industries import FIELDS, field_of, sector_of

TODAY = date(2026, 11, 23)


def fit(code: FactorCode, need: NeedFacts | None = None, offer: OfferFacts | None = None) -> float | None:
    found = factors(need or NeedFacts(), offer or OfferFacts(), TODAY)
    assert [one.code for one in found] == list(FactorCode)
    return next(one.fit for one in found if one.code == code)


def test_nothing_said_means_nothing_known() -> None:
    assert {one.fit for one in factors(NeedFacts(), OfferFacts(), TODAY)} == {None}


@pytest.mark.parametrize(
    ("wanted", "given", "expected"),
    [
        ("H01M 10/0525", "H01M10/058", 1.0),
        ("H01M10/0525", "H01M4/62", 0.85),
        ("H01M1/00", "H01M10/00", 0.85),
        ("H01M10/0525", "H01B1/00", 0.6),
        ("H01M10/0525", "H02J7/00", 0.3),
        ("H01M10/0525", "A61K8/00", 0.0),
        ("H01M", "H01M4/62", 1.0),
        ("H", "H02J7/00", 1.0),
    ],
)
def test_classification(wanted: str, given: str, expected: float) -> None:
    assert fit(FactorCode.IPC, NeedFacts(ipc=(wanted,)), OfferFacts(ipc=(given,))) == expected


@pytest.mark.parametrize(
    ("symbol", "field"),
    [
        ("H01L 21/02", 8), ("H01M10/05", 1), ("A61K 8/02", 14), ("A61K31/00", 16), ("G01N33/53", 11),
        ("G01N 21/00", 10), ("G06Q10/00", 7), ("G06F 3/01", 6), ("H04N 7/18", 3), ("H04N 5/00", 2),
        ("C12N1/00", 15), ("E21B43/00", 35), ("B60L 53/00", 32), ("F16J15/32", 31), ("C08J5/22", 29),
        ("A01N1/00", 19), ("A01B1/00", 29),
    ],
)  # fmt: skip
def test_fields_of_technology(symbol: str, field: int) -> None:
    assert field_of(symbol) == field


def test_every_field_has_a_sector_and_what_is_no_symbol_has_none() -> None:
    assert {sector_of(field) for field in FIELDS} == {0, 1, 2, 3, 4}
    assert field_of("nothing") is None


def test_industry_looks_past_the_class() -> None:
    need = NeedFacts(ipc=("H01M10/05",))
    assert fit(FactorCode.INDUSTRY, need, OfferFacts(ipc=("H02J7/00",))) == 1.0
    assert fit(FactorCode.INDUSTRY, need, OfferFacts(ipc=("G06F3/01",))) == 0.5
    assert fit(FactorCode.INDUSTRY, need, OfferFacts(ipc=("A47B1/00",))) == 0.0


def test_region() -> None:
    need = NeedFacts(regions=("330802", "330800", "330000"))
    for given, expected in (
        (("330802", "330800", "330000"), 1.0),
        (("330803", "330800", "330000"), 0.7),
        (("330100", "330000"), 0.6),
        (("440100", "440000"), 0.5),
    ):
        assert fit(FactorCode.REGION, need, OfferFacts(regions=given)) == expected


def test_price() -> None:
    need = NeedFacts(budget_min=Decimal(50), budget_max=Decimal(100))

    def at(amount: str, **given: str) -> float | None:
        return fit(FactorCode.PRICE, need, OfferFacts(price_mode=PriceMode.FIXED, price_min=Decimal(amount), **given))

    assert (at("100"), at("125"), at("200"), at("900")) == (1.0, 0.75, 0.0, 0.0)
    assert at("10", currency="USD") is None
    assert fit(FactorCode.PRICE, need, OfferFacts(price_mode=PriceMode.NEGOTIABLE, price_min=Decimal(1))) is None
    assert fit(FactorCode.PRICE, NeedFacts(), OfferFacts(price_mode=PriceMode.FIXED, price_min=Decimal(1))) is None


def test_kind_of_deal() -> None:
    need = NeedFacts(modes=frozenset({Mode.ORDINARY}))
    assert fit(FactorCode.LICENCE, need, OfferFacts(mode=Mode.ORDINARY)) == 1.0
    assert fit(FactorCode.LICENCE, need, OfferFacts(mode=Mode.EXCLUSIVE)) == 0.4
    assert fit(FactorCode.LICENCE, need, OfferFacts(mode=Mode.TRANSFER)) == 0.0


def test_readiness_and_years_left() -> None:
    assert [fit(FactorCode.READINESS, offer=OfferFacts(readiness=level)) for level in (1, 5, 9)] == [0.0, 0.5, 1.0]
    assert fit(FactorCode.TERM, offer=OfferFacts(expires_on=date(2040, 1, 1))) == 1.0
    assert fit(FactorCode.TERM, offer=OfferFacts(expires_on=date(2031, 11, 23))) == pytest.approx(0.5, abs=0.01)
    assert fit(FactorCode.TERM, offer=OfferFacts(expires_on=date(2020, 1, 1))) == 0.0


def test_the_weakest_right_counts_and_an_entry_halves_it() -> None:
    def of(*statuses: str, **given: frozenset[str]) -> float | None:
        return fit(FactorCode.RIGHTS, offer=OfferFacts(statuses=frozenset(statuses), **given))

    assert of(LegalStatus.IN_FORCE) == 1.0
    assert of(LegalStatus.IN_FORCE, LegalStatus.PENDING) == 0.5
    assert of(LegalStatus.LAPSED, LegalStatus.IN_FORCE) == 0.0
    assert of(LegalStatus.IN_FORCE, encumbrances=frozenset({"pledge"})) == 0.5
    assert of(LegalStatus.UNKNOWN) is None


def test_reasons_are_said_in_both_languages() -> None:
    offer = OfferFacts(readiness=7)
    said = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said[language] = next(
                f.reason for f in factors(NeedFacts(), offer, TODAY) if f.code == FactorCode.READINESS
            )
    assert said == {"zh-hans": "技术成熟度 7 级（共 9 级）。", "en": "Technology readiness 7 of 9."}


def test_the_total_moves_only_by_what_is_known() -> None:
    weights = weighing.beginning()
    for given, expected in ((None, 1.0), (0.5, 1.0), (1.0, 1.0625), (0.0, 0.9375)):
        assert weighing.total(1.0, [Factor(FactorCode.PRICE, given, "")], weights) == pytest.approx(expected)
    every = [Factor(code, 1.0, "") for code in FactorCode]
    assert weighing.total(2.0, every, weights) == pytest.approx(3.0)
    most = dict.fromkeys(FactorCode, weighing.MOST)
    assert weighing.total(1.0, [Factor(code, 0.0, "") for code in FactorCode], most) == 0.0


def test_lessons_stay_within_bounds_and_move_only_what_was_said() -> None:
    found = [Factor(FactorCode.PRICE, 0.1, ""), Factor(FactorCode.TERM, 0.9, ""), Factor(FactorCode.REGION, None, "")]
    begin = weighing.beginning()
    kept = weighing.after_shortlisting(begin, found)
    assert {code for code in FactorCode if kept[code] != begin[code]} == {FactorCode.TERM}
    named = weighing.after_dismissal(begin, found, [FactorCode.PRICE])
    assert named[FactorCode.PRICE] == begin[FactorCode.PRICE] + 2 * weighing.STEP
    assert named[FactorCode.TERM] == begin[FactorCode.TERM] - weighing.STEP
    unnamed = weighing.after_dismissal(begin, found, [])
    assert {code for code in FactorCode if unnamed[code] != begin[code]} == {FactorCode.PRICE}
    for _ in range(30):
        named = weighing.after_dismissal(named, found, [FactorCode.PRICE])
    assert (named[FactorCode.PRICE], named[FactorCode.TERM]) == (weighing.MOST, weighing.LEAST)
    assert weighing.from_stored({"price": 9.0, "term": -1}) == {
        **begin, FactorCode.PRICE: weighing.MOST, FactorCode.TERM: weighing.LEAST
    }  # fmt: skip
