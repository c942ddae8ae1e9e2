"""Writing events, and reading them back as a timeline."""

import json
from collections.abc import Sequence
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.hints import hint
from marketplace.core.models import Event

INSERT = """
INSERT INTO core_event (at, kind, subject_kind, subject_id, actor_id, org_id, on_behalf_of_id, request_id, reason,
                        before, after, data)
"""
VALUES = "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb) RETURNING id, txid"
MANY = """
SELECT %s, %s, %s, v.subject, %s, %s, %s, %s, '', '', '', v.data
FROM ROWS FROM (unnest(%s::bigint[]), jsonb_array_elements(%s::jsonb)) WITH ORDINALITY AS v (subject, data, place)
ORDER BY place
"""


def record(
    kind: str,
    subject: Model,
    by: Actor,
    *,
    reason: str = "",
    before: str = "",
    after: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Write the event of what is being done to `subject`, in the caller's transaction, and wake the relay after it.

    Raises RuntimeError outside a transaction: an event must stand or fall with what it tells.
    """
    event = about(kind, subject, by, reason=reason, before=before, after=after, data=data)
    with connection.cursor() as cursor:
        cursor.execute(INSERT + VALUES, columns_of(event))
        event.pk, event.txid = cursor.fetchone()
    return event


def record_many(kind: str, told: Sequence[tuple[Model, dict[str, Any]]], by: Actor) -> None:
    """The same thing done to many subjects of one kind, each with its own data, as one statement in their order."""
    if not told:
        return
    first = about(kind, told[0][0], by)
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT + MANY,
            [
                *columns_of(first)[:3],
                *columns_of(first)[4:8],
                [subject.pk for subject, _ in told],
                json.dumps([data for _, data in told], cls=DjangoJSONEncoder, ensure_ascii=False),
            ],
        )


def about(
    kind: str,
    subject: Model,
    by: Actor,
    *,
    reason: str = "",
    before: str = "",
    after: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """The event, not yet written; the relay will be woken when the transaction ends. Raises as `record`."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"The event {kind} must be written in the transaction of what it tells.")
    if not any(hook[1] is wake_relay for hook in connection.run_on_commit):
        transaction.on_commit(wake_relay)
    return Event(
        at=clock.now(),
        kind=kind,
        subject_kind=subject._meta.label_lower,
        subject_id=subject.pk,
        actor_id=by.user_id,
        org_id=by.org_id,
        on_behalf_of_id=by.on_behalf_of,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
        reason=reason,
        before=before,
        after=after,
        data=json.loads(json.dumps(data, cls=DjangoJSONEncoder)) if data else {},
    )


def columns_of(event: Event) -> list[Any]:
    """The values of an event in the order of `INSERT`."""
    return [
        event.at,
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
        json.dumps(event.data, ensure_ascii=False),
    ]


def wake_relay() -> None:
    """Hint to the worker that there is something to relay. Beat looks every two seconds anyway."""
    hint("marketplace.core.tasks.relay_events")


def timeline(subject: Model) -> QuerySet[Event]:
    """The events of `subject`, newest first."""
    return Event.objects.filter(subject_kind=subject._meta.label_lower, subject_id=subject.pk).order_by("-id")
