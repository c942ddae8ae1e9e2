"""Estimates of rights in the register: what they are read from, when there is none, and who is shown what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from listings.rights.states import EntryKind, LicenceType
from marketplace.core import clock
from marketplace.payments.gateways.ports import providers
from tests import cast
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages
from tests.estimate.makers import sales
from tests.rights.makers import entered, licensed
from tests.world import index_everything
from valuation.estimate.sales import closed_sales
from valuation.estimate.services import estimate_of, estimates_of, keep, refit
from valuation.models import EstimateFit

pytestmark = pytest.mark.django_db


def test_a_right_of_the_register_has_a_range_with_its_reasons() -> None:
    keep(sales(40))
    right = a_right()
    found = estimate_of(right.pk)
    assert found is not None and found.lack == "" and found.guess is not None
    assert found.guess.low < found.guess.middle < found.guess.high
    codes = [part.code for part in found.guess.parts]
    assert codes == ["kind", "field", "term", "age", "family", "citations", "claims"]


def test_what_the_register_learns_is_in_the_next_reading() -> None:
    keep(sales(40))
    right = a_right()
    before = estimate_of(right.pk).guess.middle
    licensed(right, LicenceType.EXCLUSIVE)
    assert estimate_of(right.pk).guess.middle < before
    entered(right, EntryKind.OWNERSHIP_SUIT)
    assert estimate_of(right.pk).lack == "disputed"
    plain = a_right()
    assert estimate_of(plain.pk).lack == ""
    plain.patent.ipc = []
    plain.patent.save(update_fields=["ipc"])
    assert estimate_of(plain.pk).lack == "field_unknown"
    assert estimate_of(a_right(status="lapsed").pk).lack == "ended"
    assert estimate_of(right.pk + 10_000) is None


def test_time_alone_lowers_it() -> None:
    keep(sales(40))
    right = a_right()
    with clock.at(clock.now() + timedelta(days=365 * 9)):
        later = estimate_of(right.pk).guess.middle
    assert later < estimate_of(right.pk).guess.middle


def test_switched_off_where_data_is_too_thin() -> None:
    right = a_right()
    assert estimate_of(right.pk).lack == "few"
    keep([])
    assert estimate_of(right.pk).lack == "few"
    keep(sales(11))
    assert EstimateFit.objects.newest().first().lack == "few"
    keep(sales(60, noise=2.5))
    assert EstimateFit.objects.newest().first().lack == "error"
    assert estimate_of(right.pk).lack == "error"
    keep([one for one in sales(40) if one.facts.kind != "invention"])
    assert estimate_of(right.pk).lack == "few_of_kind"


def test_new_sales_are_taken_in_three_at_a_time() -> None:
    """The difference of two fits must not tell one price."""
    assert keep(sales(40)) is not None
    assert keep(sales(42)) is None
    assert keep(sales(43)).count == 43
    assert keep(sales(41)) is None


def test_a_fit_is_written_once() -> None:
    made = keep(sales(20))
    with pytest.raises(DatabaseError):
        EstimateFit.objects.filter(pk=made.pk).update(count=1)


def test_many_rights_cost_three_queries() -> None:
    keep(sales(40))
    ids = [a_right().pk for _n in range(12)]
    estimates_of(ids)  # the fit is read once by each process
    with CaptureQueriesContext(connection) as asked:
        assert [one.asset_id for one in estimates_of(ids[::-1])] == ids[::-1]
    assert len(asked) == 3


def test_pages_show_it_in_both_languages_and_never_as_an_appraisal(client: Client) -> None:
    listing = a_listing()
    right = listing.rights[0]
    address = reverse("patent_detail", args=[right.pk])
    index_everything()
    assert "本市场成交的专利过少" in client.get(address).content.decode()
    keep(sales(40))
    for prefix, words in (("", ("参考区间", "非资产评估")), ("/en", ("Indicative range", "not an appraisal"))):
        for url in (address, reverse("listing_detail", args=[listing.number])):
            shown = client.get(prefix + url + "?fresh=1").content.decode()
            assert all(word in shown for word in words), (prefix, url)
    model = client.get(reverse("estimate_model")).content.decode()
    assert "Hall, Jaffe and Trajtenberg" in model and "×" in model


def test_the_api_tells_range_reasons_and_error(client: Client) -> None:
    keep(sales(40))
    right = a_right()
    told = client.get(f"/api/v1/patents/{right.pk}/estimate/").json()
    assert told["is_appraisal"] is False and told["lack"] == ""
    assert Decimal(told["low"]) < Decimal(told["middle"]) < Decimal(told["high"])
    assert [one["code"] for one in told["reasons"]][:3] == ["kind", "field", "term"]
    assert told["back_test"]["count"] == 40 and Decimal(told["back_test"]["typical_error"]) > 0
    assert told["sales_in_field"] is None  # C08J was never sold
    none = client.get(f"/api/v1/patents/{a_right(status='lapsed').pk}/estimate/").json()
    assert (none["lack"], none["low"], none["reasons"]) == ("ended", None, [])
    assert none["lack_words"]
    assert client.get("/api/v1/patents/999999/estimate/").status_code == 404


def test_only_the_desk_sees_the_sales() -> None:
    keep(sales(40))
    url = reverse("desk_estimates")
    assert cast.ines().signed_in().get(url).status_code == 404
    page = cast.ops().signed_in().get(url).content.decode()
    assert page.count('class="num"><a') == 40


@pytest.mark.django_db(transaction=True)
def test_a_closed_deal_becomes_a_sale(settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path / "run"
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.txt")
    kept = {one.code: one for one in providers.known()}
    providers.unregister("stripe")
    try:
        deal = stages.signed(stages.agreed())
        stages.recorded(stages.paid(deal))
        assert closed_sales() == []
        stages.paid_out(deal, cast.ines())
    finally:
        if "stripe" in kept:
            providers.register(kept["stripe"])
    (sale,) = closed_sales()
    assert (sale.number, sale.price, sale.on) == (deal.number, stages.PRICE, clock.today())
    assert (sale.facts.area, sale.facts.kind, sale.facts.is_granted) == ("C08J", "invention", True)
    with clock.at(clock.now() + timedelta(days=365 * 6)):
        assert closed_sales() == []
    assert refit().lack == "few"
    out = StringIO()
    call_command("backtest_estimates", "--keep", stdout=out)
    assert out.getvalue().startswith("1 sales") and "nothing stored" in out.getvalue()
