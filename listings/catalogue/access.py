"""Who sees which listing and need. Views, the API and file guards get their objects only here."""

from __future__ import annotations

from django.db.models import QuerySet

from listings.assets.models import Asset
from listings.catalogue.graphs import HOLDER, REVIEWERS, SEEKER
from listings.catalogue.models import (
    Enquiry,
    ListedAsset,
    Listing,
    ListingDocument,
    ListingQuerySet,
    Need,
    NeedQuerySet,
    SavedSearch,
)
from listings.catalogue.services.co_owners import awaited_from
from listings.catalogue.states import PUBLIC, DocumentAccess, ListingState, NeedState
from listings.rights.graphs import SIGNERS
from listings.rights.models import Consent
from marketplace.accounts.models import User
from marketplace.accounts.roles import DESK_KINDS, Power
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.core.files import guard
from marketplace.core.models import StoredFile

DOCUMENT_PURPOSE = "listing"


def may_list(actor: Actor) -> bool:
    """Whether the actor may prepare listings for the organisation they act for."""
    return actor.acts_for is not None and HOLDER.permits(actor, Listing(organisation_id=actor.acts_for))


def may_seek(actor: Actor) -> bool:
    """Whether the actor may post needs for the organisation they act for."""
    return actor.acts_for is not None and SEEKER.permits(actor, Need(organisation_id=actor.acts_for))


def may_review(actor: Actor) -> bool:
    return REVIEWERS.permits(actor, None)


def is_at_desk(actor: Actor) -> bool:
    """Belongs to the operator and acts for it: reads what waits for review."""
    return actor.on_behalf_of is None and actor.org_kind in DESK_KINDS


def _reads_for(actor: Actor, power: str) -> int | None:
    """The organisation whose own listings or needs the actor may read; a delegate needs the power."""
    if actor.on_behalf_of is not None and power not in actor.powers:
        return None
    return actor.acts_for


def may_consent(actor: Actor) -> bool:
    """Binds the organisation it belongs to: gives its consents as a co-owner."""
    return actor.org_id is not None and SIGNERS.permits(actor, Consent(organisation_id=actor.org_id))


def consents_awaited(actor: Actor) -> QuerySet[ListedAsset]:
    """Rights of others' listings that wait for the consent of the actor's organisation."""
    if actor.org_id is None or not may_consent(actor):
        return ListedAsset.objects.none()
    return awaited_from(actor.org_id)


# ── listings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def own_listings(actor: Actor) -> ListingQuerySet:
    """Every listing of the organisation the actor acts for."""
    organisation = _reads_for(actor, Power.LIST)
    return Listing.objects.of(organisation) if organisation is not None else Listing.objects.none()


def own_listing(actor: Actor, number: str) -> Listing:
    """One of them; raises NotFound."""
    return found(own_listings(actor).with_rights(), number=number)


def public_listing(number: str) -> Listing:
    """One that anybody may see; raises NotFound."""
    return found(Listing.objects.public().with_rights(), number=number)


def listings_for_review(actor: Actor) -> ListingQuerySet:
    """What the operator's desk reads: everything that was ever handed in."""
    if not is_at_desk(actor):
        return Listing.objects.none()
    return Listing.objects.exclude(state=ListingState.DRAFT)


def listing_for_review(actor: Actor, number: str) -> Listing:
    return found(listings_for_review(actor).with_rights(), number=number)


def listable_assets(actor: Actor) -> QuerySet[Asset]:
    """Rights the actor may put into a listing: those the organisation holds; a bank may name any for disposal."""
    organisation = _reads_for(actor, Power.LIST)
    if organisation is None:
        return Asset.objects.none()
    return Asset.objects.held_by(organisation)


# ── needs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def own_needs(actor: Actor) -> NeedQuerySet:
    organisation = _reads_for(actor, Power.NEED)
    return Need.objects.of(organisation) if organisation is not None else Need.objects.none()


def own_need(actor: Actor, number: str) -> Need:
    return found(own_needs(actor).select_related("organisation", "region"), number=number)


def public_need(number: str) -> Need:
    return found(Need.objects.public().select_related("organisation", "region"), number=number)


def needs_for_review(actor: Actor) -> NeedQuerySet:
    if not is_at_desk(actor):
        return Need.objects.none()
    return Need.objects.exclude(state=NeedState.DRAFT)


def need_for_review(actor: Actor, number: str) -> Need:
    return found(needs_for_review(actor).select_related("organisation", "region"), number=number)


# ── what hangs on them ───────────────────────────────────────────────────────────────────────────────────────────────
def enquiries_received(actor: Actor) -> QuerySet[Enquiry]:
    """Questions about the organisation's listings."""
    organisation = _reads_for(actor, Power.LIST)
    if organisation is None:
        return Enquiry.objects.none()
    return Enquiry.objects.filter(listing__organisation=organisation)


def enquiries_made(actor: Actor) -> QuerySet[Enquiry]:
    """Questions the organisation asked."""
    organisation = _reads_for(actor, Power.ENQUIRE)
    if organisation is None:
        return Enquiry.objects.none()
    return Enquiry.objects.filter(organisation=organisation)


def saved_searches(actor: Actor) -> QuerySet[SavedSearch]:
    """The person's own, whichever organisation they act for today."""
    if actor.user_id is None:
        return SavedSearch.objects.none()
    return SavedSearch.objects.filter(user=actor.user_id)


def require_person(actor: Actor) -> User:
    """The signed-in person; raises NotPermitted for everybody else."""
    if actor.user_id is None:
        raise NotPermitted()
    return User.objects.get(pk=actor.user_id)


@guard(DOCUMENT_PURPOSE)
def may_open_document(actor: Actor, file: StoredFile) -> bool:
    """A listing's paper: its own organisation and the desk always; others when it is public and the listing stands."""
    document = ListingDocument.objects.select_related("listing").filter(file=file).first()
    if document is None:
        return False
    if _reads_for(actor, Power.LIST) == document.listing.organisation_id or is_at_desk(actor):
        return True
    stands = document.listing.state in PUBLIC and document.withdrawn_at is None
    return stands and document.access == DocumentAccess.PUBLIC
