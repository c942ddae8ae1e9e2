"""One clock per operation: every stamp written by an operation is the same moment, and tests can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone

_pinned: ContextVar[datetime | None] = ContextVar("pinned_clock", default=None)


def now() -> datetime:
    """The moment of the current operation, aware, UTC."""
    return _pinned.get() or timezone.now()


def today() -> date:
    """The date of the current operation in the market's time zone (legal days are local days)."""
    return timezone.localdate(now())


def last_day(due: date | datetime) -> date:
    """The last day that still keeps a deadline, in the market's time zone.

    A moment is the first that is too late, so one at midnight names the day before; a date is that day itself.
    """
    return timezone.localdate(due - timedelta(microseconds=1)) if isinstance(due, datetime) else due


def database_now() -> datetime:
    """The database's own clock; decides what is late when several servers could disagree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Hold the clock at `moment` (aware) for everything called inside."""
    token = _pinned.set(moment)
    try:
        yield moment
    finally:
        _pinned.reset(token)
