"""Ownership passing on: whole or in shares, on the day the office registered it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.patents.services.holding import pass_on
from listings.rights.checking import check
from listings.rights.facts import GivenConsent, Owner
from listings.rights.models import Entry
from listings.rights.reading import read_rights
from listings.rights.refusals import EvidenceMissing, FactsMissing, ShareNotHeld
from listings.rights.ruling import enforces
from listings.rights.scope import WHOLE
from listings.rights.services.entries import (
    NOBODY,
    Who,
    close,
    constraints_as_refusals,
    entry_defers,
    record_entry,
    settle_shares,
    shown_number,
)
from listings.rights.services.reservations import spoken_for
from listings.rights.states import Act, EndReason, EntryKind, Source
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid
from marketplace.core.locks import locked

WHOLE_SHARE = Fraction(1)


@enforces("PAT-ASSIGN-REG", "PAT-ASSIGN-WRITTEN", "PAT-TRANSFER-OTHER")
def record_assignment(
    *,
    asset_id: int,
    from_: Who = NOBODY,
    to: Who,
    effective_on: date,
    by: Actor,
    source: str,
    share: Fraction | None = None,
    evidence_id: Any = None,
    reference: str = "",
    recorded_on: date | None = None,
    subject: tuple[str, int] | None = None,
    consents: Collection[GivenConsent] = (),
) -> Entry:
    """Enter that ownership passed, from the day of registration on (Patent Law art. 10(3)); returns the new entry.

    `share` None passes on all that the transferor holds. `effective_on` is the day of registration and lies not in the
    future; the paper of it goes with the entry, except for deals of this market, whose contract is signed there. A deal
    (`subject`) is checked once more under the right's lock. The holder on this market follows when nothing is left to
    the transferor. Raises EvidenceMissing, FactsMissing, Invalid, ShareNotHeld, RightsRefused, SharesExceedOne,
    NotFound, Busy.
    """
    if effective_on > clock.today():
        raise Invalid(
            field="effective_on", problem=_("Ownership passes with registration; its day cannot lie in the future.")
        )
    if not to:
        raise FactsMissing(field="to", missing=_("who receives it"))
    if subject is None:
        if evidence_id is None:
            raise EvidenceMissing(field="evidence")
        return _pass(asset_id, from_, to, effective_on, by, source, share, evidence_id, reference, recorded_on, subject)
    with spoken_for([asset_id], subject=subject, act=Act.ASSIGN, by=by):
        check(
            [asset_id],
            Act.ASSIGN,
            holder_id=from_.organisation_id,
            other_id=to.organisation_id,
            subject=subject,
            consents=consents,
        ).demand()
        return _pass(asset_id, from_, to, effective_on, by, source, share, evidence_id, reference, recorded_on, subject)


def _pass(
    asset_id: int,
    from_: Who,
    to: Who,
    effective_on: date,
    by: Actor,
    source: str,
    share: Fraction | None,
    evidence_id: Any,
    reference: str,
    recorded_on: date | None,
    subject: tuple[str, int] | None,
) -> Entry:
    with locked(Asset, asset_id) as asset:
        standing = _entered_owners(asset, effective_on, by, source)
        giving = [one for one in standing if _is(one, from_)] if from_ else standing
        if not giving:
            raise ShareNotHeld(field="from", number=shown_number(asset))
        passed, rest = _split(asset, giving, share, alone=len(standing) == len(giving) == 1)
        for entry in giving:
            close(entry, on=effective_on, reason=EndReason.ASSIGNED, by=by, evidence_id=evidence_id)
        joined = next((one for one in standing if one not in giving and _is(one, to)), None)
        if joined is not None and passed is not None and joined.share_numerator is not None:
            close(joined, on=effective_on, reason=EndReason.ASSIGNED, by=by, evidence_id=evidence_id)
            passed += Fraction(joined.share_numerator, joined.share_denominator or 1)
        common: dict[str, Any] = {
            "asset_id": asset_id,
            "kind": EntryKind.OWNERSHIP,
            "by": by,
            "source": source,
            "starts_on": effective_on,
            "reference": reference,
            "recorded_on": recorded_on,
            "evidence_id": evidence_id,
            "subject": subject,
        }
        with constraints_as_refusals(asset):
            entry = record_entry(
                party=to,
                grantor=_who(giving[0]),
                share=(passed.numerator, passed.denominator) if passed else None,
                **common,
            )
            if rest:
                record_entry(party=_who(giving[0]), share=(rest.numerator, rest.denominator), **common)
            settle_shares()
            entry_defers()
        if asset.holder_id is not None and not rest and any(one.party_id == asset.holder_id for one in giving):
            pass_on(asset_id=asset_id, to_id=to.organisation_id, by=by)
        events.record(
            "rights.assign",
            entry,
            by,
            data={
                "touched": {"assets.asset": [asset_id]},
                "entry": entry.pk,
                "from": from_.organisation_id,
                "to": to.organisation_id,
                "share": str(passed) if passed else None,
            },
        )
    return entry


def _is(entry: Entry, who: Who) -> bool:
    if who.organisation_id is not None:
        return entry.party_id == who.organisation_id
    return entry.party_id is None and entry.party_name == who.name


def _who(entry: Entry) -> Who:
    return Who(entry.party_id, entry.party_name)


def _split(
    asset: Asset, giving: list[Entry], share: Fraction | None, *, alone: bool
) -> tuple[Fraction | None, Fraction | None]:
    """(what passes, what stays) of those who give; unstated shares pass whole or not at all. Raises ShareNotHeld."""
    known = [one for one in giving if one.share_numerator is not None]
    if len(known) == len(giving):
        held: Fraction | None = sum(
            (Fraction(one.share_numerator or 0, one.share_denominator or 1) for one in giving), Fraction(0)
        )
    else:
        held = WHOLE_SHARE if alone else None
    if share is None:
        return held, None
    if held is None or share <= 0 or share > held:
        raise ShareNotHeld(field="share", number=shown_number(asset))
    return share, (held - share) or None


def _entered_owners(asset: Asset, on: date, by: Actor, source: str) -> list[Entry]:
    """The ownership entries in force; where there are none yet, the owners the office names are entered first."""
    live = Entry.objects.filter(asset=asset, kind=EntryKind.OWNERSHIP, is_recorded_only=False)
    found = list(live.live().order_by("pk"))
    if found:
        return found
    known: tuple[Owner, ...] = read_rights([asset.pk], WHOLE, on)[0].owners
    since = min(asset.granted_on or asset.filed_on or on, on)
    first_source = source if source in (Source.OPERATOR, Source.CNIPA) else Source.MARKET
    return [
        record_entry(
            asset_id=asset.pk,
            kind=EntryKind.OWNERSHIP,
            by=by,
            source=first_source,
            starts_on=since,
            party=Who(one.organisation_id, "" if one.organisation_id else one.name.zh or one.name.en),
            share=(1, 1) if len(known) == 1 else None,
        )
        for one in known
    ]
