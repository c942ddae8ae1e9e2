"""Windows of digests and quiet hours, in the market's time zone (+8)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.notifications import catalogue, service, timing
from marketplace.notifications.catalogue import ELSE, ROWS, THEMES, row_of

ZONE = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("frequency", "after", "ends"),
    [
        ("daily", "2026-11-23 07:59", "2026-11-23 08:00"),
        ("daily", "2026-11-23 08:00", "2026-11-24 08:00"),
        ("daily", "2026-12-31 20:00", "2027-01-01 08:00"),
        ("weekly", "2026-11-23 07:59", "2026-11-23 08:00"),  # a Monday
        ("weekly", "2026-11-23 08:00", "2026-11-30 08:00"),
        ("weekly", "2026-11-29 23:00", "2026-11-30 08:00"),
    ],
)
def test_a_window_ends_at_eight_of_a_day_or_of_a_monday(frequency: str, after: str, ends: str) -> None:
    assert timing.window_end(frequency, local(after)) == local(ends)


def test_what_is_sent_at_once_or_never_has_no_window() -> None:
    assert timing.window_end("at_once", local("2026-11-23 08:00")) is None
    assert timing.window_end("off", local("2026-11-23 08:00")) is None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(ZONE)))
def test_windows_leave_no_gap_and_never_lie_behind(moment: datetime) -> None:
    day, week = timing.window_end("daily", moment), timing.window_end("weekly", moment)
    assert day is not None and week is not None
    assert moment < day <= moment + timedelta(days=1)
    assert moment < week <= moment + timedelta(days=7)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23 21:59", None),
        ("2026-11-23 22:00", "2026-11-24 07:00"),
        ("2026-11-24 00:00", "2026-11-24 07:00"),
        ("2026-11-24 06:59", "2026-11-24 07:00"),
        ("2026-11-24 07:00", None),
    ],
)
def test_quiet_hours_go_over_midnight(now: str, until: str | None) -> None:
    found = timing.quiet_until(time(22), time(7), local(now))
    assert found == (local(until) if until else None)


def test_quiet_hours_within_a_day_and_none() -> None:
    assert timing.quiet_until(time(12), time(14), local("2026-11-23 13:00")) == local("2026-11-23 14:00")
    assert timing.quiet_until(time(12), time(14), local("2026-11-23 23:00")) is None
    assert timing.quiet_until(time(9), time(9), local("2026-11-23 09:00")) is None
    assert timing.quiet_until(None, None, local("2026-11-23 09:00")) is None


def test_every_announced_kind_stands_in_the_catalogue() -> None:
    missing = [kind for kind in service.announced() if row_of(kind) is ELSE]
    assert service.announced() and not missing


def test_the_catalogue_is_whole() -> None:
    keys = [theme.key for theme in THEMES]
    assert len(set(keys)) == len(keys)
    assert {row.theme for row in ROWS} == set(keys)
    assert {f"N{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 14)} | {"D"} <= {row.code for row in ROWS}
    assert all(str(row.audience) for row in ROWS)
    assert catalogue.theme("matches").mail == "weekly"
