"""The steps nobody takes by hand: what money, signatures and the market's decisions set in motion through the relay."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.accounts.services import organisations
from marketplace.core import clock, relay
from marketplace.signing.models import Document
from tests import cast
from tests.appraisals import stages
from tests.builders import operator_actor
from tests.catalogue.makers import a_listing
from tests.deals import stages as deals
from tests.payments.makers import sandbox_pays
from valuation.appraisals import fees, selectors
from valuation.appraisals.services import data, drafting, reviewing
from valuation.appraisals.states import OrderState, ReportState
from valuation.models import Order, Report

pytestmark = pytest.mark.django_db(transaction=True)


def state_of(order: Order) -> str:
    relay.relay_all()
    return stages.now(order).state


def test_the_relay_takes_every_step_that_follows_from_elsewhere() -> None:
    val = cast.val()
    order = stages.engaged()
    for owed in fees.obligations(order):
        sandbox_pays(owed)
    assert state_of(order) == OrderState.DATA
    data.begin_drafting(order_id=order.pk, by=val.actor)
    stages.write_everything(order, stages.member(val, "a"))
    drafting.hand_in(order_id=order.pk, by=stages.member(val, "a").actor)
    report = reviewing.approve(order_id=order.pk, by=stages.member(val, "c").actor)
    for part in (stages.member(val, "a"), stages.member(val, "b"), val):
        stages.signs(part, Document.objects.get(pk=report.document_id))
    assert state_of(order) == OrderState.ISSUED
    for act, expected in (
        (organisations.suspend_organisation, ReportState.SUSPENDED),
        (organisations.reinstate_organisation, ReportState.ISSUED),
    ):
        reason = {"reason": "投诉"} if expected == ReportState.SUSPENDED else {}
        act(organisation_id=val.organisation.pk, by=operator_actor(), **reason)
        relay.relay_all()
        assert Report.objects.get(pk=report.pk).state == expected


def test_a_signature_declined_brings_the_draft_back() -> None:
    from marketplace.signing.services.documents import decline

    report = stages.signing_stage()
    decline(document_id=report.document_id, by=cast.val().actor, reason="数据有误")
    assert state_of(report.order) == OrderState.DRAFTING
    assert Report.objects.get(pk=report.pk).state == ReportState.DROPPED


def test_what_was_appraised_stands_beside_what_was_paid() -> None:
    report = stages.issued()
    listing = a_listing(by=cast.ines(), assets=report.rights)
    deal = deals.paid(deals.signed(deals.agreed(listing)))
    assert selectors.record_of(report.agency).pairs == []
    deals.paid_out(deals.recorded(deal), cast.ines())
    record = selectors.record_of(report.agency)
    ratio = (deals.PRICE * 100 / report.amount).quantize(Decimal("0.1"))
    assert [(one.report.pk, one.ratio_pct) for one in record.pairs] == [(report.pk, ratio)]
    assert record.median_pct is None  # one sale says nothing yet
    assert report.base_date <= clock.today() <= report.base_date + timedelta(days=1)
