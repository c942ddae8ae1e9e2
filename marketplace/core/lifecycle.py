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
    """When an edge must have happened, counted from entering its source state; None when there is no limit."""

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
    subject.due_at = _deadline(graph, subject)
    subject.save(force_insert=True)
    event = events.record(f"{graph.name}.begin", subject, by, after=graph.initial, data=data)
    _arm(graph, subject)
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
    reason = reason.strip()
    if edge.asks_reason and not reason:
        raise ReasonMissing(field="reason")
    if edge.guard is not None:
        edge.guard(subject, by)
    event = events.record(
        f"{graph.name}.{verb}", subject, by, reason=reason, before=subject.state, after=edge.target, data=data
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('market.event', %s, true)", [str(event.pk)])
    subject.state = edge.target
    subject.state_since = clock.now()
    subject.due_at = _deadline(graph, subject)
    subject.save(update_fields=["state", "state_since", "due_at", *also])
    _arm(graph, subject)
    return event


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
    subject.due_at = _deadline(graph, subject)
    subject.save(update_fields=["due_at"])
    _arm(graph, subject)


def _deadline(graph: Graph, subject: Stateful) -> datetime | None:
    dues = [edge.due(subject, subject.state_since) for edge in graph.leaving(subject.state) if edge.due is not None]
    return min((due for due in dues if due is not None), default=None)


def _arm(graph: Graph, subject: Stateful) -> None:
    timers.disarm(subject, graph.name)
    for edge in graph.leaving(subject.state):
        if edge.timed and edge.due is not None:
            due = edge.due(subject, subject.state_since)
            if due is not None:
                timers.arm(subject, graph.name, edge.verb, due)
