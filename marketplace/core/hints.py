"""Hints to the worker: "look now". They may be lost; beat finds the row anyway."""

import structlog
from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


ONE_A_S = 1


def hint(task: str, *args: object) -> bool:
    """Ask the worker to run the task of this name now; False when that was not done.

    The same request goes out once a second at most: a busy market must not fill the queue with "look now", for then
    nothing else would get its turn. What comes in between is found by beat. A broker that is down costs time, never
    work.
    """
    if not cache.add(f"hint:{task}:{args}", 1, ONE_A_S):
        return False
    try:
        current_app.send_task(task, args=args, retry=False, expires=60)
        return True
    except (OperationalError, RedisError, ConnectionError) as error:
        log.warning("broker_unreachable", task=task, error=str(error))
        return False
