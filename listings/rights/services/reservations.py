"""Speaking for rights: what a deal or pledge in progress has been promised, until it is settled or falls through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction
from psycopg.types.range import DateRange

from listings.assets.models import Asset
from listings.rights.lanes import LANES, SHARED, SHARED_LANE, WHOLE_RIGHT
from listings.rights.models import Reservation
from listings.rights.reading import lock_rights
from listings.rights.scope import WHOLE, Scope
from listings.rights.services.entries import constraints_as_refusals
from listings.rights.states import Act
from marketplace.core import clock, events
from marketplace.core.actor import Actor


@transaction.atomic
def reserve(
    assets: Sequence[int], *, subject: tuple[str, int], act: Act, scope: Scope = WHOLE, by: Actor
) -> list[Reservation]:
    """Speak for all of these rights at once, or for none. Asking again for the same changes nothing.

    Raises NotFound, Busy, RightReserved (another deal or pledge has been promised what this one wants). Whether the
    register allows the act at all is `check`'s answer, asked before in the same transaction.
    """
    ids = sorted(set(assets))
    lock_rights(ids)
    whole = Scope(starts_on=scope.starts_on) if act in WHOLE_RIGHT else scope
    days = whole.period(clock.today())
    wanted = (str(act), whole.territory, whole.field, DateRange(days.lower, days.upper, "[)"))
    own = {one.asset_id: one for one in Reservation.objects.live().by_subject(subject).filter(asset__in=ids)}
    made = []
    for asset in Asset.objects.filter(pk__in=ids).order_by("pk"):
        kept = own.get(asset.pk)
        if kept is not None:
            if (kept.act, kept.territory, kept.field, kept.period) == wanted:
                made.append(kept)
                continue
            Reservation.objects.filter(pk=kept.pk).update(released_at=clock.now())
        number = _next_id()
        row = Reservation(
            id=number,
            asset=asset,
            act=act,
            lane=SHARED_LANE if LANES[act] is SHARED else number,
            territory=whole.territory,
            field=whole.field,
            period=DateRange(days.lower, days.upper, "[)"),
            subject_kind=subject[0],
            subject_id=subject[1],
            created_at=clock.now(),
        )
        with constraints_as_refusals(asset):
            row.save(force_insert=True)
        events.record("rights.reserve", row, by, data=_data(row))
        made.append(row)
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


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('rights_reservation', 'id'))")
        return int(cursor.fetchone()[0])
