from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import clock
from marketplace.core.models import CalendarDay
from marketplace.core.workdays import WorkCalendar, months_after, work_calendar, years_after

plain = WorkCalendar()
days = st.dates(date(2010, 1, 1), date(2040, 12, 31))


def test_swapped_holidays_are_known():
    assert not plain.is_workday(date(2026, 10, 1))
    assert plain.is_workday(date(2024, 9, 29))  # a Sunday worked for the National Day holiday


def test_beyond_the_published_calendar_weekends_alone_count_and_it_says_so():
    assert not plain.is_published(date(2039, 10, 3))
    assert plain.is_workday(date(2039, 10, 3))  # a Monday
    assert not plain.is_workday(date(2039, 10, 1))  # a Saturday


@pytest.mark.rule("TIME-COUNT")
@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_end_on_the_same_number_or_the_last_day(start, months, end):
    assert months_after(start, months) == end


def test_29_february_ends_on_28_of_a_common_year():
    assert years_after(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert years_after(date(2024, 2, 29), 20) == date(2044, 2, 29)


@pytest.mark.rule("TIME-COUNT")
def test_a_period_that_ends_on_a_holiday_moves_to_the_next_working_day():
    assert plain.add_months(date(2026, 9, 1), 1) == date(2026, 10, 8)


@given(days, st.integers(0, 60))
def test_working_days_count_back_to_themselves(start, count):
    end = plain.add_working_days(start, count)
    assert plain.is_workday(end)
    if count:
        assert plain.working_days_between(start, end) == count


@given(days)
def test_rolling_never_moves_a_working_day_and_never_skips_one(day):
    rolled = plain.roll(day)
    assert rolled >= day
    assert all(not plain.is_workday(day + timedelta(days=n)) for n in range((rolled - day).days))


@pytest.mark.rule("TIME-COUNT")
def test_the_first_day_is_not_counted():
    friday = date(2026, 11, 20)
    assert plain.add_working_days(friday, 1) == date(2026, 11, 23)


@pytest.mark.django_db
def test_the_operators_entry_wins_over_the_published_calendar():
    monday = date(2026, 11, 23)
    assert work_calendar().is_workday(monday)
    CalendarDay.objects.create(on=monday, is_workday=False, note="local day off")
    assert not work_calendar().is_workday(monday)
    CalendarDay.objects.get(on=monday).delete()
    assert work_calendar().is_workday(monday)


def test_a_deadline_at_midnight_names_the_day_before():
    midnight = datetime(2026, 11, 25, tzinfo=timezone.get_default_timezone())
    assert clock.last_day(midnight) == date(2026, 11, 24)
    assert clock.last_day(midnight + timedelta(hours=10)) == date(2026, 11, 25)
    assert clock.last_day(date(2026, 11, 25)) == date(2026, 11, 25)
