"""The first question about a listing."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import Enquiry, Listing
from listings.catalogue.refusals import AlreadyAsked, OwnListing
from listings.catalogue.states import PUBLIC
from marketplace.accounts.roles import Power, Role
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid, NotFound, NotPermitted
from marketplace.core.lifecycle import Party
from marketplace.core.locks import locked

ASKERS = Party("organisation_id", frozenset({Role.OWNER, Role.STAFF}), Power.ENQUIRE)
LONGEST_MESSAGE = 4000


def may_ask(actor: Actor) -> bool:
    """Whether the actor may ask for the organisation they act for."""
    return actor.acts_for is not None and ASKERS.permits(actor, Enquiry(organisation_id=actor.acts_for))


@transaction.atomic
def ask(*, listing_id: int, by: Actor, message: str) -> Enquiry:
    """Put one question for one's organisation; the holder is told.

    Raises NotFound (not public), NotPermitted, OwnListing, AlreadyAsked, Invalid (empty, or over 4,000 characters).
    """
    with locked(Listing, listing_id) as listing:
        if listing.state not in PUBLIC:
            raise NotFound()
        if not may_ask(by) or by.user_id is None or by.acts_for is None:
            raise NotPermitted()
        if by.acts_for == listing.organisation_id:
            raise OwnListing()
        text = message.strip()
        if not text or len(text) > LONGEST_MESSAGE:
            raise Invalid(field="message", problem=_("Write your question, in at most 4,000 characters."))
        if Enquiry.objects.filter(listing=listing, organisation=by.acts_for).exists():
            raise AlreadyAsked()
        enquiry = Enquiry.objects.create(
            listing=listing,
            organisation_id=by.acts_for,
            asked_by_id=by.user_id,
            on_behalf_of_id=by.on_behalf_of,
            message=text,
            asked_at=clock.now(),
        )
        events.record("listing.enquiry", listing, by, data={"number": listing.number, "enquiry": enquiry.pk})
    return enquiry
