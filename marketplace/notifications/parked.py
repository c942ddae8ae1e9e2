"""What did not arrive and waits for somebody: seen by the desk, sent again on its word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from marketplace.accounts.graphs import REVIEWERS
from marketplace.core import events, relay
from marketplace.core.access import found, require
from marketplace.core.actor import Actor
from marketplace.core.models import ParkedEvent
from marketplace.notifications import handover
from marketplace.notifications.models import Channel, Delivery, Digest, Outcome

STUCK = (Outcome.PARKED, Outcome.UNKNOWN)
PER_KIND = 50


@dataclass(frozen=True)
class Stuck:
    """One line of the desk's page: `kind` and `pk` name the row for `release`."""

    kind: str
    pk: int
    what: str
    whereto: str
    outcome: str
    is_doubtful: bool
    tries: int
    error: str
    since: datetime | None


def parked_events() -> QuerySet[ParkedEvent]:
    return ParkedEvent.objects.filter(replayed_at__isnull=True)


def stuck_deliveries() -> QuerySet[Delivery]:
    """Letters that go by themselves; those of a digest are seen as the digest."""
    return Delivery.objects.filter(outcome__in=STUCK, digest__isnull=True)


def stuck_digests() -> QuerySet[Digest]:
    return Digest.objects.filter(outcome__in=STUCK)


def waiting_for_somebody(actor: Actor) -> Sequence[QuerySet[Any]]:
    """What the desk's navigation counts."""
    return [parked_events(), stuck_deliveries(), stuck_digests()] if REVIEWERS.permits(actor, None) else []


def stuck(actor: Actor) -> list[Stuck]:
    """Oldest first of each kind, at most fifty of each. Raises NotPermitted."""
    require(REVIEWERS, actor)
    lines = [
        Stuck(
            "event", one.pk, f"{one.event.kind} {one.event_id}", one.subscriber, _("parked"), False, one.tries,
            one.error, one.parked_at,
        )
        for one in parked_events().select_related("event").order_by("pk")[:PER_KIND]
    ]  # fmt: skip
    for kind, rows in (("letter", stuck_deliveries()), ("digest", stuck_digests())):
        for row in rows.select_related("recipient").order_by("pk")[:PER_KIND]:
            lines.append(
                Stuck(
                    kind,
                    row.pk,
                    row.topic if isinstance(row, Delivery) else row.theme,
                    f"{Channel(row.channel).label}: {row.recipient.display_name}",
                    str(Outcome(row.outcome).label),
                    row.outcome == Outcome.UNKNOWN,
                    row.tries,
                    row.error,
                    row.begun_at,
                )
            )
    return lines


def release(*, kind: str, pk: int, by: Actor) -> bool:
    """Send it again; True when that began. A parked event is told anew at once. Raises NotPermitted, NotFound."""
    require(REVIEWERS, by)
    if kind == "event":
        parked = found(parked_events().select_related("event"), pk=pk)
        went = relay.replay(parked)
        with transaction.atomic():
            events.record("parked_event.replay", parked, by, data={"went": went})
        return went
    with transaction.atomic():
        row: Delivery | Digest
        if kind == "digest":
            row = found(stuck_digests(), pk=pk)
            row.deliveries.filter(outcome__in=STUCK).update(outcome=Outcome.SENDING)
        else:
            row = found(stuck_deliveries(), pk=pk)
        handover.release(row)
        events.record("notice.release", row, by)
    return True
