"""Background entry points of live loans."""

from datetime import timedelta

from celery import shared_task

from loans.services.day_end import close_day
from loans.services.reminding import remind
from loans.services.watching import watch_annuities
from marketplace.core import clock


@shared_task
def close_business_day() -> int:
    """Close today at its end and every day missed; tell what is due. Returns how many loans have a position."""
    today = clock.today()
    watch_annuities(today)
    loans = close_day(today).loans
    remind(today)
    return loans


@shared_task
def close_missed_days() -> int:
    """Close the days that were missed, up to yesterday, and go on with what was cut off; returns how many loans have
    a position. Today is closed at its end."""
    return close_day(clock.today() - timedelta(days=1)).loans
