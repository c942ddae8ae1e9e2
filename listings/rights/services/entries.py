"""Writing the register: one entry at a time, ended once, always with its event."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.patents.numbers import format_number
from listings.rights.graphs import DESK
from listings.rights.models import Entry
from listings.rights.refusals import (
    AlreadyPledged,
    EntryClash,
    EntryEnded,
    FactsMissing,
    LicencesClash,
    OrderTooLong,
    RightReserved,
    SharesExceedOne,
    TakenAlready,
)
from listings.rights.ruling import enforces, rule
from listings.rights.scope import WHOLE, Scope
from listings.rights.states import EndReason, EntryKind, Source
from marketplace.core import clock, events, timers
from marketplace.core.access import require
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.locks import locked
from marketplace.core.models import Event
from marketplace.core.money import Money
from marketplace.core.workdays import months_after

FAMILY = "rights"
EXPIRE = "expire"
#: Sources whose entries somebody at the desk writes.
DESK_SOURCES = frozenset({Source.OPERATOR, Source.CNIPA, Source.HOLDER})
#: The right in the key of a violated constraint, as PostgreSQL tells it: "Key (asset_id, …)=(17, …)".
KEY = re.compile(r"\(asset_id\b[^)]*\)=\((\d+)")
#: Which refusal a constraint means. A lock gives the good message; this is for when the database had to say it.
MEANS: Mapping[str, type[DomainError]] = {
    "one_live_pledge_per_asset": AlreadyPledged,
    "shutting_licences_do_not_overlap": LicencesClash,
    "no_shutting_licence_beside_an_open_declaration": EntryClash,
    "one_live_open_declaration_per_asset": EntryClash,
    "one_open_licence_per_taker_and_declaration": TakenAlready,
    "owner_shares_never_exceed_one": SharesExceedOne,
    "live_reservations_agree_with_each_other": RightReserved,
    "one_live_reservation_per_right_and_subject": RightReserved,
    "a_preservation_order_runs_at_most_six_months": OrderTooLong,
}


@dataclass(frozen=True, slots=True)
class Who:
    """A party: an organisation of the market, or a name where it is none."""

    organisation_id: int | None = None
    name: str = ""

    def __bool__(self) -> bool:
        return self.organisation_id is not None or bool(self.name)


NOBODY = Who()


def shown_number(asset: Asset) -> str:
    """The right's number as its office writes it."""
    return format_number(asset.office, asset.number, "", is_granted=asset.is_granted)


@contextmanager
def constraints_as_refusals(asset: Asset | None = None) -> Iterator[None]:
    """Say a violated constraint as the refusal it means. Runs in a savepoint, so the transaction can go on.

    Without `asset` the key that the database names says which right it is about.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diag = getattr(error.__cause__, "diag", None)
        meant = MEANS.get(getattr(diag, "constraint_name", None) or "")
        if meant is None:
            raise
        if asset is None:
            key = KEY.search(getattr(diag, "message_detail", None) or "")
            if key is None:
                raise
            asset = Asset.objects.get(pk=int(key[1]))
        raise meant(number=shown_number(asset), months=6) from error


def touching(entry: Entry, **more: Any) -> dict[str, Any]:
    """Event data that lets a right's pages, index and listings follow its entries."""
    return {
        "touched": {"assets.asset": [entry.asset_id]},
        "entry": entry.pk,
        "kind": entry.kind,
        "licence_type": entry.licence_type,
        **more,
    }


def record_entry(
    *,
    asset_id: int,
    kind: str,
    by: Actor,
    source: str,
    starts_on: date,
    ends_on: date | None = None,
    party: Who = NOBODY,
    grantor: Who = NOBODY,
    licence_type: str = "",
    scope: Scope = WHOLE,
    share: tuple[int, int] | None = None,
    may_sublicense: bool = False,
    under_id: int | None = None,
    debt_due_on: date | None = None,
    amount: Money | None = None,
    export_category: str = "",
    reference: str = "",
    note_zh: str = "",
    note_en: str = "",
    recorded_on: date | None = None,
    is_recorded_only: bool = False,
    evidence_id: Any = None,
    subject: tuple[str, int] | None = None,
) -> Entry:
    """Write one entry into the register of a right, and arm the end of its term.

    `scope` gives territory and field; its days are `starts_on` and `ends_on` (last day, included). A caller on a
    higher floor has asked `check` before; the desk's sources need the desk. Raises NotFound, NotPermitted,
    FactsMissing, OrderTooLong, and the EntryClash the database's constraints mean.
    """
    if source in DESK_SOURCES:
        require(DESK, by)
    _complete(kind, party, licence_type, share, ends_on, starts_on)
    with locked(Asset, asset_id) as asset:
        entry = Entry(
            asset=asset,
            kind=kind,
            licence_type=licence_type,
            export_category=export_category,
            grantor_id=grantor.organisation_id,
            grantor_name=grantor.name[:400],
            party_id=party.organisation_id,
            party_name=party.name[:400],
            share_numerator=share[0] if share else None,
            share_denominator=share[1] if share else None,
            may_sublicense=may_sublicense,
            under_id=under_id,
            territories=list(scope.territories),
            fields=list(scope.fields),
            territory=scope.territory,
            field=scope.field,
            starts_on=starts_on,
            ends_on=ends_on,
            debt_due_on=debt_due_on,
            amount=amount.amount if amount else None,
            currency=amount.currency if amount else "",
            reference=reference[:120],
            note_zh=note_zh,
            note_en=note_en,
            source=source,
            is_recorded_only=is_recorded_only,
            recorded_on=recorded_on,
            evidence_id=evidence_id,
            subject_kind=subject[0] if subject else "",
            subject_id=subject[1] if subject else None,
            created_at=clock.now(),
            created_by_id=by.user_id,
            created_for_id=by.acts_for,
        )
        with constraints_as_refusals(asset):
            entry.save(force_insert=True)
            if kind == EntryKind.OWNERSHIP:
                settle_shares()
                entry_defers()
        if ends_on is not None:
            timers.arm(entry, FAMILY, EXPIRE, _behind(ends_on))
        events.record("rights.record", entry, by, data=touching(entry))
    return entry


