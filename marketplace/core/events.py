"""Writing events, and reading them back as a timeline."""

import json
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.hints import hint
from marketplace.core.models import Event


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
    if not connection.in_atomic_block:
        raise RuntimeError(f"The event {kind} must be written in the transaction of what it tells.")
    event = Event.objects.create(
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
        data=json.loads(json.dumps(data or {}, cls=DjangoJSONEncoder)),
    )
    if not any(hook[1] is wake_relay for hook in connection.run_on_commit):
        transaction.on_commit(wake_relay)
    return event


def wake_relay() -> None:
    """Hint to the worker that there is something to relay. Beat looks every two seconds anyway."""
    hint("marketplace.core.tasks.relay_events")


def timeline(subject: Model) -> QuerySet[Event]:
    """The events of `subject`, newest first."""
    return Event.objects.filter(subject_kind=subject._meta.label_lower, subject_id=subject.pk).order_by("-id")
