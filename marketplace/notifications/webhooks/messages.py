"""From events to webhook messages, and from messages to tries.

An organisation is told what its people are told. Somebody who belongs to several organisations is not enough for that:
then the organisation must be named by the event or by its subject, so that no matter of one reaches the other.
"""

from __future__ import annotations

import json
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from django.apps import apps
from django.db import transaction
from django.db.models import Count

from marketplace.accounts.models import Membership, Organisation
from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import DomainError
from marketplace.core.hints import hint
from marketplace.core.models import Event
from marketplace.core.relay import subscriber
from marketplace.notifications import handover, letters, service
from marketplace.notifications.catalogue import row_of
from marketplace.notifications.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from marketplace.notifications.webhooks import egress, signing

#: Waits after each failed try; after the last the message is parked. About three days in all.
WAITS = [
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5)),
    *(timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24)),
]
LONGEST_ASKED_WAIT = timedelta(days=1)
GIVEN_UP_AFTER = timedelta(days=5)
"""An endpoint that has only failed for this long is switched off."""
GONE = 410
BUSY = {429, 503}
#: Names under which the data of an event carry the id of an organisation.
PARTIES = (
    *("organisation", "holder", "buyer", "seller", "payer", "payee", "client", "agent", "other", "maker", "receiver"),
    *("broker", "bank", "borrower", "owed_by", "agency", "pledgee"),
)
log = structlog.get_logger(__name__)


@subscriber("notifications.webhooks")
def queue(told: Sequence[Event]) -> None:
    """Write the messages of a batch of events; each endpoint is told of each event once."""
    endpoints = defaultdict(list)
    for endpoint in WebhookEndpoint.objects.open():
        endpoints[endpoint.organisation_id].append(endpoint)
    if not endpoints:
        return
    rows = []
    for event in told:
        theme = row_of(event.kind).theme
        for organisation in sorted(told_organisations(event, set(endpoints))):
            rows += [
                WebhookMessage(endpoint=one, event_id=event.pk, kind=event.kind, body=body_of(event, organisation))
                for one in endpoints[organisation]
                if not one.themes or theme in one.themes
            ]
    if rows:
        WebhookMessage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        transaction.on_commit(wake)


def wake() -> None:
    hint("marketplace.notifications.tasks.send_webhooks")


def told_organisations(event: Event, among: set[int]) -> set[int]:
    """Which of these organisations the event may be told to, as things stand now."""
    people = service.audience(event)
    if not people:
        return set()
    live = Membership.objects.live().filter(user__in=people)
    several = set(live.values("user").annotate(n=Count("pk")).filter(n__gt=1).values_list("user", flat=True))
    pairs = live.filter(organisation__in=among).values_list("organisation_id", "user_id")
    sure = {organisation for organisation, user in pairs if user not in several}
    unsure = {organisation for organisation, user in pairs} - sure
    return sure | (unsure & parties_of(event) if unsure else set())


def parties_of(event: Event) -> set[int]:
    """The organisations that the event or its subject names."""
    named = {event.org_id, event.on_behalf_of_id, *(event.data.get(name) for name in PARTIES)}
    model = apps.get_model(event.subject_kind)
    columns = [field.attname for field in model._meta.concrete_fields if field.related_model is Organisation] + (
        ["pk"] if model is Organisation else []
    )
    if columns:
        named.update(*model._base_manager.filter(pk=event.subject_id).values_list(*columns))
    return {pk for pk in named if isinstance(pk, int)}


def body_of(event: Event, organisation: int) -> str:
    """What a receiver reads: ids alone, so that whatever is behind them is read with its own right and on record."""
    data: dict[str, Any] = {
        "event": event.pk,
        "organisation": organisation,
        "subject": {"kind": event.subject_kind, "id": event.subject_id},
        "state": event.after,
        "url": letters.absolute(service.page_of(event), "zh-hans"),
    }
    return _packed(event.kind, event.at.isoformat(), data)


def body_of_test() -> str:
    return _packed("webhook.test", clock.now().isoformat(), {})


