"""Makers of talks, offers and rooms. All of them go through the services."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from listings.assets.models import Asset
from listings.catalogue.models import ListedAsset, Listing
from listings.catalogue.states import Mode, PriceMode
from listings.deals.models import Negotiation, Offer, RoomFile
from listings.deals.services import ndas, negotiations, offers, rooms
from listings.deals.services.negotiations import ShortForm
from listings.deals.terms import Terms
from marketplace.core import clock
from tests import cast
from tests.builders import a_pdf
from tests.catalogue import makers

FORM = ShortForm(purpose="production", stage="evaluating", horizon="quarter", decider="management")


def a_negotiation(
    *, listing: Listing | None = None, buyer: cast.Part | None = None, message: str = "How thick is the membrane?"
) -> Negotiation:
    """Bo asks about a listing of Ines."""
    listing = listing or makers.a_listing()
    made = negotiations.enquire(listing_id=listing.pk, by=(buyer or cast.bo()).actor, message=message, form=FORM)
    return Negotiation.objects.for_page().get(pk=made.pk)


def terms(**given: Any) -> Terms:
    """A sound offer for a transfer at 4.6 million, standing for two weeks."""
    return Terms(
        **{
            "price": Decimal("4600000.00"),
            "mode": Mode.TRANSFER,
            "valid_until": timezone.now() + timedelta(days=14),
            **given,
        }
    )


def an_offer(talks: Negotiation | None = None, *, by: cast.Part | None = None, **given: Any) -> Offer:
    """Bo offers; the version answers whatever came before."""
    talks = talks or a_negotiation()
    latest = Offer.objects.filter(negotiation=talks).order_by("-version").values_list("version", flat=True).first()
    return offers.make_offer(
        negotiation_id=talks.pk, by=(by or cast.bo()).actor, terms=terms(**given), answers=latest or 0
    )


def a_room_file(listing: Listing, upload: SimpleUploadedFile | None = None, title: str = "") -> RoomFile:
    return rooms.add_room_file(
        listing_id=listing.pk, by=cast.ines().actor, upload=upload or a_pdf("bench.pdf"), title=title
    )


def accepts_nda(talks: Negotiation, buyer: cast.Part | None = None) -> None:
    ndas.accept_nda(
        negotiation_id=talks.pk,
        by=(buyer or cast.bo()).actor,
        sha256=ndas.current_text(talks.listing_id).sha256,
        name="Bo",
        address="192.0.2.7",
    )


def given(talks: Negotiation, row: RoomFile, *, days: int = 30) -> None:
    rooms.grant(
        room_file_id=row.pk,
        negotiation_id=talks.pk,
        by=cast.ines().actor,
        expires_at=clock.now() + timedelta(days=days),
    )


def a_sealed_listing(closes_at: datetime | None = None, **given: Any) -> Listing:
    """A listing that takes sealed offers until `closes_at` (an hour from now)."""
    return makers.a_listing(
        price_mode=PriceMode.SEALED,
        price_min=None,
        offers_until=closes_at or timezone.now() + timedelta(hours=1),
        **given,
    )


def a_licence_listing(mode: str = Mode.EXCLUSIVE, **given: Any) -> Listing:
    return makers.a_listing(mode=mode, **given)


def also_in(asset: Asset, **given: Any) -> Listing:
    """A second listing on the market that names the right too, as if it had slipped through the review."""
    listing = makers.a_listing(**given)
    ListedAsset.objects.filter(listing=listing).update(asset=asset)
    return Listing.objects.with_rights().get(pk=listing.pk)


def until_expired(offer: Offer) -> None:
    """Wait for the database's clock to pass the end of a short validity."""
    while clock.database_now() < offer.valid_until:
        time.sleep(0.02)


def pay(obligation: Any) -> None:
    """The whole sum comes in at the bank."""
    from django.db import transaction

    from marketplace.payments.models import Obligation
    from marketplace.payments.services import receipts

    with transaction.atomic():
        row = Obligation.objects.select_for_update(no_key=True).get(pk=obligation.pk)
        receipts.take_in(row, row.outstanding, provider="bank", key=f"test:{row.pk}")
