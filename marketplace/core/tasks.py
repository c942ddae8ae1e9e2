"""Background entry points of the core. Each takes nothing or an id and calls one service."""

import structlog
from celery import shared_task
from celery.app.task import Task
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from marketplace.core import clock, relay, timers

HEART_KEY = "core.worker-heart"
HEART_GOOD_FOR_S = 30
log = structlog.get_logger(__name__)


def hint(task: Task, *args: object) -> bool:
    """Ask the worker to look now. A broker that is down costs time, never work: beat finds the row anyway."""
    try:
        task.apply_async(args=args, retry=False, expires=60)
        return True
    except (OperationalError, RedisError, ConnectionError) as error:
        log.warning("broker_unreachable", task=task.name, error=str(error))
        return False


@shared_task(acks_late=False)
def relay_events() -> int:
    return relay.relay_all()


@shared_task(acks_late=False)
def run_due_timers() -> int:
    return timers.run_due()


@shared_task(acks_late=False)
def heartbeat() -> None:
    """Shows that beat, broker and worker stand in one line."""
    cache.set(HEART_KEY, clock.now(), 3600)
