"""The wizard asks only for what the chosen mode and kind of price have."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from listings.catalogue.models import Listing
from listings.catalogue.price_form import ASKED
from listings.catalogue.states import ListingState, Mode, PriceMode
from tests import cast
from tests.catalogue.makers import a_listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder() -> Client:
    return cast.ines().signed_in()


def step(listing: Listing, name: str) -> str:
    return reverse("listing_edit", args=[listing.number, name])


def shown_names(html: str) -> set[str]:
    """Names of the fields in wrappers that are not hidden, the hidden inputs left out."""
    wrappers = re.split(r'(?=<div class="field)', html.partition("<form")[2])[1:]
    names = set()
    for wrapper in wrappers:
        head = wrapper.partition(">")[0]
        if " hidden" not in head:
            names |= set(re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]* name="(\w+)"', wrapper))
    return names


@pytest.mark.parametrize("mode", list(PriceMode))
def test_the_price_step_shows_the_fields_of_its_kind_only(holder: Client, mode: PriceMode) -> None:
    listing = a_listing(ListingState.DRAFT, price_mode=mode, mode=Mode.ORDINARY)
    html = holder.get(step(listing, "price")).content.decode()
    assert shown_names(html) == {"price_mode", *ASKED[mode]}


def test_without_a_script_the_kind_comes_first_and_its_fields_follow(holder: Client) -> None:
    listing = a_listing(ListingState.DRAFT, price_mode=PriceMode.NEGOTIABLE, price_min=None, mode=Mode.ORDINARY)
    chosen = holder.post(step(listing, "price"), {"price_mode": "royalty", "shown_mode": "negotiable"})
    assert chosen["Location"] == step(listing, "price"), "the fields of the new kind were not shown yet"
    html = holder.get(step(listing, "price")).content.decode()
    assert {"royalty_pct", "entry_fee"} <= shown_names(html) and "price_max" not in shown_names(html)
    told = {"price_mode": "royalty", "shown_mode": "royalty", "royalty_pct": "3.5", "entry_fee": "20000"}
    assert holder.post(step(listing, "price"), {**told, "royalty_base_zh": "净销售额"})["Location"] == step(
        listing, "papers"
    )
    kept = Listing.objects.get()
    assert (kept.royalty_pct, kept.price_min, kept.royalty_base_zh) == (Decimal("3.5"), Decimal(20000), "净销售额")
    assert 'value="20000.00"' in holder.get(step(listing, "price")).content.decode()


def test_a_kind_without_fields_goes_on_at_once(holder: Client) -> None:
    listing = a_listing(ListingState.DRAFT, price_mode=PriceMode.FIXED, price_min=Decimal(5000))
    gone = holder.post(step(listing, "price"), {"price_mode": "negotiable", "shown_mode": "fixed"})
    assert gone["Location"] == step(listing, "papers")


def test_what_belonged_to_another_kind_of_price_is_neither_judged_nor_kept(holder: Client) -> None:
    listing = a_listing(ListingState.DRAFT, price_mode=PriceMode.FIXED, price_min=Decimal(4_800_000))
    told = {"price_mode": "sealed", "price_min": "not a number", "royalty_pct": "900", "lowest_offer": ""}
    assert holder.post(step(listing, "price"), told).status_code == 302
    kept = Listing.objects.get()
    assert (kept.price_mode, kept.price_min, kept.royalty_pct) == (PriceMode.SEALED, None, None)


@pytest.mark.parametrize("name", ["entry_fee", "lowest_offer"])
def test_amounts_under_their_own_names_are_more_than_zero(holder: Client, name: str) -> None:
    mode = "royalty" if name == "entry_fee" else "sealed"
    listing = a_listing(ListingState.DRAFT, mode=Mode.ORDINARY)
    assert holder.post(step(listing, "price"), {"price_mode": mode, name: "-1"}).status_code == 422


LICENCE_FIELDS = {"territory_zh", "territory_en", "field_of_use_zh", "field_of_use_en", "term_months"}


@pytest.mark.parametrize(("mode", "asked"), [(Mode.EXCLUSIVE, LICENCE_FIELDS), (Mode.TRANSFER, set())])
def test_the_scope_of_a_licence_is_asked_of_licences(holder: Client, mode: Mode, asked: set[str]) -> None:
    listing = a_listing(ListingState.DRAFT, mode=mode)
    html = holder.get(step(listing, "offer")).content.decode()
    assert shown_names(html) == asked | {"region", "valid_until"}


def test_the_scope_falls_away_with_the_licence(holder: Client) -> None:
    listing = a_listing(
        ListingState.DRAFT, mode=Mode.ORDINARY, territory_zh="中国大陆", field_of_use_zh="电池", term_months=36
    )
    assets = [asset.pk for asset in listing.rights]
    holder.post(step(listing, "rights"), {"assets": assets, "mode": "transfer"})
    holder.post(step(listing, "offer"), {"valid_until": listing.valid_until})
    kept = Listing.objects.get()
    assert (kept.mode, kept.territory_zh, kept.field_of_use_zh, kept.term_months) == (Mode.TRANSFER, "", "", None)
