"""Licences of every type, open-licence declarations, and those who take them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.rights.checking import check
from listings.rights.facts import GivenConsent
from listings.rights.models import Entry
from listings.rights.reading import lock_rights
from listings.rights.refusals import FactsMissing, NotOpen, TakenAlready
from listings.rights.ruling import enforces
from listings.rights.scope import WHOLE, Scope
from listings.rights.services.entries import NOBODY, Who, close, its_right, record_entry, shown_number
from listings.rights.services.reservations import spoken_for
from listings.rights.states import Act, EndReason, EntryKind, LicenceType, Source
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.money import Money

#: The act that grants a licence of a type; an open one is taken, not granted.
GRANTED_BY: dict[str, Act] = {
    LicenceType.EXCLUSIVE: Act.EXCLUSIVE,
    LicenceType.SOLE: Act.SOLE,
    LicenceType.ORDINARY: Act.ORDINARY,
    LicenceType.CROSS: Act.CROSS,
    LicenceType.SUB: Act.SUB,
}


@enforces("LIC-DEFAULT-TYPE", "LIC-COMPAT")
def record_licence(
    *,
    asset_id: int,
    licensor: Who,
    licensee: Who,
    by: Actor,
    source: str,
    licence_type: str = LicenceType.ORDINARY,
    scope: Scope = WHOLE,
    may_sublicense: bool = False,
    under_id: int | None = None,
    amount: Money | None = None,
    reference: str = "",
    recorded_on: date | None = None,
    evidence_id: Any = None,
    subject: tuple[str, int] | None = None,
    consents: Collection[GivenConsent] = (),
    other_country: str = "",
) -> Entry:
    """Enter a licence granted; silent on its type it is an ordinary one (interpretation on technology contracts 25).

    A deal's licence (`subject`) is checked once more under the right's lock, in its scope; what an office or the desk
    enters is a fact and only the database's constraints can refuse it. Raises RightsRefused, LicencesClash,
    RightReserved, FactsMissing, NotPermitted, NotFound, Busy.
    """
    starts_on = scope.starts_on or clock.today()
    facts: dict[str, Any] = {
        "asset_id": asset_id,
        "kind": EntryKind.LICENCE,
        "licence_type": licence_type,
        "by": by,
        "source": source,
        "starts_on": starts_on,
        "ends_on": scope.ends_on,
        "party": licensee,
        "grantor": licensor,
        "scope": scope,
        "may_sublicense": may_sublicense,
        "under_id": under_id,
        "amount": amount,
        "reference": reference,
        "recorded_on": recorded_on,
        "evidence_id": evidence_id,
        "subject": subject,
    }
    if subject is None:
        return record_entry(**facts)
    act = GRANTED_BY[licence_type]
    with spoken_for([asset_id], subject=subject, act=act, scope=scope, by=by):
        check(
            [asset_id],
            act,
            holder_id=licensor.organisation_id,
            other_id=licensee.organisation_id,
            other_country=other_country,
            scope=scope,
            subject=subject,
            consents=consents,
        ).demand()
        return record_entry(**facts)


@enforces("OL-CONTENT", "OL-BAR-EXCL", "OL-NO-EXCL")
def declare_open(
    *,
    asset_id: int,
    owner: Who,
    by: Actor,
    subject: tuple[str, int],
    starts_on: date,
    ends_on: date,
    amount: Money | None = None,
    note_zh: str = "",
    note_en: str = "",
    reference: str = "",
    evidence_id: Any = None,
    consents: Collection[GivenConsent] = (),
    source: str = Source.MARKET,
) -> Entry:
    """Enter an announced open-licence declaration: term and fee, from the day of its announcement.

    The fee is an amount or words (`note_*`); one of them is asked for. Raises RightsRefused, FactsMissing, EntryClash,
    RightReserved, NotFound, Busy.
    """
    if amount is None and not note_zh and not note_en:
        raise FactsMissing(missing=_("the fee and how it is paid"))
    scope = Scope(starts_on=starts_on, ends_on=ends_on)
    with spoken_for([asset_id], subject=subject, act=Act.DECLARE_OPEN, scope=scope, by=by):
        check(
            [asset_id],
            Act.DECLARE_OPEN,
            holder_id=owner.organisation_id,
            scope=scope,
            subject=subject,
            consents=consents,
        ).demand()
        return record_entry(
            asset_id=asset_id,
            kind=EntryKind.OPEN_DECLARATION,
            by=by,
            source=source,
            starts_on=starts_on,
            ends_on=ends_on,
            party=NOBODY,
            grantor=owner,
            amount=amount,
            note_zh=note_zh,
            note_en=note_en,
            reference=reference,
            evidence_id=evidence_id,
            subject=subject,
        )


@enforces("OL-WITHDRAW")
def withdraw_open(*, entry_id: int, by: Actor, on: date, evidence_id: Any = None) -> Entry:
    """End a declaration from the day its withdrawal is announced; those who took a licence before keep it.

    Raises NotFound, EntryEnded, FactsMissing (not a declaration, or a day gone by: a withdrawal does not reach back).
    """
    with its_right(entry_id) as entry:
        if entry.kind != EntryKind.OPEN_DECLARATION:
            raise FactsMissing(missing=_("an open-licence declaration"))
        if on < clock.today():
            raise FactsMissing(field="on", missing=_("a day that has not gone by: a withdrawal does not reach back"))
        close(entry, on=on, reason=EndReason.WITHDRAWN, by=by, evidence_id=evidence_id)
    return entry


@enforces("OL-FORM", "OL-RECORD")
def take_open_licence(
    *,
    asset_id: int,
    taker: Who,
    by: Actor,
    notice_id: Any,
    noticed_on: date,
    paid_on: date | None,
    subject: tuple[str, int],
    amount: Money | None = None,
    other_country: str = "",
) -> Entry:
    """Enter the licence that exists by written notice and payment as published; exactly once for each taker.

    `notice_id` is the stored notice. The licence begins when both are there, on the later day. Called again by the same
    subject it returns the same entry. Raises NotOpen, TakenAlready, FactsMissing, RightsRefused, NotFound, Busy.
    """
    if notice_id is None or paid_on is None:
        raise FactsMissing(missing=_("the written notice and the payment; the licence exists with both"))
    if taker.organisation_id is None:
        raise FactsMissing(missing=_("who takes it"))
    with transaction.atomic():
        lock_rights([asset_id])
        asset = Asset.objects.get(pk=asset_id)
        first_day = max(noticed_on, paid_on)
        declared = Entry.objects.of([asset_id]).filter(kind=EntryKind.OPEN_DECLARATION).on(first_day).first()
        if declared is None:
            raise NotOpen(number=shown_number(asset))
        taken = (
            Entry.objects.live()
            .filter(under=declared, licence_type=LicenceType.OPEN, party_id=taker.organisation_id)
            .first()
        )
        if taken is not None:
            if (taken.subject_kind, taken.subject_id) == subject:
                return taken
            raise TakenAlready(number=shown_number(asset))
        check(
            [asset_id],
            Act.TAKE_OPEN,
            holder_id=None,
            other_id=taker.organisation_id,
            other_country=other_country,
            scope=Scope(starts_on=first_day, ends_on=declared.ends_on),
            on=first_day,
            subject=subject,
        ).demand()
        entry = record_entry(
            asset_id=asset_id,
            kind=EntryKind.LICENCE,
            licence_type=LicenceType.OPEN,
            by=by,
            source=Source.MARKET,
            starts_on=first_day,
            ends_on=declared.ends_on,
            party=taker,
            grantor=Who(declared.grantor_id, declared.grantor_name),
            under_id=declared.pk,
            amount=amount,
            evidence_id=notice_id,
            subject=subject,
        )
        events.record(
            "rights.take_open", entry, by, data={"touched": {"assets.asset": [asset_id]}, "under": declared.pk}
        )
    return entry


@enforces("LIC-NO-SUB")
def end_licence(*, entry_id: int, by: Actor, on: date, note: str = "", evidence_id: Any = None) -> Entry:
    """End a licence by agreement of its parties; what lies beneath it ends with it. Raises NotFound, EntryEnded."""
    with its_right(entry_id) as entry:
        if entry.kind != EntryKind.LICENCE:
            raise FactsMissing(missing=_("a licence"))
        close(entry, on=on, reason=EndReason.ENDED, by=by, note=note, evidence_id=evidence_id)
        for below in Entry.objects.live().filter(under=entry, licence_type=LicenceType.SUB).order_by("pk"):
            close(below, on=on, reason=EndReason.ENDED, by=by, note=note)
    return entry
