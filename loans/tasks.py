"""Background entry points of live loans."""

from celery import shared_task

from loans.services.day_end import close_day
from loans.services.watching import watch_annuities
from marketplace.core import clock


@shared_task
def close_business_day() -> int:
    """Close today at its end, and every day that was missed; returns how many loans have a position."""
    today = clock.today()
    watch_annuities(today)
    return close_day(today).loans
