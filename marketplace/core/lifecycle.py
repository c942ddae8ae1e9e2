"""Lifecycles as data, and the one function that walks them.

A `Graph` lists its edges: verb, from, to, who may, guard, deadline, whether the clock takes it. `walk` checks the
state, the right to act and the guard, writes the event and the new state in one transaction, and arms the timers of
the state entered. Diagrams and the exhaustive refusal tests are made from the same data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from django.apps import apps
from django.db import connection
from django.utils import timezone

from marketplace.core import clock, events, timers
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import DomainError, IllegalTransition, NotPermitted, ReasonMissing, Sentence
from marketplace.core.locks import locked
from marketplace.core.models import Event, Stateful
from marketplace.core.workdays import work_calendar

Guard = Callable[[Any, Actor], None]


class Who(Protocol):
    """Decides whether an actor may take an edge on a subject."""

    def permits(self, actor: Actor, subject: Any) -> bool: ...

    def describe(self) -> str: ...


@dataclass(frozen=True)
class Party:
    """Members of the organisation that `path` (an attribute holding its id) names, in one of `roles`.

    A delegate acts in its place when the client gave it `power`.
    """

    path: str
    roles: frozenset[str]
    power: str = ""

    def permits(self, actor: Actor, subject: Any) -> bool:
        if actor.acts_for is None or actor.acts_for != getattr(subject, self.path):
            return False
        if actor.on_behalf_of is not None:
            return bool(self.power) and self.power in actor.powers
        return bool(self.roles & actor.roles)

    def describe(self) -> str:
        return self.path.removesuffix("_id") + ": " + ", ".join(sorted(self.roles))


@dataclass(frozen=True)
class Desk:
    """Members of any organisation of one of `kinds`, in one of `roles`, acting for themselves."""

    kinds: frozenset[str]
    roles: frozenset[str]

    def permits(self, actor: Actor, subject: Any) -> bool:
        return actor.on_behalf_of is None and actor.org_kind in self.kinds and bool(self.roles & actor.roles)

    def describe(self) -> str:
        return ", ".join(sorted(self.kinds)) + ": " + ", ".join(sorted(self.roles))


@dataclass(frozen=True)
class Clock:
    """Nobody but the system itself."""

    def permits(self, actor: Actor, subject: Any) -> bool:
        return actor.is_system

    def describe(self) -> str:
        return "the clock"


@dataclass(frozen=True)
class AnyOf:
    """Whoever one of `choices` permits."""

    choices: tuple[Who, ...]

    def permits(self, actor: Actor, subject: Any) -> bool:
        return any(choice.permits(actor, subject) for choice in self.choices)

    def describe(self) -> str:
        return " / ".join(choice.describe() for choice in self.choices)


class Due(Protocol):
    """When an edge must have happened, counted from entering its source state; None when there is no limit.

    Hashable: where edges of a state share a rule it is asked once.
    """

    def __call__(self, subject: Any, since: datetime) -> datetime | None: ...


@dataclass(frozen=True)
class WorkingDays:
    """The end of the n-th working day after the state was entered."""

    count: int

    def __call__(self, subject: Any, since: datetime) -> datetime:
        day = work_calendar().add_working_days(timezone.localdate(since), self.count)
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))

    def __str__(self) -> str:
        return f"{self.count} working days"


@dataclass(frozen=True)
class Days:
    """A number of calendar days after the state was entered."""

    count: int

    def __call__(self, subject: Any, since: datetime) -> datetime:
        return since + timedelta(days=self.count)

    def __str__(self) -> str:
        return f"{self.count} days"


@dataclass(frozen=True)
class Hours:
    """A number of hours after the state was entered."""

    count: int

    def __call__(self, subject: Any, since: datetime) -> datetime:
        return since + timedelta(hours=self.count)

    def __str__(self) -> str:
        return f"{self.count} hours"


@dataclass(frozen=True)
class At:
    """The moment an attribute of the subject names, plus some days; None while it names none."""

    path: str
    days: int = 0

    def __call__(self, subject: Any, since: datetime) -> datetime | None:
        moment: datetime | None = getattr(subject, self.path)
        return moment + timedelta(days=self.days) if moment is not None else None

    def __str__(self) -> str:
        return f"{self.days} days after {self.path}" if self.days else f"at {self.path}"


@dataclass(frozen=True)
class EndOf:
    """The end of the local day that a date attribute of the subject names."""

    path: str

    def __call__(self, subject: Any, since: datetime) -> datetime | None:
        day = getattr(subject, self.path)
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) if day else None

    def __str__(self) -> str:
        return f"end of {self.path}"


@dataclass(frozen=True)
class Edge:
    """One step: `verb` leads from any of `sources` to `target`, taken by `who`, if `guard` does not refuse.

    `due` says by when; with `timed` the clock takes the step itself at that moment, otherwise it is a deadline that is
    shown. `asks_reason` makes the reason compulsory. `label` is the act as a button says it.
    """

    verb: str
    sources: tuple[str, ...]
    target: str
    who: Who
    label: Sentence
    guard: Guard | None = None
    due: Due | None = None
    timed: bool = False
    asks_reason: bool = False


@dataclass(frozen=True)
class Graph:
    """A lifecycle. `resting` are states that may last for ever without anybody owing a step."""

    name: str
    model: str
    initial: str
    edges: Sequence[Edge]
    states: type[Any]
    resting: frozenset[str] = field(default_factory=frozenset)

    def edge(self, verb: str, state: str) -> Edge | None:
        return next((edge for edge in self.edges if edge.verb == verb and state in edge.sources), None)

    def leaving(self, state: str) -> list[Edge]:
        return [edge for edge in self.edges if state in edge.sources]

    @property
    def terminal(self) -> frozenset[str]:
        return frozenset(state for state in self.states.values if not self.leaving(state))

    def open_to(self, actor: Actor, subject: Any) -> list[Edge]:
        """The steps `actor` may take now, guards aside (a guarded step stays visible with its refusal)."""
        return [edge for edge in self.leaving(subject.state) if edge.who.permits(actor, subject)]

    def refusal(self, edge: Edge, subject: Any, actor: Actor) -> DomainError | None:
        """Why the guard of `edge` would refuse now, or None."""
        if edge.guard is None:
            return None
        try:
            edge.guard(subject, actor)
        except DomainError as refusal:
            return refusal
        return None


_graphs: dict[str, Graph] = {}


def register(graph: Graph) -> Graph:
    """Make a graph known to the timers and the diagrams. Verbs must be unambiguous per state."""
    for state in graph.states.values:
        verbs = [edge.verb for edge in graph.leaving(state)]
        if len(verbs) != len(set(verbs)):
            raise ValueError(f"{graph.name}: a verb leaves {state} twice.")
    _graphs[graph.name] = graph
    timers.on_timer(graph.name, lambda pk, verb: take_timed_step(graph, pk, verb))
    return graph


def graphs() -> list[Graph]:
    return sorted(_graphs.values(), key=lambda graph: graph.name)


def begin(graph: Graph, subject: Stateful, *, by: Actor, data: dict[str, Any] | None = None) -> Event:
    """Save a new subject in the graph's first state with its first event. Runs in the caller's transaction."""
    subject.state = graph.initial
    subject.state_since = clock.now()
    owed = _enter(graph, subject)
    subject.save(force_insert=True)
    event = events.about(f"{graph.name}.begin", subject, by, after=graph.initial, data=data)
    arming = timers.arming(subject, graph.name, owed)
    with connection.cursor() as cursor:  # in one statement, like a step
        cursor.execute(
            (f"WITH armed AS ({timers.ARM}) " if owed else "") + events.INSERT + events.VALUES,
            [*(arming if owed else ()), *events.columns_of(event)],
        )
        event.pk, event.txid = cursor.fetchone()
    return event


def walk(
    graph: Graph,
    subject: Stateful,
    verb: str,
    *,
    by: Actor,
    reason: str = "",
    data: dict[str, Any] | None = None,
    also: Iterable[str] = (),
) -> Event:
    """Take `verb` on a locked subject: event, new state and timers, in the caller's transaction.

    `also` names further columns of the subject to save with the state. Raises IllegalTransition, NotPermitted,
    ReasonMissing and whatever the guard raises; nothing is changed then.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("walk() needs the transaction that locked its subject.")
    edge = graph.edge(verb, subject.state)
    if edge is None:
        raise IllegalTransition(state=graph.states(subject.state).label)
    if not edge.who.permits(by, subject) and not (edge.timed and by.is_system):
        raise NotPermitted()
    reason = reason.replace("\0", "").strip()  # no text column takes that sign
    if edge.asks_reason and not reason:
        raise ReasonMissing(field="reason")
    if edge.guard is not None:
        edge.guard(subject, by)
    event = events.about(
        f"{graph.name}.{verb}", subject, by, reason=reason, before=subject.state, after=edge.target, data=data
    )
    was_timed = any(one.timed for one in graph.leaving(subject.state))
    subject.state = edge.target
    subject.state_since = clock.now()
    owed = _enter(graph, subject)
    side: list[tuple[str, list[Any]]] = []
    arming = timers.arming(subject, graph.name, owed)
    if was_timed:
        side.append((timers.DISARM, [*arming[:2], graph.name, arming[2]]))
    if owed:
        side.append((timers.ARM, arming))
    _write_step(subject, event, also, side)
    return event


