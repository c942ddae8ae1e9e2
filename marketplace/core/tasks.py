"""Background entry points of the core. Each takes nothing or an id and calls one service."""

from celery import shared_task
from django.core.cache import cache

from marketplace.core import chain, clock, invariants, relay, replaying, timers

HEART_KEY = "core.worker-heart"
HEART_GOOD_FOR_S = 30


@shared_task(acks_late=False)
def relay_events() -> int:
    return relay.relay_all()


@shared_task(acks_late=False)
def run_due_timers() -> int:
    return timers.run_due()


@shared_task(acks_late=False)
def seal_events() -> int:
    return chain.seal_events()


@shared_task(acks_late=False)
def check_invariants() -> bool:
    """The nightly look at everything that must hold; what is broken goes to the log as an error, which alerts."""
    return invariants.check()


@shared_task(acks_late=False)
def forget_answers() -> int:
    return replaying.forget_answers()


@shared_task(acks_late=False)
def heartbeat() -> None:
    """Shows that beat, broker and worker stand in one line."""
    cache.set(HEART_KEY, clock.now(), 3600)
