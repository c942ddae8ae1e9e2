"""The chain over the events: each link is the hash of the event and of the link before it.

A changed byte, a missing row or two rows swapped break it. Whoever can rewrite the whole table can also rewrite the
chain, so its head is worth something only where it is kept elsewhere: every sealing appends the head to a file outside
the database (`AUDIT_HEADS_FILE`), and `check_invariants` compares with it. Events are sealed in the order the relay
reads them, (transaction, id), up to the oldest transaction still open; one sealer works at a time, so writers do not
wait for it and the chain cannot fork.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from marketplace.core import clock
from marketplace.core.locks import hold_advisory
from marketplace.core.models import Event, EventSeal

GENESIS = "0" * 64
READ_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the chain does not hold: the seal, and what is wrong there."""

    seal_id: int | None
    what: str


def canonical(event: Event) -> bytes:
    """The event as the chain hashes it: every column, in one spelling."""
    told = [
        event.pk,
        event.txid,
        event.at.isoformat(),
        event.kind,
        event.subject_kind,
        event.subject_id,
        event.actor_id,
        event.org_id,
        event.on_behalf_of_id,
        event.request_id,
        event.reason,
        event.before,
        event.after,
        event.data,
    ]
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def linked(head: str, event: Event) -> str:
    """The link of `event` after `head`."""
    return hashlib.sha256(bytes.fromhex(head) + canonical(event)).hexdigest()


def seal_events() -> int:
    """Chain what has been settled since the last seal; returns how many events. Steps aside for another sealer."""
    total = 0
    while True:
        with transaction.atomic():
            if not hold_advisory("events.seal"):
                return total
            last = EventSeal.objects.order_by("-id").first()
            rows = list(_after(last)[:READ_AT_ONCE])
            if not rows:
                return total
            head = last.head if last else GENESIS
            for event in rows:
                head = linked(head, event)
            made = EventSeal.objects.create(
                txid=rows[-1].txid,
                event_id=rows[-1].pk,
                count=len(rows),
                total=(last.total if last else 0) + len(rows),
                previous=last.head if last else GENESIS,
                head=head,
                sealed_at=clock.now(),
            )
            transaction.on_commit(lambda made=made: _export(made))  # type: ignore[misc]
        total += len(rows)


def _after(last: EventSeal | None) -> QuerySet[Event]:
    settled = RawSQL("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", ())
    found = Event.objects.filter(txid__lt=settled).order_by("txid", "id")
    if last is None:
        return found
    return found.filter(Q(txid__gt=last.txid) | Q(txid=last.txid, id__gt=last.event_id))


def _export(seal: EventSeal) -> None:
    """Keep the head outside the database, one line a seal; the file is only ever appended to."""
    place = Path(settings.AUDIT_HEADS_FILE)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a", encoding="ascii") as file:
        file.write(f"{seal.pk} {seal.total} {seal.head} {seal.sealed_at.isoformat()}\n")


def exported() -> dict[int, tuple[int, str]]:
    """Seal id → (events sealed in all, head), as kept outside the database."""
    place = Path(settings.AUDIT_HEADS_FILE)
    if not place.exists():
        return {}
    lines = (line.split() for line in place.read_text(encoding="ascii").splitlines())
    return {int(parts[0]): (int(parts[1]), parts[2]) for parts in lines if len(parts) >= 3}


def breaks() -> Iterator[Break]:
    """Walk the whole chain and compare with the heads kept elsewhere; yields every place where it does not hold."""
    head, total, events = GENESIS, 0, _in_order()
    seals = {seal.pk: seal for seal in EventSeal.objects.all()}
    for seal in EventSeal.objects.order_by("id"):
        if seal.previous != head:
            yield Break(seal.pk, "does not follow the seal before it")
        head = seal.previous
        last: Event | None = None
        for _number in range(seal.count):
            last = next(events, None)
            if last is None:
                yield Break(seal.pk, "events are missing")
                return
            head = linked(head, last)
        total += seal.count
        if last is None or (last.txid, last.pk) != (seal.txid, seal.event_id) or head != seal.head:
            yield Break(seal.pk, "events were changed, removed, added or moved")
            return
        if total != seal.total:
            yield Break(seal.pk, "counts do not add up")
    for pk, (count, kept) in exported().items():
        if pk not in seals:
            yield Break(pk, "a seal that was exported is gone: the tail was cut")
        elif (seals[pk].total, seals[pk].head) != (count, kept):
            yield Break(pk, "differs from the head kept outside the database")


def _in_order() -> Iterator[Event]:
    place: tuple[int, int] = (-1, -1)
    while True:
        rows = list(
            Event.objects.filter(Q(txid__gt=place[0]) | Q(txid=place[0], id__gt=place[1])).order_by("txid", "id")[
                :READ_AT_ONCE
            ]
        )
        if not rows:
            return
        yield from rows
        place = (rows[-1].txid, rows[-1].pk)
