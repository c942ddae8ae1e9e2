"""Makers of entries: what the desk, the office or a deal would have written, through the services."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from listings.assets.models import Asset
from listings.rights.models import Entry
from listings.rights.scope import Scope
from listings.rights.services import entries, pledges
from listings.rights.services.entries import Who
from listings.rights.states import EntryKind, LicenceType, Source
from marketplace.accounts.models import Organisation
from marketplace.accounts.paper import sample_paper
from marketplace.core import clock, files
from marketplace.core.models import StoredFile
from marketplace.core.money import Money
from tests import cast

_serial = count(1)
SOME_DAYS = timedelta(days=30)


def who(one: cast.Part | Organisation | str) -> Who:
    if isinstance(one, str):
        return Who(None, one)
    return Who(one.organisation.pk if isinstance(one, cast.Part) else one.pk)


def a_paper(purpose: str = "rights") -> StoredFile:
    upload = SimpleUploadedFile("proof.pdf", sample_paper("proof"), content_type="application/pdf")
    return files.keep(upload, purpose=purpose, by=cast.ops().actor)


def a_subject(kind: str = "deals.deal") -> tuple[str, int]:
    """A deal or loan that asks; the register knows it by kind and id only."""
    return kind, next(_serial)


def entered(asset: Asset, kind: str, **given: Any) -> Entry:
    """An entry the desk writes."""
    return entries.record_entry(
        asset_id=asset.pk,
        kind=kind,
        by=given.pop("by", None) or cast.ops().actor,
        source=given.pop("source", Source.OPERATOR),
        starts_on=given.pop("starts_on", clock.today() - SOME_DAYS),
        **given,
    )


def licensed(asset: Asset, licence_type: str = LicenceType.ORDINARY, **given: Any) -> Entry:
    scope: Scope = given.pop("scope", Scope())
    return entered(
        asset,
        EntryKind.LICENCE,
        licence_type=licence_type,
        party=given.pop("party", Who(None, "持证公司")),
        scope=scope,
        starts_on=scope.starts_on or given.pop("starts_on", clock.today() - SOME_DAYS),
        ends_on=scope.ends_on or given.pop("ends_on", None),
        **given,
    )


def pledged(asset: Asset, to: cast.Part | str | None = None, **given: Any) -> Entry:
    facts: dict[str, Any] = {
        "pledgor": Who(asset.holder_id),
        "pledgee": who(to or cast.lena()),
        "registered_on": clock.today() - SOME_DAYS,
        "reference": f"Y2026{next(_serial):09d}",
        "amount": Money(Decimal("3000000.00"), "CNY"),
        "debt_due_on": clock.today() + timedelta(days=700),
        "by": cast.ops().actor,
        "source": Source.CNIPA,
    }
    return pledges.record_pledge(asset_id=asset.pk, **(facts | given))


def preserved(asset: Asset, **given: Any) -> Entry:
    starts_on = given.pop("starts_on", clock.today() - SOME_DAYS)
    return entered(
        asset,
        EntryKind.PRESERVATION,
        party=Who(None, "云澜市中级人民法院"),
        starts_on=starts_on,
        ends_on=given.pop("ends_on", starts_on + timedelta(days=120)),
        **given,
    )


def owned(asset: Asset, *shares: tuple[cast.Part | str, tuple[int, int] | None], since: date | None = None) -> None:
    """The owners with their shares, entered together."""
    for one, share in shares:
        entered(asset, EntryKind.OWNERSHIP, party=who(one), share=share, starts_on=since or date(2022, 3, 1))
