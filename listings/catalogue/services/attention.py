"""How often listings are opened, counted beside the request and written in batches.

An opening costs one hash increment in Redis, so a page may stay cached whole; a task moves the counts to `ListingDay`.
What Redis loses is lost: these are figures of interest, not records.
"""

from __future__ import annotations

import re
import uuid
from datetime import date
from functools import lru_cache

import redis
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from listings.catalogue.models import Listing, ListingDay
from marketplace.core import clock

OPENED = "catalogue.opened"
FLUSHING = "catalogue.opened.flushing"
ROBOTS = re.compile(r"bot|crawl|spider|slurp|preview|monitor|curl|wget|python-|httpx", re.IGNORECASE)
log = structlog.get_logger(__name__)


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.2, decode_responses=True
    )


def opened(number: str, *, agent: str = "") -> None:
    """Count one opening of the listing of this number, unless a robot says it is one. Never fails a page."""
    if not agent or ROBOTS.search(agent):
        return
    try:
        _redis().hincrby(OPENED, f"{clock.today().isoformat()} {number}", 1)
    except (redis.RedisError, OSError) as error:
        log.warning("opening_not_counted", error=str(error))


def flush() -> int:
    """Move the counts into the database; returns how many listing-days were written. Numbers nobody has are dropped.

    The hash is renamed first, so that openings meanwhile go into a new one. A batch left by a flush that died is
    taken up by the next; if it died between commit and delete, that batch counts twice.
    """
    client = _redis()
    if client.exists(OPENED):
        client.rename(OPENED, f"{FLUSHING}:{uuid.uuid4().hex}")
    written = 0
    for key in client.scan_iter(f"{FLUSHING}:*"):
        counts = client.hgetall(key)
        written += _write({str(field): str(count) for field, count in counts.items()})
        client.delete(key)
    return written


@transaction.atomic
def _write(counts: dict[str, str]) -> int:
    numbers = {field.split(" ", 1)[1] for field in counts}
    ids = dict(Listing.objects.filter(number__in=numbers).values_list("number", "pk"))
    rows = []
    for field, count in counts.items():
        day, number = field.split(" ", 1)
        if number in ids:
            rows.append(ListingDay(listing_id=ids[number], on=date.fromisoformat(day), views=int(count)))
    for row in sorted(rows, key=lambda one: (one.listing_id, one.on)):
        _made, is_new = ListingDay.objects.get_or_create(
            listing_id=row.listing_id, on=row.on, defaults={"views": row.views}
        )
        if not is_new:
            ListingDay.objects.filter(listing_id=row.listing_id, on=row.on).update(views=F("views") + row.views)
    return len(rows)