def _write_step(
    subject: Stateful, event: Event, also: Iterable[str], side: Sequence[tuple[str, Sequence[Any]]] = ()
) -> None:
    """The event, the columns it explains, and what is written `side` by side with them, in one statement.

    The row is joined to the event just written, and naming the event is part of that join: it is named right before
    the row is changed, when the trigger on the row asks for it.
    """
    meta = type(subject)._meta
    columns, values = [], []
    for name in dict.fromkeys(("state", "state_since", "due_at", *also)):
        field: Any = meta.get_field(name)
        value = field.get_db_prep_save(field.pre_save(subject, add=False), connection)
        place = field.get_placeholder(value, None, connection) if hasattr(field, "get_placeholder") else "%s"
        columns.append(f"{connection.ops.quote_name(field.column)} = {place}")
        values.append(value)
    beside = "".join(f", s{n} AS ({sql})" for n, (sql, _) in enumerate(side))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH e AS ({events.INSERT}{events.VALUES}){beside} "  # noqa: S608
            f"UPDATE {connection.ops.quote_name(meta.db_table)} AS t SET {', '.join(columns)} FROM e "
            "WHERE t.id = %s AND set_config('market.event', e.id::text, true) IS NOT NULL RETURNING e.id, e.txid",
            [*events.columns_of(event), *(one for _, given in side for one in given), *values, subject.pk],
        )
        written = cursor.fetchone()
    if written is None:
        raise RuntimeError(f"{subject._meta.label_lower} {subject.pk} is gone.")
    event.pk, event.txid = written


