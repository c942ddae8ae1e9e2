"""What becomes of a report: time, the register, the market, its agency, a doubt."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from listings.assets.models import Asset
from listings.assets.states import LegalStatus
from listings.catalogue.states import Mode
from marketplace.accounts.services import organisations
from marketplace.core import clock, events, timers
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import IllegalTransition, NotPermitted
from marketplace.core.models import Event
from tests import cast
from tests.appraisals import stages
from tests.builders import operator_actor
from tests.catalogue.makers import a_listing
from valuation.appraisals import reactions, selectors
from valuation.appraisals.refusals import InConflict, ReportNotStanding
from valuation.appraisals.services import drafting, issuing, objections, reports, reviewing
from valuation.appraisals.states import ObjectionState, ReportState
from valuation.models import Report

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(db) -> Report:
    return stages.issued()


def fresh(report: Report) -> Report:
    return Report.objects.select_related("agency__organisation").get(pk=report.pk)


def moment(day) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(9)))


def test_time_offers_a_new_appraisal_and_then_ends_the_report(report: Report) -> None:
    for days in (60, 30, 7):
        with time_machine.travel(moment(report.valid_until - timedelta(days=days)), tick=False):
            timers.run_due()
    told = Event.objects.filter(kind="report.offer_again", subject_id=report.pk)
    assert [one.data["days"] for one in told.order_by("id")] == [60, 30, 7]
    assert fresh(report).state == ReportState.ISSUED
    with time_machine.travel(moment(report.valid_until), tick=False):
        timers.run_due()
        assert fresh(report).is_usable
    with time_machine.travel(moment(report.valid_until + timedelta(days=1)), tick=False):
        assert not fresh(report).is_usable  # before any timer ran
        timers.run_due()
        assert fresh(report).state == ReportState.EXPIRED


def test_a_right_that_lapses_stops_its_reports_and_its_return_revives_them(report: Report) -> None:
    right = report.rights[0]
    for status, state in (
        (LegalStatus.LAPSED, ReportState.RIGHT_ENDED),
        (LegalStatus.IN_FORCE, ReportState.ISSUED),
    ):
        Asset.objects.filter(pk=right.pk).update(status=status)
        told = events.record("asset.status", right, SYSTEM, before="", after=status)
        reactions.follow_rights([told])
        reactions.follow_rights([told])  # twice changes nothing
        assert fresh(report).state == state
    assert selectors.warnings_of(fresh(report)) == []


def test_a_suspended_agencys_reports_stop_and_come_back(report: Report) -> None:
    agency = report.agency.organisation
    organisations.suspend_organisation(organisation_id=agency.pk, by=operator_actor(), reason="投诉")
    reactions.follow_agencies(list(Event.objects.filter(kind="organisation.suspend")))
    assert fresh(report).state == ReportState.SUSPENDED
    assert not fresh(report).is_usable
    organisations.reinstate_organisation(organisation_id=agency.pk, by=operator_actor())
    reactions.follow_agencies(list(Event.objects.filter(kind="organisation.reinstate")))
    assert fresh(report).state == ReportState.ISSUED


def test_wherever_it_is_used_a_stopped_report_says_so(report: Report) -> None:
    listing = a_listing(by=cast.ines(), assets=report.rights, mode=Mode.TRANSFER)
    reports.show(report_id=report.pk, listing_id=listing.pk, by=cast.ines().actor)
    assert [one.report.pk for one in selectors.shown_on(listing.pk)] == [report.pk]
    assert selectors.shown_on(listing.pk)[0].warnings == []
    reports.withdraw(report_id=report.pk, reason="资料失实", by=cast.val().actor)
    shown = selectors.shown_on(listing.pk)[0]
    assert shown.warnings and not shown.report.is_usable
    assert not selectors.usable_for([report.rights[0].pk])


def test_only_the_holder_decides_what_a_listing_shows(report: Report) -> None:
    listing = a_listing(by=cast.ines(), assets=report.rights)
    with pytest.raises(NotPermitted):
        reports.show(report_id=report.pk, listing_id=listing.pk, by=cast.val().actor)
    reports.withdraw(report_id=report.pk, reason="资料失实", by=cast.val().actor)
    with pytest.raises(ReportNotStanding):
        reports.show(report_id=report.pk, listing_id=listing.pk, by=cast.ines().actor)


def test_withdrawing_is_the_agencys_and_final(report: Report) -> None:
    with pytest.raises(NotPermitted):
        reports.withdraw(report_id=report.pk, reason="x", by=cast.ines().actor)
    reports.withdraw(report_id=report.pk, reason="资料失实", by=cast.val().actor)
    with pytest.raises(IllegalTransition):
        reports.withdraw(report_id=report.pk, reason="x", by=cast.val().actor)


def test_a_revision_replaces_the_report_when_it_is_signed(report: Report) -> None:
    a, c = stages.member(cast.val(), "a"), stages.member(cast.val(), "c")
    reports.revise(order_id=report.order_id, reason="收入资料更正", by=cast.val().actor)
    drafting.use_method(
        order_id=report.order_id,
        working=stages.working(given={**stages.INCOME, "royalty_rate": "0.045"}),
        by=a.actor,
    )
    drafting.hand_in(order_id=report.order_id, by=a.actor)
    second = reviewing.approve(order_id=report.order_id, by=c.actor)
    assert fresh(report).state == ReportState.ISSUED  # until its successor is signed
    second = stages.all_sign(second)
    assert (fresh(report).state, second.state) == (ReportState.SUPERSEDED, ReportState.ISSUED)
    assert second.supersedes_id == report.pk
    issuing.signed(report_id=second.pk)  # twice changes nothing


def test_a_doubt_is_shown_explained_and_settled(report: Report) -> None:
    made = objections.object_to(report_id=report.pk, doubt="提成率偏高", upload=None, by=cast.ines().actor)
    assert fresh(report).state == ReportState.DISPUTED
    with pytest.raises(NotPermitted):
        objections.explain(objection_id=made.pk, explanation="x", by=cast.ines().actor)
    objections.explain(objection_id=made.pk, explanation="同类许可九件取中位数。", by=cast.val().actor)
    objections.settle(objection_id=made.pk, by=cast.ines().actor)
    assert fresh(report).state == ReportState.ISSUED


def test_silence_after_the_explanation_settles_it(report: Report) -> None:
    made = objections.object_to(report_id=report.pk, doubt="提成率偏高", upload=None, by=cast.ines().actor)
    objections.explain(objection_id=made.pk, explanation="同类许可九件取中位数。", by=cast.val().actor)
    with time_machine.travel(clock.now() + timedelta(days=45), tick=False):
        timers.run_due()
        reactions.follow(list(Event.objects.filter(kind="objection.settle")))
    assert fresh(report).state == ReportState.ISSUED


def test_strangers_may_not_doubt(report: Report) -> None:
    with pytest.raises(NotPermitted):
        objections.object_to(report_id=report.pk, doubt="x", upload=None, by=cast.stranger().actor)


def test_a_second_opinion_is_another_agencys_and_ends_the_doubt(report: Report) -> None:
    made = objections.object_to(report_id=report.pk, doubt="提成率偏高", upload=None, by=cast.ines().actor)
    objections.explain(objection_id=made.pk, explanation="同类许可九件取中位数。", by=cast.val().actor)
    order = objections.ask_second(objection_id=made.pk, wanted=stages.wanted(*report.rights), by=cast.ines().actor)
    with pytest.raises(InConflict):
        stages.invited(order, cast.val())
    second = stages.through(order, stages.vera())
    made.refresh_from_db()
    assert second.state == ReportState.ISSUED
    assert made.state == ObjectionState.CONCLUDED
    assert fresh(report).state == ReportState.ISSUED


@pytest.mark.rule("APR-ARCHIVE")
def test_its_readers_ask_how_likely_it_comes_out_under_an_amount(report: Report) -> None:
    client = cast.ines().signed_in()
    where = reverse("appraisal_report", args=[report.number])
    assert "的抽样低于" not in client.get(where).content.decode()
    low = Decimal(report.twin["methods"][0]["simulation"]["p5"])
    page = client.get(where, {"under": f"{low:,.2f}"}).content.decode()
    found = re.search(r"([\d.]+)%（±[\d.]+%）的抽样低于", page)
    assert found and abs(float(found[1]) - 5) < 0.1  # the very draws whose P5 the report prints
    assert "该方法没有不确定的参数" in page
    assert 'id="err-under"' in client.get(where, {"under": "-1"}).content.decode()


@pytest.mark.parametrize(("is_statutory", "years"), [(False, 15), (True, 30)])
def test_papers_are_kept_for_their_years(is_statutory: bool, years: int) -> None:
    report = stages.issued(is_statutory=is_statutory)
    assert report.archive_until.year == clock.today().year + years
