"""An organisation's calendar: what is the actor's to do, and the days on which something happens by itself."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid
from marketplace.core.workdays import work_calendar
from marketplace.portal import registry
from marketplace.portal.registry import Entry

#: A feed reaches from the month behind to the year ahead; calendar programs ask anew every few hours.
BEHIND, AHEAD = timedelta(days=31), timedelta(days=400)
REFRESH = timedelta(hours=6)


def between(actor: Actor, first: date, last: date) -> list[Entry]:
    """Everything that falls on the days from `first` to `last`, both included, in order."""
    found = [entry for entries in registry.calendars for entry in entries(actor, first, last)]
    found += [entry for entry in to_do(actor) if first <= entry.day <= last]
    return sorted(set(found), key=lambda entry: (entry.day, entry.text, entry.url))


def to_do(actor: Actor) -> list[Entry]:
    """What is the actor's to do and has a deadline."""
    lines = [line for todo in registry.todos for line in todo.lines(actor) if line.get("due") is not None]
    return [
        Entry(clock.last_day(line["due"]), str(line["text"]), line["url"], str(line.get("note") or ""))
        for line in lines
    ]


def month_of(text: str) -> date:
    """The first day of a month written as 2026-11; of this month where nothing is written. Raises Invalid."""
    if not text:
        return clock.today().replace(day=1)
    try:
        year, month = text.split("-")
        found = date(int(year), int(month), 1)
    except ValueError as error:
        raise Invalid(field="month", problem=_("Write the month as 2026-11.")) from error
    if not 2000 <= found.year <= 2100:
        raise Invalid(field="month", problem=_("The calendar goes from 2000 to 2100."))
    return found


def next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def shown_days(first: date) -> list[date]:
    """The days of the month that begins on `first`, filled up to whole weeks from Monday."""
    end = next_month(first)
    begin = first - timedelta(days=first.weekday())
    count = -(-(end - begin).days // 7) * 7
    return [begin + timedelta(days=n) for n in range(count)]


def weeks(first: date, entries: Iterable[Entry]) -> list[list[dict[str, Any]]]:
    """The month in weeks of seven days: each with its entries, whether it is of the month, today, or a day off."""
    of_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in entries:
        of_day[entry.day].append(entry)
    today, calendar = clock.today(), work_calendar()
    told = [
        {
            "day": one,
            "inside": one.month == first.month,
            "today": one == today,
            "off": not calendar.is_workday(one),
            "entries": of_day[one],
        }
        for one in shown_days(first)
    ]
    return [told[n : n + 7] for n in range(0, len(told), 7)]


def as_file(name: str, entries: Iterable[Entry]) -> bytes:
    """The entries as an iCalendar file (RFC 5545) of whole days; the same entry keeps its name from file to file."""
    calendar = Calendar()
    calendar.add("prodid", "-//IP Market//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    stamp, host = clock.now(), urlsplit(settings.SITE_URL).hostname
    for entry in entries:
        event = Event()
        what = hashlib.sha256(f"{entry.day}|{entry.url}|{entry.text}".encode()).hexdigest()
        event.add("uid", f"{what[:32]}@{host}")
        event.add("dtstamp", stamp)
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + timedelta(days=1))
        event.add("summary", entry.text)
        if entry.note:
            event.add("description", entry.note)
        event.add("url", f"{settings.SITE_URL}{entry.url}")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
