"""Closed deals as comparables: told in groups, so that nobody's price can be known from them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from tests import cast
from tests.appraisals import stages
from tests.estimate.makers import facts
from valuation.appraisals.comparables import LEAST, ModeWrong, _beside, candidates, mode_of, tells_nobody, two_figures
from valuation.estimate.model import Sale
from valuation.estimate.sales import Closed

SUBJECT = facts(1, area="H01M")


def deal(at: int, price: str = "1234567.00", area: str = "H01M", *, seller: int = 0, year: int = 2025) -> Closed:
    sold = facts(100 + at, area=area)
    return Closed(Sale(sold, date(year, 5, 1), Decimal(price), f"D{at}"), "transfer", seller or at, 1000 + at)


def beside(*deals: Closed):
    return _beside(SUBJECT, deals, "transfer", "CNY")


def test_a_price_stands_only_among_three() -> None:
    assert beside(deal(1), deal(2)).rows == ()
    found = beside(deal(1, "1000000.00"), deal(2, "2000000.00"), deal(3, "4000000.00"))
    assert found.nearness == "area" and [row.price for row in found.rows] == [1_000_000, 2_000_000, 4_000_000]
    assert (found.median, found.dispersion) == (Decimal("2000000.00"), Decimal("0.5000"))


def test_three_deals_of_one_seller_are_one_voice() -> None:
    assert not tells_nobody([deal(1, seller=7), deal(2, seller=7), deal(3, seller=7)])
    assert beside(deal(1, seller=7), deal(2, seller=7), deal(3)).rows == ()


def test_too_few_in_the_subclass_widen_to_the_section_then_to_the_kind() -> None:
    assert beside(deal(1), deal(2), deal(3, area="H04L")).nearness == "section"
    assert beside(deal(1), deal(2), deal(3, area="A61K")).nearness == "kind"
    assert len(beside(deal(1), deal(2), deal(3), deal(4, area="A61K")).rows) == 3


def test_a_year_is_told_only_where_three_share_it() -> None:
    found = beside(deal(1), deal(2), deal(3), deal(4, year=2026))
    assert sorted(str(row.year) for row in found.rows) == ["2025", "2025", "2025", "None"]
    assert (found.first, found.last) == (2025, 2026)


def test_rows_hold_no_more_than_two_figures_and_no_names() -> None:
    found = beside(deal(1), deal(2), deal(3))
    assert {row.price for row in found.rows} == {Decimal("1200000.00")}
    assert set(found.rows[0].__slots__) == {"price", "year"}
    assert two_figures(Decimal("98765.43")) == Decimal("99000.00") and LEAST == 3


@pytest.mark.django_db
def test_the_agency_alone_is_offered_them() -> None:
    order = stages.drafting_stage()
    assert [one.rows for one in candidates(order)] == [()]
    assert mode_of(order) == "transfer"
    with pytest.raises(ModeWrong):
        candidates(order, "gift")
    url = reverse("appraisal_comparables", args=[order.number])
    assert cast.val().signed_in().get(url).status_code == 200
    assert cast.ines().signed_in().get(url).status_code == 404
    told = cast.val().signed_in().get(f"/api/v1/appraisals/{order.number}/comparables/?mode=ordinary").json()
    assert [(one["mode"], one["count"], one["rows"]) for one in told] == [("ordinary", 0, [])]
    wrong = cast.val().signed_in().get(f"/api/v1/appraisals/{order.number}/comparables/?mode=gift")
    assert wrong.status_code == 422
