"""Hints to the worker: "look now". They may be lost; beat finds the row anyway."""

import structlog
from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


def hint(task: str, *args: object) -> bool:
    """Ask the worker to run the task of this name now. A broker that is down costs time, never work."""
    try:
        current_app.send_task(task, args=args, retry=False, expires=60)
        return True
    except (OperationalError, RedisError, ConnectionError) as error:
        log.warning("broker_unreachable", task=task, error=str(error))
        return False
