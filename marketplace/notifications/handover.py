"""Claiming, handing over, and writing down how it went: the same for letters, digests and webhook messages.

A claim is committed before the other server is called, and the answer afterwards in a transaction of its own. So a
process that dies in between leaves a row that says "being handed over": nobody knows whether it went out, and it is
never sent twice without that being written down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from marketplace.core import clock
from marketplace.notifications.models import Handover, Outcome

H = TypeVar("H", bound=Handover)
LETTER_WAITS = [timedelta(minutes=2**n) for n in range(5)]
MOST_TRIES = len(LETTER_WAITS) + 1
FIRST_WAIT = LETTER_WAITS[0]
DOUBTFUL_AFTER = timedelta(minutes=15)
"""A hand-over takes seconds; one that has not ended after this has lost its process."""


def claim(open_rows: QuerySet[H], judge: Callable[[H], bool]) -> tuple[H | None, bool]:
    """Take the first row that waits and is due, ask `judge`, and mark it as being handed over.

    `judge` may change the row (drop it, put it off) and answer False. Returns the row, or None when nothing is due, and
    whether it is to be handed over. Rows another sender holds are skipped.
    """
    with transaction.atomic():
        row = (
            open_rows.select_for_update(skip_locked=True, of=("self",))
            .filter(Q(due_at__isnull=True) | Q(due_at__lte=clock.now()), outcome=Outcome.WAITING)
            .order_by("tries", "id")
            .first()
        )
        if row is None:
            return None, False
        try:
            with transaction.atomic():
                is_to_go = judge(row)
        except Exception as error:  # noqa: BLE001  # a row that cannot be judged must not stop the others
            fail(row, error)
            return row, False
        if is_to_go:
            row.outcome, row.begun_at, row.tries = Outcome.SENDING, clock.now(), row.tries + 1
        row.save()
        return row, is_to_go


def sent(row: Handover) -> None:
    """The other side has it."""
    row.outcome, row.sent_at, row.due_at, row.error = Outcome.SENT, clock.now(), None, ""


def drop(row: Handover, why: str) -> None:
    """It is not to be sent any more."""
    row.outcome, row.due_at, row.error = Outcome.DROPPED, None, why


def fail(
    row: Handover,
    error: Exception | str,
    *,
    waits: Sequence[timedelta] = LETTER_WAITS,
    at_least: timedelta = timedelta(0),
) -> None:
    """The other side has nothing of it: try again after the next of `waits`, and park it after the last. Saves the row.

    Tries made while judging count too, so that what can never be judged does not come back for ever.
    """
    if row.outcome == Outcome.WAITING:
        row.tries += 1
    is_over = row.tries > len(waits)
    row.outcome = Outcome.PARKED if is_over else Outcome.WAITING
    row.due_at = None if is_over else clock.now() + max(waits[row.tries - 1], at_least)
    row.error = (error if isinstance(error, str) else repr(error))[:500]
    row.save()


def doubt(row: Handover, why: str, *, send_again: bool) -> None:
    """It may or may not have arrived. What has legal effect goes again, under the same id; the rest waits for somebody.

    Saves the row.
    """
    row.unknown_since = row.unknown_since or clock.now()
    row.error = why[:500]
    is_over = row.tries >= MOST_TRIES
    row.outcome = Outcome.WAITING if send_again and not is_over else Outcome.UNKNOWN
    row.due_at = clock.now() + FIRST_WAIT if row.outcome == Outcome.WAITING else None
    row.save()


def doubtful(rows: QuerySet[H]) -> QuerySet[H]:
    """Those whose process died while handing over."""
    return rows.filter(outcome=Outcome.SENDING, begun_at__lt=clock.now() - DOUBTFUL_AFTER)


def release(row: Handover) -> None:
    """Somebody looked at a parked or doubtful row and wants it sent again: from the beginning."""
    row.outcome, row.tries, row.due_at = Outcome.WAITING, 0, None
    row.save(update_fields=["outcome", "tries", "due_at"])
