"""A report in use says everywhere what stands against it: on listing, right and its own page, in API and file check.

The clock, the register and the market each stop a report in their own way; a new appraisal is offered before the end.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from listings.assets.models import Asset
from listings.assets.states import LegalStatus
from marketplace.accounts.services import organisations
from marketplace.core import events, timers
from marketplace.core.actor import SYSTEM
from marketplace.core.lifecycle import take_timed_step
from marketplace.core.models import Event
from marketplace.notifications import service as notices
from marketplace.notifications.models import Delivery
from marketplace.signing.models import Document
from marketplace.signing.services.documents import read_file
from tests import cast
from tests.appraisals import stages
from tests.builders import operator_actor
from tests.catalogue.makers import a_listing
from tests.world import index_everything
from valuation.appraisals import reactions, selectors
from valuation.appraisals.graphs.report import REPORT_GRAPH
from valuation.appraisals.services import reports
from valuation.appraisals.states import ReportState
from valuation.models import Report

pytestmark = pytest.mark.django_db
LANGUAGES = ("zh-hans", "en")


def the_right_lapses(report: Report) -> None:
    right = report.rights[0]
    Asset.objects.filter(pk=right.pk).update(status=LegalStatus.LAPSED)
    told = events.record("asset.status", right, SYSTEM, before="", after=LegalStatus.LAPSED)
    reactions.follow_rights([told])


def the_year_passes(report: Report) -> None:
    """Only the report's own clock: the listing that shows it would run out in the same year."""
    take_timed_step(REPORT_GRAPH, report.pk, "expire")


def the_agency_is_suspended(report: Report) -> None:
    organisations.suspend_organisation(
        organisation_id=report.agency.organisation_id, by=operator_actor(), reason="投诉"
    )
    reactions.follow_agencies(list(Event.objects.filter(kind="organisation.suspend")))


def silent_places(report: Report, listing_number: str, sentence: str, state: ReportState) -> list[str]:
    """Where what stands against it is not said, in either language; lists say it by the state's name."""
    client, anybody = cast.ines().signed_in(), Client()
    content = read_file(Document.objects.get(pk=report.document_id).sealed_zh)
    missing = []
    for language in LANGUAGES:
        with translation.override(language):
            paper = SimpleUploadedFile("report.pdf", content, content_type="application/pdf")
            answers = {
                "listing": anybody.get(reverse("listing_detail", args=[listing_number])),
                "right": anybody.get(reverse("patent_detail", args=[report.rights[0].pk])),
                "report": client.get(reverse("appraisal_report", args=[report.number])),
                "list": client.get(reverse("my_reports")),
                "check": anybody.post(reverse("verify"), {"file": paper}),
            }
            if language == cast.ines().person.language:  # the API answers in its caller's own language
                answers["api"] = client.get(f"/api/v1/appraisal-reports/{report.number}/")
        with translation.override(language):
            for place, answer in answers.items():
                said = str(ReportState(state).label) if place == "list" else gettext(sentence)
                if said not in answer.content.decode():
                    missing.append(f"{place} ({language})")
    return missing


@pytest.mark.parametrize(
    ("happens", "after_days", "state", "sentence"),
    [
        (the_right_lapses, 30, ReportState.RIGHT_ENDED, "A right it values has ended."),
        (the_year_passes, 366, ReportState.EXPIRED, "Its year of use is over."),
        (the_agency_is_suspended, 30, ReportState.SUSPENDED, "The market has suspended its agency."),
    ],
)
def test_a_report_in_use_says_what_stands_against_it(
    happens: Callable[[Report], None], after_days: int, state: ReportState, sentence: str
) -> None:
    ines = cast.ines()
    report = stages.issued()
    listing = a_listing(by=ines, assets=report.rights)
    reports.show(report_id=report.pk, listing_id=listing.pk, by=ines.actor)
    index_everything()
    assert len(silent_places(report, listing.number, sentence, state)) == 2 * 5 + 1, "nothing stands against it yet"
    cache.clear()  # what strangers see is kept for a moment, which the clock of this test leaps over
    with time_machine.travel(report.issued_at + timedelta(days=after_days), tick=False):
        happens(report)
        report = Report.objects.select_related("agency").get(pk=report.pk)
        assert (report.state, report.is_usable) == (state, False)
        assert silent_places(report, listing.number, sentence, state) == []
        assert not selectors.usable_for([report.rights[0].pk])


def test_a_new_appraisal_is_offered_three_times_where_the_client_looks() -> None:
    report, ines = stages.issued(), cast.ines()
    for days in (60, 30, 7):
        day = timezone.make_aware(datetime.combine(report.valid_until - timedelta(days=days), time(9)))
        with time_machine.travel(day, tick=False):
            timers.run_due()
    offers = list(Event.objects.filter(kind="report.offer_again", subject_id=report.pk).order_by("id"))
    notices.deliver(offers)
    told = Delivery.objects.filter(recipient=ines.person, event_id__in=[one.pk for one in offers])
    assert told.values("event_id").distinct().count() == 3
    page = ines.signed_in().get(reverse("appraisal_report", args=[report.number])).content.decode()
    again = f"{reverse('appraisal_new')}?asset={report.rights[0].pk}&amp;renews={report.number}"
    assert again in page
    assert str(report.rights[0].number) in ines.signed_in().get(again.replace("&amp;", "&")).content.decode()
