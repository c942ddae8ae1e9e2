"""What a holder does with single rights: state one by its number, correct what it stated."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.patents.models import Identifier
from listings.patents.reasons import sentence
from listings.patents.record import PatentIn, RawRecord
from listings.patents.services import importing, runs
from listings.patents.services.intake import content_of, keys_of
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotPermitted


class NotTaken(DomainError):
    """The statement was not taken into the register."""

    code = "patent_not_taken"
    status = 422
    sentence = _("%(reason)s")


def state_right(record: PatentIn, *, by: Actor, name: str) -> int:
    """Take a holder's statement of one right into the register, as an import of one record; returns the asset's id.

    A right that another organisation keeps, or that names other owners, is refused. Raises NotPermitted, NotTaken.
    """
    if not runs.may_import(by):
        raise NotPermitted()
    item = RawRecord(name, None, json.dumps(content_of(record), ensure_ascii=False).encode(), record)
    summary = importing.import_records([item], by=by, organisation_id=by.acts_for, name=name)
    if summary.rejections:
        one = summary.rejections[0]
        raise NotTaken(field="number", reason=sentence(one.code, one.params))
    sort, office, number = keys_of(record)[0]
    return Identifier.objects.values_list("patent_id", flat=True).get(sort=sort, office=office, number=number)


def assign_holders(holders: Mapping[int, int], *, by: Actor) -> int:
    """Say which organisation keeps which right ({asset id: organisation id}); rights that have a holder keep it.

    Returns how many gained one; each gets its event, which the index follows.
    """
    gained = 0
    with transaction.atomic():
        free = Asset.objects.select_for_update(no_key=True).filter(pk__in=holders, holder__isnull=True).order_by("pk")
        for asset in free:
            Asset.objects.filter(pk=asset.pk).update(
                holder_id=holders[asset.pk], version=F("version") + 1, updated_at=clock.now()
            )
            events.record("asset.held", asset, by, data={"organisation": holders[asset.pk]})
            gained += 1
    return gained


def pass_on(*, asset_id: int, to_id: int | None, by: Actor) -> None:
    """Let another organisation keep the right (None: nobody on this market), after its ownership has passed.

    Runs in the caller's transaction, which holds the right's lock.
    """
    Asset.objects.filter(pk=asset_id).update(holder_id=to_id, version=F("version") + 1, updated_at=clock.now())
    events.record("asset.held", Asset.objects.get(pk=asset_id), by, data={"organisation": to_id})
