"""Many steps of one lifecycle at once, for files that bring thousands of payments: the same rules, few statements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import IllegalTransition, NotPermitted
from marketplace.core.lifecycle import Graph
from marketplace.core.models import Stateful, Timer


@dataclass(frozen=True)
class Step:
    """`verb` taken on a locked subject; `data` goes into its event."""

    subject: Stateful
    verb: str
    data: dict[str, Any] = field(default_factory=dict)


def walk_many(graph: Graph, steps: Sequence[Step], *, by: Actor = SYSTEM, also: Sequence[str] = ()) -> None:
    """What `lifecycle.walk` does, for many locked subjects, each at most once; guards and reasons are not for bulk.

    Each row still changes together with its own event: the database checks it row by row. Raises IllegalTransition,
    NotPermitted; ValueError for an edge with a guard or a compulsory reason.
    """
    if not steps:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("walk_many() needs the transaction that locked its subjects.")
    now = clock.now()
    written = []
    for step in steps:
        edge = graph.edge(step.verb, step.subject.state)
        if edge is None:
            raise IllegalTransition(state=graph.states(step.subject.state).label)
        if not edge.who.permits(by, step.subject):
            raise NotPermitted()
        if edge.guard is not None or edge.asks_reason:
            raise ValueError(f"{graph.name}.{step.verb} is not for bulk.")
        written.append((step.subject.pk, step.subject.state, edge.target, edge.verb))
    # One document: as an array of texts every quote in it would be escaped a second time.
    data = json.dumps([step.data for step in steps], cls=DjangoJSONEncoder, ensure_ascii=False)
    label = steps[0].subject._meta.label_lower
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_event (at, kind, subject_kind, subject_id, actor_id, org_id, on_behalf_of_id, "
            "request_id, reason, before, after, data) "
            "SELECT %s, %s || verb, %s, pk, %s, %s, %s, '', '', before, after, data "
            "FROM ROWS FROM "
            "(unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]), jsonb_array_elements(%s::jsonb)) "
            "AS v(pk, before, after, verb, data) RETURNING id, subject_id",
            [
                now,
                f"{graph.name}.",
                label,
                by.user_id,
                by.org_id,
                by.on_behalf_of,
                *[[row[place] for row in written] for place in range(4)],
                data,
            ],
        )
        event_of = {subject: pk for pk, subject in cursor.fetchall()}
    transaction.on_commit(events.wake_relay)
    for step, row in zip(steps, written, strict=True):
        step.subject.state = row[2]
        step.subject.state_since = now
        found = [edge.due(step.subject, now) for edge in graph.leaving(row[2]) if edge.due is not None]
        step.subject.due_at = min((due for due in found if due is not None), default=None)
    _write([step.subject for step in steps], event_of, also)
    _set_timers(graph, [step.subject for step in steps])


def _write(subjects: Sequence[Stateful], event_of: dict[int, int], also: Sequence[str]) -> None:
    """One UPDATE. Naming the event happens in the condition that joins each row to its own, right before the row is
    changed and its trigger looks for the event; a row changed under another's event would be refused."""
    model = type(subjects[0])
    columns = ["state", "state_since", "due_at", *also]
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    table = connection.ops.quote_name(model._meta.db_table)
    quoted = [connection.ops.quote_name(str(one.column)) for one in fields]
    kinds = ["bigint", "bigint", *(str(one.db_type(connection)).partition("(")[0] for one in fields)]
    values: list[list[Any]] = [[row.pk for row in subjects], [event_of[row.pk] for row in subjects]]
    values += [[getattr(row, str(one.attname)) for row in subjects] for one in fields]
    sql = (
        f"UPDATE {table} AS t SET {', '.join(f'{name} = v.{name}' for name in quoted)} "  # noqa: S608
        f"FROM unnest({', '.join(f'%s::{kind}[]' for kind in kinds)}) AS v(id, event, {', '.join(quoted)}) "
        "WHERE t.id = v.id AND set_config('market.event', v.event::text || left(t.state, 0), true) IS NOT NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        if cursor.rowcount != len(subjects):
            raise RuntimeError(f"{cursor.rowcount} of {len(subjects)} rows were changed.")


def _set_timers(graph: Graph, subjects: Sequence[Stateful]) -> None:
    Timer.objects.filter(
        subject_kind=subjects[0]._meta.label_lower,
        subject_id__among=[row.pk for row in subjects],
        name__startswith=f"{graph.name}.",
        done_at__isnull=True,
    ).delete()
    owed = [
        (row, edge.verb, due)
        for row in subjects
        for edge in graph.leaving(row.state)
        if edge.timed and edge.due is not None and (due := edge.due(row, row.state_since)) is not None
    ]
    Timer.objects.bulk_create(
        [
            Timer(subject_kind=row._meta.label_lower, subject_id=row.pk, name=f"{graph.name}.{verb}", due_at=due)
            for row, verb, due in owed
        ],
        batch_size=2000,
    )