def take_timed_step(graph: Graph, pk: int, verb: str) -> None:
    """What a due timer does: take the edge as the clock, unless the subject has moved on or its deadline has."""
    with locked(apps.get_model(graph.model), pk) as subject:
        edge = graph.edge(verb, subject.state)
        if edge is None or not edge.timed or edge.due is None:
            return
        due = edge.due(subject, subject.state_since)
        if due is None:
            return
        if due > clock.now():
            timers.arm(subject, graph.name, verb, due)
            return
        walk(graph, subject, verb, by=SYSTEM)


def rearm(graph: Graph, subject: Stateful) -> None:
    """Set deadline and timers anew after a date they depend on has changed."""
    owed = _enter(graph, subject)
    subject.save(update_fields=["due_at"])
    if any(edge.timed for edge in graph.leaving(subject.state)):
        timers.disarm(subject, graph.name)
    timers.arm_all(subject, graph.name, owed)


def _enter(graph: Graph, subject: Stateful) -> list[tuple[str, datetime]]:
    """Set the deadline of the state the subject is in; returns what the clock owes on it, by when."""
    known: dict[Due, datetime | None] = {}  # edges of one state often share their deadline
    dues: list[tuple[Edge, datetime]] = []
    for edge in graph.leaving(subject.state):
        if edge.due is None:
            continue
        if edge.due not in known:
            known[edge.due] = edge.due(subject, subject.state_since)
        due = known[edge.due]
        if due is not None:
            dues.append((edge, due))
    subject.due_at = min((due for _, due in dues), default=None)
    return [(edge.verb, due) for edge, due in dues if edge.timed]
