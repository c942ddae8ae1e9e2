"""The demo's appraisals: told by the services, one in each main state, two reports, and the books agree."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from django.conf import settings as site

from listings.assets.models import Asset
from listings.catalogue.demo_data import Cast
from marketplace.accounts import demo as people
from marketplace.core import relay
from marketplace.core.models import Event
from marketplace.payments import demo as bank
from marketplace.payments.gateways.ports import providers
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages as deals
from tests.deals.test_demo import part_of
from valuation.appraisals import demo_data, fees, selectors
from valuation.appraisals import twin as twins
from valuation.appraisals.states import OrderState, ReportState
from valuation.models import Agency, Order, Report

pytestmark = pytest.mark.django_db(transaction=True)
CPU_S = 20.0


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.txt")
    settings.SIGNING_KEY = settings.SIGNING_CERT = settings.SIGNING_KEY_PASSWORD = ""
    kept = {one.code: one for one in providers.known()}
    providers.unregister("stripe")
    yield
    if "stripe" in kept:
        providers.register(kept["stripe"])


def test_one_order_stands_in_each_main_state_and_the_books_agree(monkeypatch) -> None:
    people.load(lambda line: None)
    bank.load(lambda line: None)
    rights: dict[str, Asset] = {}
    for row in demo_data._told("orders"):
        rights[row["patent"]] = a_right(part_of(row["client"]))
    shown = next(row for row in demo_data._told("orders") if "shown_on" in row)
    listing = a_listing(by=part_of(shown["client"]), assets=[rights[shown["patent"]]], title_zh=shown["shown_on"])
    monkeypatch.setattr(Cast, "asset", lambda self, key, office: rights.get(key))

    began = time.process_time()
    demo_data.load(lambda line: None)
    demo_data.load_late(lambda line: None)
    took = time.process_time() - began
    relay.relay_all()

    states = Counter(Order.objects.values_list("state", flat=True))
    one_each = (
        OrderState.QUOTING, OrderState.CHOOSING, OrderState.CONTRACTING, OrderState.DATA, OrderState.DRAFTING,
        OrderState.REVIEWING, OrderState.SIGNING,
    )  # fmt: skip
    assert states == {**dict.fromkeys(one_each, 1), OrderState.ISSUED: 2}
    assert took < CPU_S, f"{took:.1f} s of CPU"
    deals.adds_up()

    old, young = Report.objects.filter(issued_at__isnull=False).order_by("base_date")
    assert (old.state, young.state) == (ReportState.EXPIRED, ReportState.ISSUED)
    offered = Event.objects.filter(kind="report.offer_again", subject_id=old.pk).order_by("id")
    assert [one.data["days"] for one in offered] == list(demo_data.OFFERED_AGAIN)
    assert [one.report.pk for one in selectors.shown_on(listing.pk)] == [young.pk]
    for one in (old, young):
        assert twins.recompute(one.twin).agrees
        assert fees.held(one.order).amount == 0, "paid out to the agency"
    assert all(one.appraisers.count() >= one.least_appraisers for one in Agency.objects.all())

    before = Event.objects.count()
    demo_data.load(lambda line: None)
    demo_data.load_late(lambda line: None)
    assert Event.objects.count() == before, "a second run changes nothing"
    assert site.RUN_DIR
