"""Who sees which talks, data-room files and rounds. Views, the API and file guards get their objects only here."""

from __future__ import annotations

from django.db.models import QuerySet

from listings.catalogue.access import own_listing
from listings.catalogue.models import Listing
from listings.deals.graphs.parties import DECIDERS, OPERATORS, WORKERS
from listings.deals.models.negotiation import Negotiation, NegotiationQuerySet
from listings.deals.models.offers import Offer
from listings.deals.models.room import RoomFile, RoomGrant
from listings.deals.models.sealed import SealedRound
from marketplace.accounts.roles import Power
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.core.files import guard
from marketplace.core.models import StoredFile

ROOM_PURPOSE = "room"
NDA_PURPOSE = "nda"


def speaks_for(actor: Actor) -> int | None:
    """The organisation whose talks the actor may read; a delegate needs the power to answer enquiries."""
    if actor.on_behalf_of is not None and Power.ENQUIRE not in actor.powers:
        return None
    return actor.acts_for


def may_write(actor: Actor) -> bool:
    """Whether the actor may write, grant and offer for the organisation it speaks for."""
    if actor.on_behalf_of is not None:
        return Power.ENQUIRE in actor.powers
    return actor.org_id is not None and bool(WORKERS & actor.roles)


def may_bind(actor: Actor) -> bool:
    """Whether the actor may bind its own organisation: accept offers and confidentiality texts."""
    return actor.on_behalf_of is None and actor.org_id is not None and bool(DECIDERS & actor.roles)


def demand_writer(actor: Actor) -> None:
    """Raises NotPermitted for those who may only read."""
    if not may_write(actor):
        raise NotPermitted()


def may_open_rounds(actor: Actor) -> bool:
    """Whether the actor may approve an opening for the market."""
    return OPERATORS.permits(actor, None)


def negotiations_seen_by(actor: Actor) -> NegotiationQuerySet:
    organisation = speaks_for(actor)
    return Negotiation.objects.of(organisation) if organisation is not None else Negotiation.objects.none()


def negotiation_of(actor: Actor, number: str) -> Negotiation:
    """One of them with what its page shows; raises NotFound."""
    return found(negotiations_seen_by(actor).for_page(), number=number)


def offer_of(actor: Actor, number: str, version: int) -> Offer:
    """One version of its offers; raises NotFound."""
    seen = negotiations_seen_by(actor)
    return found(
        Offer.objects.filter(negotiation__in=seen).select_related(
            "negotiation__listing", "negotiation__holder", "negotiation__buyer", "maker", "receiver", "made_by"
        ),
        negotiation__number=number,
        version=version,
    )


def own_room(actor: Actor, number: str) -> Listing:
    """The listing whose data room the actor keeps; raises NotFound."""
    return own_listing(actor, number)


def granted_files(negotiation: Negotiation) -> QuerySet[RoomGrant]:
    """What is open to the buyer of these talks now."""
    return RoomGrant.objects.in_force().filter(negotiation=negotiation).select_related("room_file__file")


def rounds_of(actor: Actor) -> QuerySet[SealedRound]:
    """Rounds the actor keeps (its organisation's listings), or all for the market's desk."""
    every = SealedRound.objects.select_related("listing__organisation")
    if may_open_rounds(actor):
        return every
    organisation = speaks_for(actor)
    return every.filter(listing__organisation=organisation) if organisation is not None else every.none()


@guard(ROOM_PURPOSE)
def may_open_unmarked(actor: Actor, file: StoredFile) -> bool:
    """A data-room file as it was handed in: the holder's own people only. Everybody else gets a marked copy."""
    room_file = RoomFile.objects.filter(file=file).values_list("listing__organisation_id", flat=True).first()
    return room_file is not None and speaks_for(actor) == room_file and may_write(actor)


@guard(NDA_PURPOSE)
def may_open_nda(actor: Actor, file: StoredFile) -> bool:
    """A confidentiality text handed in as a file: the holder, and whoever talks about its listing."""
    from listings.deals.models.negotiation import NdaText

    text = NdaText.objects.filter(file=file).select_related("listing").first()
    organisation = speaks_for(actor)
    if text is None or text.listing is None or organisation is None:
        return False
    if text.listing.organisation_id == organisation:
        return True
    return Negotiation.objects.filter(listing=text.listing, buyer=organisation).exists()
