"""When a person is told: windows of digests and quiet hours, all in the market's time zone. Pure rules."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from marketplace.notifications.models import Frequency

DIGESTS_AT = time(8, 0)
MONDAY = 0


def window_end(frequency: str, after: datetime) -> datetime | None:
    """The end of the window that is open just after `after`: the next 8:00, or the next Monday's; None for others."""
    if frequency not in (Frequency.DAILY, Frequency.WEEKLY):
        return None
    local = timezone.localtime(after)
    day = local.date()
    if local.time() >= DIGESTS_AT:
        day += timedelta(days=1)
    if frequency == Frequency.WEEKLY:
        day += timedelta(days=(MONDAY - day.weekday()) % 7)
    return timezone.make_aware(datetime.combine(day, DIGESTS_AT))


def quiet_until(start: time | None, end: time | None, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` lies in, or None. From 22:00 until 7:00 goes over midnight.

    The first moment is quiet, the last is not; equal ends are no quiet hours.
    """
    if start is None or end is None or start == end:
        return None
    local = timezone.localtime(now)
    for begun in (local.date() - timedelta(days=1), local.date()):
        ends_on = begun if end > start else begun + timedelta(days=1)
        opens = timezone.make_aware(datetime.combine(begun, start))
        closes = timezone.make_aware(datetime.combine(ends_on, end))
        if opens <= now < closes:
            return closes
    return None
