"""One clock per operation: every stamp written by an operation is the same moment, and tests can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

_pinned: ContextVar[datetime | None] = ContextVar("pinned_clock", default=None)


def now() -> datetime:
    """The moment of the current operation, aware, UTC."""
    return _pinned.get() or timezone.now() + ahead()


def today() -> date:
    """The date of the current operation in the market's time zone (legal days are local days)."""
    return timezone.localdate(now())


def last_day(due: date | datetime) -> date:
    """The last day that still keeps a deadline, in the market's time zone.

    A moment is the first that is too late, so one at midnight names the day before; a date is that day itself.
    """
    return timezone.localdate(due - timedelta(microseconds=1)) if isinstance(due, datetime) else due


def moments(first: date, last: date) -> tuple[datetime, datetime]:
    """The span of deadlines whose last day lies from `first` to `last`: after the one moment, up to the other."""
    zone = timezone.get_default_timezone()
    midnights = [datetime.combine(one, time(), tzinfo=zone) for one in (first, last + timedelta(days=1))]
    return midnights[0], midnights[1]


def database_now() -> datetime:
    """The database's own clock; decides what is late when several servers could disagree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment + ahead()


_read: tuple[int, timedelta] = (0, timedelta(0))  # when the practice clock's file was written, and what it said


def ahead() -> timedelta:
    """How far a practice market's clock is set ahead: the seconds in the file PRACTICE_CLOCK; nothing anywhere else.

    For walking a matter that takes months: every process of the site reads the same file. Production has none.
    """
    global _read
    if settings.PRACTICE_CLOCK is None:
        return timedelta(0)
    try:
        written = settings.PRACTICE_CLOCK.stat().st_mtime_ns
    except FileNotFoundError:
        return timedelta(0)
    if written != _read[0]:
        _read = written, timedelta(seconds=int(settings.PRACTICE_CLOCK.read_text("ascii")))
    return _read[1]


def set_ahead(by: timedelta) -> None:
    """Set a practice market's clock ahead of the true one. Raises ValueError where it is not a practice market."""
    if settings.PRACTICE_CLOCK is None:
        raise ValueError("Only a market started with PRACTICE_CLOCK=1 has a clock to set.")
    fresh = Path(f"{settings.PRACTICE_CLOCK}.new")
    fresh.write_text(str(int(by.total_seconds())), "ascii")
    fresh.replace(settings.PRACTICE_CLOCK)  # nobody reads half a number


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Hold the clock at `moment` (aware) for everything called inside."""
    token = _pinned.set(moment)
    try:
        yield moment
    finally:
        _pinned.reset(token)
