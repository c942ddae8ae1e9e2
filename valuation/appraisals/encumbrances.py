"""What stands on a right in the register, as a report must state it: owners, licences, pledges, disputes, annuities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet

from listings.assets.models import Asset
from listings.rights.models import Entry
from listings.rights.states import EntryKind

#: Entries that a special notice must name.
NOTED = (
    EntryKind.LICENCE,
    EntryKind.PLEDGE,
    EntryKind.PRESERVATION,
    EntryKind.OWNERSHIP_SUIT,
    EntryKind.INVALIDATION,
    EntryKind.OPEN_DECLARATION,
    EntryKind.COMPULSORY_LICENCE,
)


def entries_on(assets: Sequence[Asset], day: date) -> QuerySet[Entry]:
    """Entries a notice must name that are in force on the day."""
    ids = [asset.pk for asset in assets]
    return Entry.objects.of(ids).on(day).filter(kind__in=NOTED).select_related("party", "grantor").order_by("id")


def as_told(entries: Iterable[Entry]) -> dict[int, list[dict[str, Any]]]:
    """{asset id: [{kind, type, party_zh, party_en, from, until}]}."""
    found: dict[int, list[dict[str, Any]]] = {}
    for one in entries:
        party = one.party
        found.setdefault(one.asset_id, []).append(
            {
                "kind": one.kind,
                "type": one.licence_type,
                "party_zh": (party.name_zh or party.name_en) if party else one.party_name,
                "party_en": (party.name_en or party.name_zh) if party else one.party_name,
                "from": one.starts_on.isoformat(),
                "until": one.ends_on.isoformat() if one.ends_on else None,
            }
        )
    return found
