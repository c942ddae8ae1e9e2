"""Many steps of one lifecycle at once, for files of thousands of payments and closes of whole books: the same rules,
few statements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.bulk import insert
from marketplace.core.errors import IllegalTransition, NotPermitted
from marketplace.core.lifecycle import Days, Due, Graph, Hours, WorkingDays
from marketplace.core.models import Stateful, Timer

S = TypeVar("S", bound=Stateful)


@dataclass(frozen=True)
class Step:
    """`verb` taken on a locked subject; `data` goes into its event."""

    subject: Stateful
    verb: str
    data: dict[str, Any] = field(default_factory=dict)


def walk_many(graph: Graph, steps: Sequence[Step], *, by: Actor = SYSTEM, also: Sequence[str] = ()) -> None:
    """What `lifecycle.walk` does, for many locked subjects, each at most once; steps with a reason are not for bulk.

    Guards are asked one by one, so they should read nothing that the subjects do not bring with them. Each row still
    changes together with its own event: the database checks it row by row. Raises IllegalTransition, NotPermitted and
    whatever a guard raises; ValueError for an edge with a compulsory reason.
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
        if edge.asks_reason:
            raise ValueError(f"{graph.name}.{step.verb} is not for bulk.")
        if edge.guard is not None:
            edge.guard(step.subject, by)
        written.append((step.subject.pk, step.subject.state, edge.target, edge.verb))
    event_of = _tell(graph, written, [step.data for step in steps], steps[0].subject._meta.label_lower, by)
    was_timed = any(edge.timed for before in {row[1] for row in written} for edge in graph.leaving(before))
    known: dict[Due, datetime | None] = {}
    for step, row in zip(steps, written, strict=True):
        _enter(graph, step.subject, row[2], now, known)
    subjects = [step.subject for step in steps]
    _write(subjects, event_of, also)
    if was_timed:
        _forget_timers(graph, subjects)
    _set_timers(graph, subjects)


def begin_many(graph: Graph, new: Sequence[tuple[S, dict[str, Any]]], *, by: Actor = SYSTEM) -> list[S]:
    """What `lifecycle.begin` does, for many new subjects of one model, each with what its event says.

    Columns go over as they are set on the subjects; `save()` has no part in it.
    """
    if not new:
        return []
    now, subjects = clock.now(), [subject for subject, _ in new]
    known: dict[Due, datetime | None] = {}
    for subject in subjects:
        _enter(graph, subject, graph.initial, now, known)
    model = type(subjects[0])
    names = [one.attname for one in model._meta.concrete_fields if not one.primary_key]
    keys = insert(model, [{name: getattr(one, name) for name in names} for one in subjects], giving=["id"])
    for subject, (pk,) in zip(subjects, keys, strict=True):
        subject.pk = pk
        subject._state.adding = False
    told = [(subject.pk, "", graph.initial, "begin") for subject in subjects]
    _tell(graph, told, [data for _, data in new], model._meta.label_lower, by)
    _set_timers(graph, subjects)
    return subjects


#: Deadlines that count from the moment alone: the same for all who enter a state together.
_OF_THE_MOMENT = (WorkingDays, Days, Hours)


def _enter(graph: Graph, subject: Stateful, state: str, now: datetime, known: dict[Due, datetime | None]) -> None:
    """The new state with its deadline; `known` keeps the deadlines that are everybody's."""
    subject.state, subject.state_since = state, now
    found = []
    for edge in graph.leaving(state):
        if isinstance(edge.due, _OF_THE_MOMENT):
            if edge.due not in known:
                known[edge.due] = edge.due(subject, now)
            found.append(known[edge.due])
        elif edge.due is not None:
            found.append(edge.due(subject, now))
    subject.due_at = min((due for due in found if due is not None), default=None)


def _tell(
    graph: Graph, told: Sequence[tuple[int, str, str, str]], given: Sequence[dict[str, Any]], label: str, by: Actor
) -> dict[int, int]:
    """Write one event for each (subject, before, after, verb) with its data; answers {subject: event}."""
    # One document: as an array of texts every quote in it would be escaped a second time.
    data = json.dumps(given, cls=DjangoJSONEncoder, ensure_ascii=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_event (at, kind, subject_kind, subject_id, actor_id, org_id, on_behalf_of_id, "
            "request_id, reason, before, after, data) "
            "SELECT %s, %s || verb, %s, pk, %s, %s, %s, '', '', before, after, data "
            "FROM ROWS FROM "
            "(unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]), jsonb_array_elements(%s::jsonb)) "
            "AS v(pk, before, after, verb, data) RETURNING id, subject_id",
            [
                clock.now(),
                f"{graph.name}.",
                label,
                by.user_id,
                by.org_id,
                by.on_behalf_of,
                *[[row[place] for row in told] for place in range(4)],
                data,
            ],
        )
        written = {subject: pk for pk, subject in cursor.fetchall()}
    transaction.on_commit(events.wake_relay)
    return written


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


def _forget_timers(graph: Graph, subjects: Sequence[Stateful]) -> None:
    Timer.objects.filter(
        subject_kind=subjects[0]._meta.label_lower,
        subject_id__among=[row.pk for row in subjects],
        name__startswith=f"{graph.name}.",
        done_at__isnull=True,
    ).delete()


def _set_timers(graph: Graph, subjects: Sequence[Stateful]) -> None:
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
