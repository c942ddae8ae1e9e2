"""Listings against the rights register: what stops them, what is only told, and what takes them off the market."""

from __future__ import annotations

import pytest

from listings.catalogue.checks import Incomplete, missing_in
from listings.catalogue.models import Listing
from listings.catalogue.reactions import follow_rights
from listings.catalogue.services import listings as service
from listings.catalogue.states import ListingState, Mode
from listings.rights.services import consents, entries
from listings.rights.states import Act, ConsentKind, EndReason, LicenceType
from marketplace.core import clock
from marketplace.core.models import Event
from tests import cast
from tests.catalogue.makers import a_listing, a_right
from tests.rights.makers import licensed, owned, pledged, preserved

pytestmark = pytest.mark.django_db


def codes(listing: Listing, *, blocks: bool) -> list[str]:
    return [lack.code for lack in missing_in(listing) if lack.blocks == blocks and lack.step == "rights"]


@pytest.fixture
def shared():
    """A right that Ines and Bo own by halves."""
    right = a_right()
    owned(right, (cast.ines(), (1, 2)), (cast.bo(), (1, 2)))
    return right


def agree(right, listing, by=None):
    return consents.give_consent(
        asset_id=right.pk,
        kind=ConsentKind.CO_OWNER,
        acts=[Act.ASSIGN],
        by=(by or cast.bo()).actor,
        subject=("catalogue.listing", listing.pk),
    )


@pytest.mark.rule("PAT-COOWN-ALL")
def test_a_shared_right_is_published_with_every_owners_consent_only(shared):
    draft = a_listing(ListingState.DRAFT, assets=[shared])
    assert codes(draft, blocks=True) == ["co_owners_must_agree"]
    with pytest.raises(Incomplete):
        service.submit_listing(listing_id=draft.pk, by=cast.ines().actor)

    agree(shared, draft)
    service.submit_listing(listing_id=draft.pk, by=cast.ines().actor)
    assert service.publish_listing(listing_id=draft.pk, by=cast.ops().actor).state == ListingState.PUBLISHED


@pytest.mark.rule("PAT-COOWN-ALL")
def test_the_wizard_leads_to_the_page_where_the_other_owner_agrees(shared):
    draft = a_listing(ListingState.DRAFT, assets=[shared])
    html = cast.ines().signed_in().get(f"/workspace/listings/{draft.number}/edit/check/").content.decode()
    assert f'href="/patents/{shared.pk}/rights/"' in html
    [lack] = [one for one in missing_in(draft) if one.code == "co_owners_must_agree"]
    assert str(lack.cure) in html and lack.right_id == shared.pk


def test_consent_taken_back_takes_the_listing_off_in_the_same_moment(shared):
    draft = a_listing(ListingState.DRAFT, assets=[shared])
    given = agree(shared, draft)
    service.submit_listing(listing_id=draft.pk, by=cast.ines().actor)
    service.publish_listing(listing_id=draft.pk, by=cast.ops().actor)

    consents.revoke_consent(consent_id=given.pk, by=cast.bo().actor)

    draft.refresh_from_db()
    assert draft.state == ListingState.SUSPENDED


@pytest.mark.rule("PLG-NO-TRANSFER")
def test_a_pledged_right_is_offered_with_the_pledge_told():
    right = a_right()
    pledged(right)
    assert codes(a_listing(ListingState.DRAFT, assets=[right]), blocks=False) == ["pledgee_must_agree"]
    assert a_listing(assets=[right]).state == ListingState.PUBLISHED


@pytest.mark.rule("PAT-FREEZE-COURT")
def test_an_order_suspends_what_stands_and_its_end_lets_it_resume():
    listing = a_listing()
    order = preserved(listing.rights[0])
    follow_rights(list(Event.objects.filter(kind="rights.record")))

    listing.refresh_from_db()
    assert listing.state == ListingState.SUSPENDED
    told = Event.objects.filter(kind="listing.suspend").latest("pk").data
    assert "法院" in told["reason_zh"] and "preserved" in told["reason_en"]
    entries.end_entry(entry_id=order.pk, by=cast.ops().actor, on=clock.today(), reason=EndReason.LIFTED)
    assert service.resume_listing(listing_id=listing.pk, by=cast.ines().actor).state == ListingState.PUBLISHED


@pytest.mark.rule("LIC-COMPAT", "OL-BAR-EXCL")
@pytest.mark.parametrize(
    ("mode", "code"), [(Mode.EXCLUSIVE, "exclusive_licence_in_force"), (Mode.OPEN, "open_licence_beside_exclusive")]
)
def test_what_a_licence_shuts_out_is_not_offered(mode, code):
    right = a_right()
    licensed(right, LicenceType.EXCLUSIVE)
    assert code in codes(a_listing(ListingState.DRAFT, assets=[right], mode=mode), blocks=True)


def test_a_licence_limited_to_a_place_leaves_the_rest_to_be_offered():
    from listings.rights.scope import Scope

    right = a_right()
    licensed(right, LicenceType.EXCLUSIVE, scope=Scope(("330000",)))
    listing = a_listing(ListingState.DRAFT, assets=[right], mode=Mode.EXCLUSIVE)
    assert codes(listing, blocks=True) == [] and codes(listing, blocks=False) == ["exclusive_licence_in_force"]
