"""Working days and legal periods, from one place.

Periods follow the Implementing Rules of the Patent Law, rules 4 and 5: the first day is not counted; a period of
months ends on the day of the same number, or on the last day of a month that has none; an end that falls on a day off
moves to the next working day. Swapped holidays (a Saturday worked for a holiday taken) come from the published
calendar; the operator's own entries (`CalendarDay`) come before it; beyond the published years weekends alone count and
`is_published` says so.
"""

import calendar as month_calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

from marketplace.core.ruling import enforces

LONGEST_SEARCH_DAYS = 3700


@lru_cache(maxsize=1)
def published_years() -> tuple[int, int]:
    """First and last year for which the State Council's calendar is known to us."""
    years = [day.year for day in chinese_calendar.constants.holidays]
    return min(years), max(years)


@dataclass(frozen=True)
class WorkCalendar:
    """Answers for working days; `overrides` maps a date to whether it is worked, and wins over everything else."""

    overrides: Mapping[date, bool] = field(default_factory=dict)

    def is_published(self, day: date) -> bool:
        """Whether the answer for `day` rests on an entry or the published calendar, not on weekends alone."""
        first, last = published_years()
        return day in self.overrides or first <= day.year <= last

    def is_workday(self, day: date) -> bool:
        if day in self.overrides:
            return self.overrides[day]
        if self.is_published(day):
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5

    def roll(self, day: date) -> date:
        """`day` itself when worked, else the next day that is."""
        for _ in range(LONGEST_SEARCH_DAYS):
            if self.is_workday(day):
                return day
            day += timedelta(days=1)
        raise ValueError("The calendar names no working day within ten years.")

    def add_working_days(self, start: date, count: int) -> date:
        """The `count`-th working day after `start`; the first day is not counted."""
        if count < 0:
            raise ValueError("A period does not run backwards.")
        day = start
        for _ in range(count):
            day = self.roll(day + timedelta(days=1))
        return day if count else self.roll(day)

    @enforces("TIME-COUNT")
    def add_months(self, start: date, months: int) -> date:
        """The legal end of a period of months that starts on `start`, moved to a working day."""
        return self.roll(months_after(start, months))

    def add_days(self, start: date, days: int) -> date:
        """The legal end of a period of calendar days, moved to a working day."""
        return self.roll(start + timedelta(days=days))

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is past."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_workday(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def months_after(start: date, months: int) -> date:
    """The day of the same number `months` later, or the last day of that month where it has none."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    last = month_calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


def years_after(start: date, years: int) -> date:
    """The same day `years` later; 29 February ends on 28 February of a common year."""
    if start.day < 29:
        return start.replace(year=start.year + years)
    return months_after(start, 12 * years)


def work_calendar() -> WorkCalendar:
    """The calendar in force: the published one with the operator's entries."""
    from marketplace.core.models import CalendarDay

    return WorkCalendar(CalendarDay.objects.as_overrides())
