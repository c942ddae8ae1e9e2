"""Speaking for rights: what a deal or pledge in progress has been promised, until it is settled or falls through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg.types.range import DateRange

from listings.rights.lanes import LANES, SHARED, SHARED_LANE, WHOLE_RIGHT
from listings.rights.models import Reservation
from listings.rights.reading import lock_rights
from listings.rights.scope import WHOLE, Scope
from listings.rights.services.entries import constraints_as_refusals
from listings.rights.states import Act
from marketplace.core import clock, events
from marketplace.core.actor import Actor


@dataclass(frozen=True, slots=True)
class _Promise:
    """What is spoken for, as the columns hold it."""

    act: Act
    territory: Any
    field: Any
    period: DateRange

    @classmethod
    def of(cls, act: Act, scope: Scope) -> _Promise:
        whole = Scope(starts_on=scope.starts_on) if act in WHOLE_RIGHT else scope
        days = whole.period(clock.today())
        return cls(act, whole.territory, whole.field, DateRange(days.lower, days.upper, "[)"))

    def is_kept_by(self, row: Reservation) -> bool:
        return (row.act, row.territory, row.field, row.period) == (self.act, self.territory, self.field, self.period)


def reserve(
    assets: Sequence[int], *, subject: tuple[str, int], act: Act, scope: Scope = WHOLE, by: Actor
) -> list[Reservation]:
    """Speak for all of these rights at once, or for none. Asking again for the same changes nothing.

    Raises NotFound, Busy, RightReserved (another deal or pledge has been promised what this one wants). Whether the
    register allows the act at all is `check`'s answer, asked before in the same transaction.
    """
    ids = sorted(set(assets))
    promise = _Promise.of(act, scope)
    with constraints_as_refusals():
        lock_rights(ids)
        own = {one.asset_id: one for one in Reservation.objects.live().by_subject(subject).filter(asset__in=ids)}
        kept = {pk: one for pk, one in own.items() if promise.is_kept_by(one)}
        outgrown = [one.pk for pk, one in own.items() if pk not in kept]
        if outgrown:
            Reservation.objects.filter(pk__in=outgrown).update(released_at=clock.now())
        made = _write([pk for pk in ids if pk not in kept], subject, promise, by)
    return sorted([*kept.values(), *made], key=lambda row: row.asset_id)


def reserve_first(
    assets: Sequence[int], *, subject: tuple[str, int], act: Act, scope: Scope = WHOLE, by: Actor
) -> list[Reservation]:
    """`reserve` for a subject begun in this transaction, which holds the locks of the rights. Raises RightReserved."""
    with constraints_as_refusals():
        return _write(sorted(set(assets)), subject, _Promise.of(act, scope), by)


WRITE = """
INSERT INTO rights_reservation (id, asset_id, act, lane, territory, field, period, subject_kind, subject_id, created_at)
SELECT n, asset, %s, CASE WHEN %s THEN %s ELSE n END, %s, %s, %s, %s, %s, %s
FROM (SELECT nextval(pg_get_serial_sequence('rights_reservation', 'id')) AS n, asset
      FROM unnest(%s::bigint[]) AS v (asset) ORDER BY asset) AS numbered
RETURNING id, asset_id, lane
"""


def _write(ids: Sequence[int], subject: tuple[str, int], promise: _Promise, by: Actor) -> list[Reservation]:
    """The rows, whose own numbers are their lanes unless the act shares one, and their events. Two statements."""
    if not ids:
        return []
    now, lane = clock.now(), (LANES[promise.act] is SHARED, SHARED_LANE)
    places: tuple[Any, ...] = (promise.territory, promise.field, promise.period)
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [promise.act, *lane, *places, *subject, now, list(ids)])
        rows = cursor.fetchall()
    made = [
        Reservation(
            id=pk,
            asset_id=asset_id,
            act=promise.act,
            lane=lane,
            territory=promise.territory,
            field=promise.field,
            period=promise.period,
            subject_kind=subject[0],
            subject_id=subject[1],
            created_at=now,
        )
        for pk, asset_id, lane in rows
    ]
    events.record_many("rights.reserve", [(row, _data(row)) for row in made], by)
    return made


@transaction.atomic
def release(*, subject: tuple[str, int], by: Actor, assets: Sequence[int] | None = None) -> int:
    """Let go of what this subject spoke for (of `assets` only, where named); returns how many rights are free again."""
    found = Reservation.objects.live().by_subject(subject)
    if assets is not None:
        found = found.filter(asset__in=list(assets))
    rows = list(found.select_for_update().order_by("asset_id"))
    for row in rows:
        row.released_at = clock.now()
        row.save(update_fields=["released_at"])
        events.record("rights.release", row, by, data=_data(row))
    return len(rows)


@contextmanager
def spoken_for(
    assets: Sequence[int], *, subject: tuple[str, int], act: Act, scope: Scope = WHOLE, by: Actor
) -> Iterator[None]:
    """Hold the rights, locked and reserved, while what was promised is written into the register.

    The reservation goes with the act done: what was promised is in the register now. The lock of the rights, held to
    the end of the transaction, is what keeps a pledge and a sale apart. Raises as `reserve`.
    """
    with transaction.atomic():
        reserve(assets, subject=subject, act=act, scope=scope, by=by)
        yield
        release(subject=subject, by=by, assets=assets)


def _data(row: Reservation) -> dict[str, object]:
    return {
        "touched": {"assets.asset": [row.asset_id]},
        "act": row.act,
        "subject": [row.subject_kind, row.subject_id],
    }
