"""The demo's rights register: owners with shares and their consents, licences, pledges, orders, an open licence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from listings.assets.models import Asset, Party
from listings.assets.states import PartyRole
from listings.rights.models import Consent, Entry
from listings.rights.scope import Scope
from listings.rights.services import consents
from listings.rights.services.entries import NOBODY, Who, close, record_entry
from listings.rights.states import Act, ConsentKind, EntryKind, Source
from marketplace.accounts import demo as people
from marketplace.accounts.acting import actor_for
from marketplace.accounts.models import Membership, Organisation
from marketplace.accounts.roles import Role
from marketplace.core.actor import Actor
from marketplace.core.demo import Say
from marketplace.core.money import Money

HERE = Path(__file__).with_name("demo")
PATENTS = HERE.parent.parent / "patents" / "demo" / "sample_patents.jsonl"
NOT_AT_THE_OFFICE = frozenset({EntryKind.EXPORT_CONTROL, EntryKind.SERVICE_INVENTION, EntryKind.COMMISSIONED})
AGREED = (Act.LIST, Act.ASSIGN, Act.EXCLUSIVE, Act.SOLE, Act.PLEDGE)


def load(say: Say) -> None:
    """Enter what is not there yet; rights that have entries already are left as they are."""
    by = people.reviewer()
    firms = {row["key"]: row["name_zh"] for row in people.told("organisations")}
    known = {one.name_zh: one for one in Organisation.objects.filter(name_zh__in=firms.values())}
    organisations = {key: known[name] for key, name in firms.items() if name in known}
    with PATENTS.open(encoding="utf-8") as lines:
        numbers = {row["key"]: row["application_number"] for row in map(json.loads, lines)}
    rows = json.loads((HERE / "entries.json").read_text(encoding="utf-8"))
    with transaction.atomic():
        started = set(Entry.objects.filter(asset__is_sample=True).values_list("asset_id", flat=True))
        shared = sum(enter_owners(asset, known, by) for asset in _shared() if asset.pk not in started)
        assets = {
            one.number: one for one in Asset.objects.filter(office="CN", is_sample=True, number__in=numbers.values())
        }
        made = 0
        for row in rows:
            asset = assets.get(numbers[row["patent"]])
            if asset is not None and asset.pk not in started:
                enter(asset, row, organisations, by)
                made += 1
    say(f"{shared} shared rights, {made} entries in the rights register")


def _shared() -> list[Asset]:
    """Sample rights of which the office names several owners or applicants, each with a share."""
    found = Asset.objects.filter(office="CN", is_sample=True, parties__sequence__gt=1).filter(
        parties__role__in=[PartyRole.OWNER, PartyRole.APPLICANT], parties__share_numerator__isnull=False
    )
    return list(found.distinct().order_by("pk"))


def enter_owners(asset: Asset, known: Mapping[str, Organisation], by: Actor) -> bool:
    """The owners with their shares; those beside the holder agree to what the market asks them for."""
    parties: list[Party] = []
    for role in (PartyRole.OWNER, PartyRole.APPLICANT):
        parties = list(asset.parties.filter(role=role, share_numerator__isnull=False).order_by("sequence"))
        if len(parties) > 1:
            break
    if len(parties) < 2:
        return False
    for one in parties:
        owner = known.get(one.name)
        record_entry(
            asset_id=asset.pk,
            kind=EntryKind.OWNERSHIP,
            by=by,
            source=Source.CNIPA,
            starts_on=asset.granted_on or asset.filed_on or date(2020, 1, 1),
            party=Who(owner.pk) if owner else Who(None, one.name),
            share=(one.share_numerator or 1, one.share_denominator or 1),
        )
        signatory = _signatory(owner) if owner is not None and owner.pk != asset.holder_id else None
        if signatory is not None and not Consent.objects.filter(asset=asset, organisation=owner).exists():
            consents.give_consent(asset_id=asset.pk, kind=ConsentKind.CO_OWNER, acts=AGREED, by=signatory)
    return True


def _signatory(organisation: Organisation) -> Actor | None:
    held = (
        Membership.objects.live()
        .filter(organisation=organisation, roles__overlap=[Role.OWNER, Role.SIGNATORY])
        .select_related("user", "organisation")
        .order_by("pk")
        .first()
    )
    return actor_for(held.user, held) if held else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def enter(asset: Asset, row: Mapping[str, Any], organisations: Mapping[str, Organisation], by: Actor) -> Entry:
    """One row of the story as the desk enters it, ended where the story says so."""
    party = NOBODY
    if row.get("party"):
        party = Who(organisations[row["party"]].pk)
    elif row.get("party_name"):
        party = Who(None, row["party_name"])
    under = Entry.objects.filter(asset=asset, reference=row["under"]).first() if row.get("under") else None
    gives = row["kind"] in (EntryKind.LICENCE, EntryKind.PLEDGE, EntryKind.OPEN_DECLARATION)
    entry = record_entry(
        asset_id=asset.pk,
        kind=row["kind"],
        by=by,
        source=Source.OPERATOR if row["kind"] in NOT_AT_THE_OFFICE else Source.CNIPA,
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=_day(row.get("ends_on")),
        party=party,
        grantor=Who(asset.holder_id) if gives else NOBODY,
        licence_type=row.get("licence_type", ""),
        scope=Scope(tuple(row.get("territories", ())), tuple(row.get("fields", ()))),
        may_sublicense=row.get("may_sublicense", False),
        under_id=under.pk if under else None,
        debt_due_on=_day(row.get("debt_due_on")),
        amount=Money(Decimal(row["amount"]), "CNY") if row.get("amount") else None,
        export_category=row.get("export_category", ""),
        reference=row["reference"],
        note_zh=row.get("note_zh", ""),
        note_en=row.get("note_en", ""),
        recorded_on=date.fromisoformat(row["starts_on"]),
    )
    if row.get("ended_on"):
        close(entry, on=date.fromisoformat(row["ended_on"]), reason=row["end_reason"], by=by)
    return entry
