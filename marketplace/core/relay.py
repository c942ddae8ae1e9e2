"""The relay: hands committed events to their subscribers, in order, each remembering how far it got.

A subscriber is a function over a batch of events that may run twice and must end the same. Events are read in
(transaction, id) order and only up to the oldest transaction still open, so none is passed over because it committed
late. A batch that fails is tried event by event; one that keeps failing is parked and the rest goes on.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from marketplace.core import clock
from marketplace.core.locks import hold_advisory
from marketplace.core.models import Event, ParkedEvent, Subscription

Handler = Callable[[Sequence[Event]], None]
READ_AT_ONCE = 1000
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Subscriber:
    """`handle` gets at most `batch` events whose kind matches one of `kinds` (shell patterns)."""

    name: str
    kinds: tuple[str, ...]
    batch: int
    handle: Handler

    def wants(self, event: Event) -> bool:
        return any(fnmatch.fnmatchcase(event.kind, pattern) for pattern in self.kinds)


_subscribers: dict[str, Subscriber] = {}


def subscriber(name: str, *, kinds: Sequence[str] = ("*",), batch: int = 200) -> Callable[[Handler], Handler]:
    """Register the decorated function as the subscriber `name`. Import it from the app's `ready`."""

    def keep(handle: Handler) -> Handler:
        _subscribers[name] = Subscriber(name, tuple(kinds), batch, handle)
        return handle

    return keep


def subscribers() -> list[Subscriber]:
    return sorted(_subscribers.values(), key=lambda one: one.name)


def relay_all() -> int:
    """Give every subscriber what it has not had; returns the number of events read, summed over subscribers."""
    return sum(relay_to(one) for one in subscribers())


def relay_to(one: Subscriber) -> int:
    """Give one subscriber all it has not had, batch by batch. A second relay for the same one steps aside."""
    total = 0
    while True:
        with transaction.atomic():
            if not hold_advisory(f"relay:{one.name}"):
                return total
            place, _ = Subscription.objects.get_or_create(name=one.name)
            read = list(_after(place)[:READ_AT_ONCE])
            if not read:
                return total
            wanted = [event for event in read if one.wants(event)][: one.batch]
            if wanted:
                _deliver(one, wanted)
            # Up to the last one delivered, or past all that were read when there is nothing more to deliver in them.
            last = wanted[-1] if len(wanted) == one.batch else read[-1]
            place.txid, place.event_id = last.txid, last.pk
            place.save()
        total += read.index(last) + 1


def _after(place: Subscription) -> QuerySet[Event]:
    settled = RawSQL("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", ())
    return Event.objects.filter(
        Q(txid__gt=place.txid) | Q(txid=place.txid, id__gt=place.event_id), txid__lt=settled
    ).order_by("txid", "id")


def _deliver(one: Subscriber, events: list[Event]) -> None:
    try:
        with transaction.atomic():
            one.handle(events)
            return
    except Exception:
        log.exception("relay_batch_failed", subscriber=one.name, events=len(events))
    for event in events:
        try:
            with transaction.atomic():
                one.handle([event])
        except Exception as error:
            log.exception("event_parked", subscriber=one.name, event_id=event.pk)
            ParkedEvent.objects.update_or_create(
                subscriber=one.name, event=event, defaults={"error": repr(error)[:2000], "parked_at": clock.now()}
            )


def replay(parked: ParkedEvent) -> bool:
    """Try a parked event once more; True when it went through."""
    try:
        with transaction.atomic():
            _subscribers[parked.subscriber].handle([parked.event])
            parked.replayed_at = clock.now()
            parked.save(update_fields=["replayed_at"])
        return True
    except Exception as error:
        ParkedEvent.objects.filter(pk=parked.pk).update(tries=parked.tries + 1, error=repr(error)[:2000])
        return False


def lag() -> dict[str, int]:
    """Events not yet read, per subscriber."""
    places = {place.name: place for place in Subscription.objects.all()}
    return {
        one.name: Event.objects.filter(
            Q(txid__gt=places[one.name].txid) | Q(txid=places[one.name].txid, id__gt=places[one.name].event_id)
        ).count()
        if one.name in places
        else Event.objects.count()
        for one in subscribers()
    }