def _behind(last_day: date) -> datetime:
    """The first moment after a day, in the market's zone."""
    return timezone.make_aware(datetime.combine(last_day + timedelta(days=1), time.min))


@enforces("PAT-FREEZE-COURT")
def _complete(
    kind: str, party: Who, licence_type: str, share: tuple[int, int] | None, ends_on: date | None, starts_on: date
) -> None:
    """Raises FactsMissing, and OrderTooLong for a preservation order beyond the law's months."""
    missing = []
    if kind in (EntryKind.OWNERSHIP, EntryKind.LICENCE, EntryKind.PLEDGE) and not party:
        missing.append(_("who receives it"))
    if kind == EntryKind.LICENCE and not licence_type:
        missing.append(_("the type of licence"))
    if kind == EntryKind.PRESERVATION and ends_on is None:
        missing.append(_("the last day of the order"))
    if share is not None and not 0 < share[0] <= share[1]:
        missing.append(_("a share between nothing and the whole"))
    if ends_on is not None and ends_on < starts_on:
        missing.append(_("a last day that does not lie before the first"))
    if missing:
        raise FactsMissing(missing=_Listed(missing))
    if kind == EntryKind.PRESERVATION and ends_on is not None:
        months = int(rule("PAT-FREEZE-COURT").value("max_period_per_order", starts_on))
        if ends_on > months_after(starts_on, months):
            raise OrderTooLong(field="ends_on", months=months)


class _Listed:
    """Words joined as the active language joins them."""

    def __init__(self, words: list[Any]) -> None:
        self.words = words

    def __str__(self) -> str:
        return str(_("; ")).join(str(one) for one in self.words)


def _share_trigger() -> str:
    trigger = next(one for one in Entry._meta.triggers if one.name == "owner_shares_never_exceed_one")  # type: ignore[attr-defined]
    return str(trigger.get_pgid(Entry))


def settle_shares() -> None:
    """Let the database add up the owners' shares now, not at commit. Raises IntegrityError."""
    with connection.cursor() as cursor:
        cursor.execute(f'SET CONSTRAINTS "{_share_trigger()}" IMMEDIATE')


def entry_defers() -> None:
    """Let it wait for the commit again: an assignment ends one share and begins another."""
    with connection.cursor() as cursor:
        cursor.execute(f'SET CONSTRAINTS "{_share_trigger()}" DEFERRED')


def close(
    entry: Entry, *, on: date, reason: str, by: Actor, note: str = "", evidence_id: Any = None, verb: str = "rights.end"
) -> Event:
    """End an entry whose right is locked. Raises EntryEnded."""
    changed = Entry.objects.filter(pk=entry.pk, ended_at__isnull=True).update(
        ended_on=max(on, entry.starts_on),
        ended_at=clock.now(),
        end_reason=reason,
        end_note=note,
        end_evidence_id=evidence_id,
        ended_by_id=by.user_id,
        ended_for_id=by.acts_for,
    )
    if changed != 1:
        raise EntryEnded()
    timers.disarm(entry, FAMILY)
    entry.refresh_from_db()
    return events.record(verb, entry, by, reason=note, data=touching(entry, reason=reason))


def end_entry(
    *, entry_id: int, by: Actor, on: date, reason: str, note: str = "", evidence_id: Any = None, is_desk: bool = True
) -> Entry:
    """End an entry from a day on (the first day on which it no longer holds).

    The desk's act unless a service on a higher floor says otherwise (`is_desk` false). Pledges are ended by
    `release_pledge` only. Raises NotFound, NotPermitted, EntryEnded, FactsMissing.
    """
    if is_desk:
        require(DESK, by)
    with its_right(entry_id) as entry:
        if entry.kind == EntryKind.PLEDGE and not entry.is_recorded_only and reason != EndReason.MISTAKEN:
            raise FactsMissing(missing=_("the pledgee’s release"))
        close(entry, on=on, reason=reason, by=by, note=note, evidence_id=evidence_id)
    return entry


@contextmanager
def its_right(entry_id: int) -> Iterator[Entry]:
    """An entry, read again after its right was locked. Raises NotFound, Busy."""
    asset_id = Entry.objects.filter(pk=entry_id).values_list("asset_id", flat=True).first()
    if asset_id is None:
        raise NotFound()
    with locked(Asset, asset_id):
        yield Entry.objects.select_related("asset", "party").get(pk=entry_id)


def expire_entry(entry_id: int, act: str) -> None:
    """What the timer does the day after an entry's last: end it, so that pages and listings hear of it."""
    with its_right(entry_id) as entry:
        if entry.ended_at is not None or entry.ends_on is None or act != EXPIRE:
            return
        if _behind(entry.ends_on) > clock.now():
            timers.arm(entry, FAMILY, EXPIRE, _behind(entry.ends_on))
            return
        close(entry, on=entry.ends_on + timedelta(days=1), reason=EndReason.TERM, by=SYSTEM, verb="rights.expire")


timers.on_timer(FAMILY, expire_entry)