def _packed(kind: str, at: str, data: dict[str, Any]) -> str:
    return json.dumps({"type": kind, "timestamp": at, "data": data}, ensure_ascii=False, separators=(",", ":"))


def send_due(limit: int = 200) -> int:
    """Send what is due; returns how many arrived. An endpoint that fails waits for the next run with all it is owed."""
    for lost in handover.doubtful(WebhookMessage.objects.all()):
        # a receiver knows a message by its id: to send it again does no harm
        handover.doubt(lost, "the process ended while sending it", send_again=True)
    done, failing = 0, set[int]()
    for _n in range(limit):
        waiting = WebhookMessage.objects.exclude(endpoint__in=failing).select_related("endpoint")
        row, is_to_go = handover.claim(waiting, _may_go)
        if row is None:
            break
        if is_to_go:
            if _try(row):
                done += 1
            else:
                failing.add(row.endpoint_id)
    return done


def _may_go(row: WebhookMessage) -> bool:
    """Read again with the row locked: is the endpoint still open, and may its organisation still see the matter?"""
    endpoint = row.endpoint
    if endpoint.ended_at is not None or endpoint.disabled_at is not None:
        handover.drop(row, "endpoint closed")
        return False
    if row.event_id is not None:
        event = Event.objects.get(pk=row.event_id)
        if not told_organisations(event, {endpoint.organisation_id}):
            handover.drop(row, "no longer theirs to see")
            return False
    return True


def _try(row: WebhookMessage) -> bool:
    """One try, its line in the log, and what follows from it."""
    endpoint, raw, begun = row.endpoint, row.body.encode(), time.monotonic()
    status, error, wait = None, "", ""
    try:
        status, wait = egress.post(endpoint.url, raw, signing.headers(endpoint, row.uid, raw, clock.now()))
    except (egress.NotDelivered, DomainError) as refusal:
        error = str(refusal)[:200]
    took = int((time.monotonic() - begun) * 1000)
    arrived = status is not None and 200 <= status < 300
    with transaction.atomic():
        WebhookAttempt.objects.create(message=row, at=clock.now(), status=status, error=error, took_ms=took)
        if arrived:
            handover.sent(row)
            row.save()
            if endpoint.failing_since is not None:
                WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)
        else:
            handover.fail(row, error or f"HTTP {status}", waits=_waits(row), at_least=_asked(status, wait))
            _note_failure(endpoint, is_gone=status == GONE)
    return arrived


def _waits(row: WebhookMessage) -> list[timedelta]:
    """The schedule, a little later each: endpoints that failed together do not come back together."""
    return [wait * random.uniform(1, 1.1) for wait in WAITS]  # noqa: S311  # nothing secret


def _asked(status: int | None, wait: str) -> timedelta:
    """How long a busy receiver asks us to wait, in whole seconds; a day at most."""
    if status in BUSY and wait.isascii() and wait.isdigit():
        return min(timedelta(seconds=int(wait[:6])), LONGEST_ASKED_WAIT)
    return timedelta(0)


def _note_failure(endpoint: WebhookEndpoint, *, is_gone: bool) -> None:
    """Since when it fails; switched off when the receiver says it is gone, or after days without one success."""
    open_row = WebhookEndpoint.objects.open().filter(pk=endpoint.pk)
    open_row.filter(failing_since__isnull=True).update(failing_since=clock.now())
    why = "gone" if is_gone else "failing"
    stale = open_row if is_gone else open_row.filter(failing_since__lte=clock.now() - GIVEN_UP_AFTER)
    if stale.update(disabled_at=clock.now(), disabled_why=why):
        host = egress.read(endpoint.url)[0]
        data = {"organisation": endpoint.organisation_id, "host": host}
        events.record("webhook_endpoint.disable", endpoint, SYSTEM, reason=why, data=data)
        log.warning("webhook_disabled", endpoint=endpoint.pk, why=why)


def log_of(endpoint: WebhookEndpoint, limit: int) -> list[WebhookMessage]:
    """The last messages of an endpoint, newest first, each with its tries."""
    return list(endpoint.messages.prefetch_related("attempts").order_by("-pk")[:limit])
