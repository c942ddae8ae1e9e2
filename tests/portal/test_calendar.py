"""The calendar: what falls on which day, for whom, in the page and in the file that calendar programs read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import signing
from icalendar import Calendar

from listings.deals.models import Deal
from marketplace.accounts.models import Membership
from marketplace.core import clock
from marketplace.portal import agenda, feeds
from marketplace.portal.models import CalendarFeed
from marketplace.portal.registry import Entry
from tests import cast
from tests.deals import stages

pytestmark = pytest.mark.django_db(transaction=True)


def entries(part: cast.Part, first: date, last: date) -> list[Entry]:
    return agenda.between(part.actor, first, last)


def test_both_sides_see_the_last_day_of_a_deal_and_nobody_else_does():
    deal = stages.agreed()
    last = clock.last_day(Deal.objects.get().due_at)
    for part in (cast.ines(), cast.bo()):
        found = [one for one in entries(part, last, last) if deal.number in one.text]
        assert found and {one.url for one in found} == {f"/workspace/deals/{deal.number}/"}
        assert not [one for one in entries(part, last + timedelta(1), last + timedelta(9)) if deal.number in one.text]
    assert entries(cast.lena(), last, last) == []


def test_the_page_shows_a_month_of_whole_weeks_and_takes_another():
    stages.agreed()
    day = clock.last_day(Deal.objects.get().due_at)
    browser = cast.bo().signed_in()
    page = browser.get(f"/workspace/calendar/?month={day:%Y-%m}")
    shown = page.content.decode()
    assert f'datetime="{day.isoformat()}"' in shown and Deal.objects.get().number in shown
    assert (page.context["weeks"][0][0]["day"].weekday(), {len(week) for week in page.context["weeks"]}) == (0, {7})
    for wrong in ("2026-13", "11", "x", "1026-01"):
        assert browser.get("/workspace/calendar/", {"month": wrong}).status_code == 422


def test_every_month_is_whole_weeks_and_nothing_is_shown_twice():
    first = date(2024, 1, 1)
    while first.year < 2029:
        days = agenda.shown_days(first)
        assert days[0].weekday() == 0 and len(days) % 7 == 0 and len(set(days)) == len(days)
        assert days[0] <= first and days[-1] >= agenda.next_month(first) - timedelta(1)
        assert len(days) - 7 < (agenda.next_month(first) - days[0]).days <= len(days)
        first = agenda.next_month(first)


def feed_of(part: cast.Part) -> CalendarFeed:
    return feeds.renew(Membership.objects.get(user=part.person, organisation=part.organisation))


def test_a_calendar_program_reads_without_signing_in_what_the_member_may_read(client):
    deal = stages.agreed()
    feed = feed_of(cast.bo())
    address = feeds.address(feed)
    answer = client.get(address[address.index("/", 8) :])
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    days = {event["dtstart"].dt for event in events if deal.number in str(event["summary"])}
    assert days == {clock.last_day(Deal.objects.get().due_at)}
    assert all(event["dtend"].dt - event["dtstart"].dt == timedelta(days=1) for event in events)
    again = Calendar.from_ical(client.get(address[address.index("/", 8) :]).content).walk("VEVENT")
    assert [str(one["uid"]) for one in again] == [str(one["uid"]) for one in events]
    assert len({str(one["uid"]) for one in events}) == len(events)
    feed.refresh_from_db()
    assert feed.read_at is not None


def test_a_replaced_ended_forged_or_former_members_address_reads_nothing(client):
    part = cast.bo()
    browser = part.signed_in()
    path = "/workspace/calendar/address/"
    assert browser.post(path).status_code == 302
    old = browser.get("/workspace/calendar/").context["feed_url"]
    assert browser.post(path).status_code == 302
    new = browser.get("/workspace/calendar/").context["feed_url"]
    assert old != new

    def reads(address: str) -> int:
        return client.get(address[address.index("/", 8) :]).status_code

    assert (reads(old), reads(new)) == (404, 200)
    forged = signing.dumps([feed_of(part).membership_id, 3], salt="another")
    assert client.get(f"/calendar/{forged}.ics").status_code == 404
    assert reads(new) == 404
    newest = browser.get("/workspace/calendar/").context["feed_url"]
    assert reads(newest) == 200
    assert browser.post(f"{path}end/").status_code == 302
    assert (reads(newest), browser.get("/workspace/calendar/").context["feed_url"]) == (404, "")
    feed = feed_of(part)
    Membership.objects.filter(pk=feed.membership_id).update(ended_at=clock.now())
    assert reads(feeds.address(feed)) == 404
