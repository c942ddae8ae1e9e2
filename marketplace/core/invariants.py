"""What must always hold, asked of the whole database: each app registers its questions, one command asks them all.

A question is a function that yields a sentence for every row that breaks it. Constraints already forbid most of it; the
questions are independent of them on purpose, so that a constraint dropped by mistake is found by the next run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.apps import apps
from django.db import connection

from marketplace.core import chain
from marketplace.core.models import Stateful

Question = Callable[[], Iterator[str]]
MOST_SAID = 100
_questions: dict[str, Question] = {}
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Answer:
    """What one question found."""

    name: str
    broken: list[str] = field(default_factory=list)
    took_ms: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "holds": not self.broken, "broken": self.broken, "took_ms": self.took_ms}


def invariant(name: str) -> Callable[[Question], Question]:
    """Register the decorated question under `name`, the sentence that must hold."""

    def keep(question: Question) -> Question:
        _questions[name] = question
        return question

    return keep


def nothing_in(sql: str) -> Question:
    """A question whose answer is a query that must find nothing; each row's columns make the sentence."""

    def ask() -> Iterator[str]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for row in cursor.fetchmany(MOST_SAID):
                yield " ".join(str(one) for one in row)

    return ask


def ask_all() -> list[Answer]:
    """Ask every question, by name."""
    answers = []
    for name in sorted(_questions):
        began = time.perf_counter()
        answer = Answer(name)
        for at, said in enumerate(_questions[name]()):
            if at >= MOST_SAID:
                break
            answer.broken.append(said)
        answer.took_ms = round((time.perf_counter() - began) * 1000)
        answers.append(answer)
    return answers


def check() -> bool:
    """Ask every question and log what is broken; True when everything holds."""
    broken = [one for one in ask_all() if one.broken]
    for one in broken:
        log.error("invariant_broken", invariant=one.name, rows=one.broken[:5], count=len(one.broken))
    return not broken


@invariant("the chain over the events holds, up to the head kept outside")
def _chain_holds() -> Iterator[str]:
    for one in chain.breaks():
        yield f"seal {one.seal_id}: {one.what}"


@invariant("every state is the one its last event set")
def _states_follow_events() -> Iterator[str]:
    for model in apps.get_models():
        if not issubclass(model, Stateful) or not model._meta.managed:
            continue
        table = connection.ops.quote_name(model._meta.db_table)
        ask = nothing_in(
            f"""
            SELECT '{model._meta.label_lower}', s.id, s.state, e.after FROM {table} s
            LEFT JOIN LATERAL (
                SELECT after FROM core_event
                WHERE subject_kind = '{model._meta.label_lower}' AND subject_id = s.id AND after <> ''
                ORDER BY id DESC LIMIT 1
            ) e ON true
            WHERE e.after IS DISTINCT FROM s.state LIMIT {MOST_SAID}
            """  # noqa: S608 - names of our own models
        )
        yield from ask()
