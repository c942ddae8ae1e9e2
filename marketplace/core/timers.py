"""Timers as rows: armed in the transaction that needs them, run by beat, each in a transaction of its own."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Model

from marketplace.core import clock
from marketplace.core.models import Timer

Runner = Callable[[int, str], None]
MOST_TRIES = 8
_runners: dict[str, Runner] = {}
log = structlog.get_logger(__name__)


def on_timer(family: str, runner: Runner) -> None:
    """Register what runs for timers named "<family>.<act>": called with the subject's id and the act."""
    _runners[family] = runner


def arm(subject: Model, family: str, act: str, due_at: datetime) -> None:
    """Owe `act` on `subject` at `due_at`, replacing an earlier date."""
    arm_all(subject, family, [(act, due_at)])


#: Arms timers, or moves them: subject, names, moments.
ARM = """
INSERT INTO core_timer (subject_kind, subject_id, name, due_at, tries, error)
SELECT %s, %s, v.name, v.due_at, 0, '' FROM unnest(%s::text[], %s::timestamptz[]) AS v (name, due_at)
ON CONFLICT (subject_kind, subject_id, name) WHERE done_at IS NULL
DO UPDATE SET due_at = excluded.due_at, tries = 0, error = ''
"""
#: Forgets what a family still owes on a subject, but for the names it goes on to owe.
DISARM = """
DELETE FROM core_timer
WHERE subject_kind = %s AND subject_id = %s AND done_at IS NULL AND split_part(name, '.', 1) = %s AND name <> ALL(%s)
"""


def arm_all(subject: Model, family: str, owed: Sequence[tuple[str, datetime]]) -> None:
    """Owe each act of `family` at its own moment, replacing earlier dates. One statement."""
    if not owed:
        return
    with connection.cursor() as cursor:
        cursor.execute(ARM, arming(subject, family, owed))


def arming(subject: Model, family: str, owed: Sequence[tuple[str, datetime]]) -> list[Any]:
    """The values `ARM` takes."""
    names, moments = [f"{family}.{act}" for act, _ in owed], [due_at for _, due_at in owed]
    return [subject._meta.label_lower, subject.pk, names, moments]


def disarm(subject: Model, family: str) -> None:
    """Forget every act of `family` still owed on `subject`."""
    with connection.cursor() as cursor:
        cursor.execute(DISARM, [subject._meta.label_lower, subject.pk, family, []])


def run_due(limit: int = 500) -> int:
    """Run what is due, oldest first, one transaction each; returns how many were taken.

    Two runners share the work (skip locked). A failing timer waits longer each time and, after eight tries, stays
    visible with its error without holding up the others.
    """
    taken = 0
    for _ in range(limit):
        with transaction.atomic():
            timer = (
                Timer.objects.select_for_update(skip_locked=True)
                .filter(done_at__isnull=True, due_at__lte=clock.now(), tries__lt=MOST_TRIES)
                .order_by("due_at", "id")
                .first()
            )
            if timer is None:
                break
            taken += 1
            family, _dot, act = timer.name.partition(".")
            # The timer is stamped first: the act may arm its successor under the same name.
            timer.done_at = clock.now()
            timer.save(update_fields=["done_at"])
            try:
                with transaction.atomic():
                    _runners[family](timer.subject_id, act)
            except Exception as error:
                log.exception("timer_failed", timer=timer.name, subject=timer.subject_id)
                timer.done_at = None
                timer.tries += 1
                timer.error = repr(error)[:2000]
                timer.due_at = clock.now() + timedelta(seconds=30 * 2**timer.tries)
                timer.save(update_fields=["done_at", "tries", "error", "due_at"])
    return taken
