"""Liveness and readiness. Each part reports a state in words; ready only when all are."""

from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from marketplace.core import clock
from marketplace.core.tasks import HEART_GOOD_FOR_S, HEART_KEY


@dataclass(frozen=True)
class PartState:
    is_ready: bool
    words: str


Probe = Callable[[], PartState]
_probes: dict[str, Probe] = {}


def probe(name: str) -> Callable[[Probe], Probe]:
    """Register the decorated function as the part `name` of readiness."""

    def keep(check: Probe) -> Probe:
        _probes[name] = check
        return check

    return keep


@probe("database")
def database() -> PartState:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return PartState(True, "answers")
    except DatabaseError as error:
        return PartState(False, f"no answer: {type(error).__name__}")


@probe("broker")
def broker() -> PartState:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as server:
            server.ping()
        return PartState(True, "answers")
    except redis.RedisError as error:
        return PartState(False, f"no answer: {type(error).__name__}")


@probe("worker")
def worker() -> PartState:
    beaten = cache.get(HEART_KEY)
    if beaten is None:
        return PartState(False, "not heard of yet")
    age = (clock.now() - beaten).total_seconds()
    return PartState(age <= HEART_GOOD_FOR_S, f"last heard of {age:.0f} s ago")


def parts() -> dict[str, PartState]:
    return {name: check() for name, check in _probes.items()}


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: this process answers. Touches nothing else."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: database, broker, worker and search all answer. 200 or 503, with each part's state either way."""
    states = parts()
    is_ready = all(state.is_ready for state in states.values())
    body = {
        "status": "ready" if is_ready else "not ready",
        "parts": {name: {"ready": state.is_ready, "state": state.words} for name, state in states.items()},
    }
    return JsonResponse(body, status=200 if is_ready else 503)
