"""The daily look at statuses: time alone ends rights, so what is due to change is derived anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from listings.assets.models import Asset, LegalEvent
from listings.patents.models import AnnuityPayment, Patent
from listings.patents.services import register
from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.workdays import WorkCalendar, work_calendar

BATCH = 500
EVENT = "asset.status"


def refresh_due(*, limit: int = 1_000_000) -> int:
    """Derive anew every right whose status was due to change by today; one event for each that did. Returns that
    number."""
    changed = taken = 0
    days = work_calendar()
    while taken < limit:
        with transaction.atomic():
            due = list(
                Asset.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
                .filter(next_change_on__lte=clock.today())
                .order_by("next_change_on", "id")[:BATCH]
            )
            changed += _refresh(due, days, SYSTEM)
        taken += len(due)
        if len(due) < BATCH:
            return changed
    return changed


def refresh(*, asset_id: int, by: Actor) -> bool:
    """Derive one right anew after something it depends on has changed; True when its status did."""
    with transaction.atomic():
        return bool(
            _refresh(list(Asset.objects.select_for_update(no_key=True).filter(pk=asset_id)), work_calendar(), by)
        )


def _refresh(assets: Sequence[Asset], days: WorkCalendar, by: Actor) -> int:
    today, now = clock.today(), clock.now()
    ids = [asset.pk for asset in assets]
    patents = Patent.objects.in_bulk(ids)
    paid = AnnuityPayment.objects.paid_on(ids)
    told: dict[int, list[dict[str, Any]]] = {}
    for event in LegalEvent.objects.filter(asset_id__in=ids):
        if event.on is None:
            continue
        told.setdefault(event.asset_id, []).append(
            {"on": event.on.isoformat(), "text_zh": event.text_zh, "text_en": event.text_en, "code": event.code}
        )
    changed = 0
    for asset in assets:
        patent = patents.get(asset.pk)
        before = asset.status
        asset.next_change_on = None
        if patent is not None:
            derived, expires = register.standing(
                columns_of(asset, patent), patent.facts, told.get(asset.pk, []), paid.get(asset.pk, {}), today, days
            )
            asset.status, asset.expires_on, asset.next_change_on = derived.status, expires, derived.next_change_on
            patent.status_basis = derived.basis
        asset.status_on = today
        if asset.status != before:
            changed += 1
            asset.version += 1
            asset.updated_at = now
            events.record(EVENT, asset, by, before=before, after=asset.status)
    Asset.objects.bulk_update(
        assets, ["status", "status_on", "next_change_on", "expires_on", "version", "updated_at"], batch_size=BATCH
    )
    Patent.objects.bulk_update(patents.values(), ["status_basis"], batch_size=BATCH)
    return changed


def columns_of(asset: Asset, patent: Patent) -> dict[str, Any]:
    """The merged columns a status is derived from, as stored."""
    from listings.patents.numbers import is_grant_code

    return {
        "office": asset.office,
        "kind": patent.patent_kind,
        "filed_on": asset.filed_on,
        "granted_on": asset.granted_on,
        "expires_on": patent.expires_override,
        "published_on": patent.published_on,
        "legal_status": patent.legal_status_text,
        "priority": patent.priorities,
        "grant_number": patent.grant_number,
        "has_grant_document": any(
            one[0] == asset.office and is_grant_code(one[0], one[2], int((one[3] or "9999")[:4]))
            for one in patent.publications
        ),
    }
