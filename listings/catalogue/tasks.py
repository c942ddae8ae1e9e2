"""Background entry points of the catalogue."""

from celery import shared_task
from redis.exceptions import RedisError

from listings.catalogue.services import attention


@shared_task(acks_late=False, autoretry_for=(RedisError,), max_retries=1)
def flush_openings() -> int:
    """Write the openings counted since the last run."""
    return attention.flush()
