"""Offers and counter-offers: made, withdrawn, rejected, and accepted by the version they name.

Every decision locks the talks and reads them again, so that of two at once the second sees the first. Acceptance also
locks the rights and the listing, asks the rights register, and reserves the rights in the same transaction: whatever
two buyers do, a right is promised once (invariants 1, 3, 10–13).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.brokers.services.introductions import Commission, commissions_for
from listings.catalogue.graphs import LISTING_GRAPH
from listings.catalogue.models import ListedAsset, Listing
from listings.catalogue.states import PUBLIC, ListingState, Mode, PriceMode
from listings.deals.clearing import ACTS, EXCLUSIVE_MODES, act_of, scope_of
from listings.deals.graphs.talks import NEGOTIATION_GRAPH, OFFER_GRAPH
from listings.deals.models.negotiation import Negotiation
from listings.deals.models.offers import Offer
from listings.deals.models.sealed import SealedOffer, SealedRound
from listings.deals.permission import ask_register, demand_but_for_consents
from listings.deals.services.agreement import agree
from listings.deals.services.negotiations import REMINDER, demand_part, heard
from listings.deals.talks.access import may_bind
from listings.deals.talks.refusals import (
    ListingChanged,
    ListingNotOpen,
    ModeNotOffered,
    NoStandingOffer,
    OfferExpired,
    OfferStale,
    OfferUnfit,
    SealedListing,
    TalksClosed,
)
from listings.deals.talks.states import OfferState, RoundState, Side
from listings.deals.terms import Terms
from listings.rights.services.reservations import reserve_first
from marketplace.core import clock, timers
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked, locked_all

MATTER = "catalogue.listing"


@transaction.atomic
def make_offer(*, negotiation_id: int, by: Actor, terms: Terms, answers: int = 0) -> Offer:
    """Put a new version on the table; a standing one, of either side, is replaced.

    `answers` is the version the maker had before them: the one standing, or the latest, 0 for none (invariant 10).
    Raises NotFound, NotPermitted, TalksClosed, ListingNotOpen, SealedListing, ModeNotOffered, OfferUnfit, OfferStale.
    """
    with locked(Negotiation, negotiation_id) as negotiation:
        side = demand_part(negotiation, by)
        if not negotiation.is_open:
            raise TalksClosed()
        _demand_sound(negotiation, terms)
        latest = Offer.objects.filter(negotiation=negotiation).order_by("-version").first()
        if (latest.version if latest else 0) != answers:
            raise OfferStale(seen=answers)
        if latest is not None and latest.state == OfferState.STANDING:
            walk(OFFER_GRAPH, latest, "supersede", by=by, data=told(negotiation, latest))
        offer = _new(negotiation, terms, by=by, side=side, version=answers + 1)
        heard(negotiation, side, by)
    return offer


def _demand_sound(negotiation: Negotiation, terms: Terms) -> None:
    """Raises what keeps these terms from being offered on this listing now."""
    listing = negotiation.listing
    if listing.state not in PUBLIC:
        raise ListingNotOpen()
    if listing.price_mode == PriceMode.SEALED and not _was_opened(listing.pk):
        raise SealedListing()
    demand_fit(listing, terms)


def demand_fit(listing: Listing, terms: Terms) -> None:
    """Raises OfferUnfit, ModeNotOffered, UnknownCode; validity is judged by the database's clock."""
    problems = terms.problems()
    if terms.valid_until <= clock.database_now():
        problems.append(("valid_until", _("The last moment must lie ahead.")))
    if problems:
        raise OfferUnfit(problems)
    if terms.mode != listing.mode or terms.mode not in ACTS:
        raise ModeNotOffered(field="mode", mode=Mode(terms.mode).label)
    scope_of(terms)


def _was_opened(listing_id: int) -> bool:
    return SealedRound.objects.filter(listing=listing_id, state=RoundState.OPENED).exists()


def _new(
    negotiation: Negotiation,
    terms: Terms,
    *,
    by: Actor,
    side: str,
    version: int,
    opened_from: SealedOffer | None = None,
    made_by_id: int | None = None,
) -> Offer:
    """Begin the next version on locked talks."""
    maker = negotiation.holder_id if side == Side.HOLDER else negotiation.buyer_id
    receiver = negotiation.buyer_id if side == Side.HOLDER else negotiation.holder_id
    person = made_by_id or by.user_id
    if person is None:
        raise NotPermitted()
    known = commissions_on(negotiation)
    offer = Offer(
        negotiation=negotiation,
        version=version,
        maker_id=maker,
        receiver_id=receiver,
        made_by_id=person,
        on_behalf_of_id=by.on_behalf_of if made_by_id is None else None,
        made_at=clock.now(),
        asset_ids=rights_of(negotiation.listing_id),
        introduction_id=known[0].introduction_id if known else None,
        opened_from=opened_from,
    )
    offer.put(terms)
    begin(OFFER_GRAPH, offer, by=by, data=told(negotiation, offer))
    return offer


def offer_from_sealed(negotiation: Negotiation, sealed: SealedOffer, terms: Terms, *, by: Actor) -> Offer | None:
    """A sealed offer as an ordinary standing one, on locked talks; None where the talks have ended meanwhile."""
    if not negotiation.is_open:
        return None
    latest = Offer.objects.filter(negotiation=negotiation).order_by("-version").first()
    if latest is not None and latest.state == OfferState.STANDING:
        walk(OFFER_GRAPH, latest, "end", by=SYSTEM, data=told(negotiation, latest))
    return _new(
        negotiation,
        terms,
        by=by,
        side=Side.BUYER,
        version=(latest.version if latest else 0) + 1,
        opened_from=sealed,
        made_by_id=sealed.made_by_id,
    )


def rights_of(listing_id: int) -> list[int]:
    """The rights a listing holds now, in id order: all of them, for a bundle passes whole or not at all."""
    return sorted(ListedAsset.objects.filter(listing=listing_id).values_list("asset_id", flat=True))


def told(negotiation: Negotiation, offer: Offer, **more: Any) -> dict[str, Any]:
    """What an offer's events say, for those who read them: no terms, since events are read by many."""
    return {
        "number": negotiation.number,
        "negotiation": negotiation.pk,
        "listing": negotiation.listing_id,
        "holder": negotiation.holder_id,
        "buyer": negotiation.buyer_id,
        "version": offer.version,
        "maker": offer.maker_id,
        "receiver": offer.receiver_id,
        **more,
    }


def commissions_on(negotiation: Negotiation) -> list[Commission]:
    """What a contract concluded today in these talks owes to brokers, by the terms frozen at introduction."""
    return commissions_for(
        matter_kind=MATTER,
        matter_id=negotiation.listing_id,
        holder_id=negotiation.holder_id,
        buyer_id=negotiation.buyer_id,
        on=clock.today(),
    )


def _named(negotiation: Negotiation, version: int) -> Offer:
    """The standing offer if it is the version named, on locked talks. Raises NoStandingOffer, OfferStale."""
    offer = Offer.objects.filter(negotiation=negotiation, version__gte=version).order_by("-version").first()
    if offer is not None and offer.version > version:
        raise OfferStale(seen=version)
    if offer is None or offer.state != OfferState.STANDING:
        raise NoStandingOffer()
    offer.negotiation = negotiation
    return offer


def withdraw_offer(*, negotiation_id: int, version: int, by: Actor) -> Offer:
    """Take one's own standing offer back. Raises NotFound, NotPermitted, NoStandingOffer, OfferStale."""
    return _decide(negotiation_id, version, "withdraw", by)


def reject_offer(*, negotiation_id: int, version: int, by: Actor, reason: str = "") -> Offer:
    """Say no to the other side's standing offer. Raises NotFound, NotPermitted, NoStandingOffer, OfferStale."""
    return _decide(negotiation_id, version, "reject", by, reason)


def _decide(negotiation_id: int, version: int, verb: str, by: Actor, reason: str = "") -> Offer:
    with locked(Negotiation, negotiation_id) as negotiation:
        side = demand_part(negotiation, by)
        offer = _named(negotiation, version)
        walk(OFFER_GRAPH, offer, verb, by=by, reason=reason, data=told(negotiation, offer))
        heard(negotiation, side, by)
    return offer


def accept_offer(*, negotiation_id: int, version: int, by: Actor) -> Offer:
    """Accept the version named: the rights are checked and reserved and the deal made, in one transaction.

    Raises NotFound, NotPermitted (an owner or signatory of the receiving side accepts), TalksClosed, NoStandingOffer,
    OfferStale, OfferExpired, ListingNotOpen, ListingChanged, RightsRefused, RightReserved.
    """
    seen = _present(negotiation_id)
    wanted: list[tuple[type[Any], int]] = [(Negotiation, negotiation_id), (Listing, seen.listing_id)]
    with locked_all(wanted, held=[(Asset, pk) for pk in seen.rights]) as rows:
        negotiation, listing = rows[0], rows[1]
        assert isinstance(negotiation, Negotiation) and isinstance(listing, Listing)
        demand_part(negotiation, by)
        if not may_bind(by):
            raise NotPermitted()
        negotiation.listing = listing
        return _accepted(negotiation, listing, version, seen.rights, by)


def _accepted(negotiation: Negotiation, listing: Listing, version: int, rights: list[int], by: Actor) -> Offer:
    """The acceptance itself, with rights, listing and talks locked."""
    if not negotiation.is_open:
        raise TalksClosed()
    offer = _named(negotiation, version)
    if offer.receiver_id != by.org_id:
        raise NotPermitted()
    present = _present(negotiation.pk)
    if present.moment >= offer.valid_until:
        raise OfferExpired(until=_local(offer))
    if listing.state not in PUBLIC:
        raise ListingNotOpen()
    if present.rights != rights or rights != list(offer.asset_ids):
        raise ListingChanged()
    terms = offer.terms
    act, scope = act_of(offer.mode), scope_of(terms)
    verdict = ask_register(
        rights,
        offer.mode,
        seller_id=negotiation.holder_id,
        other_id=negotiation.buyer_id,
        other_country=present.buyer_country,
        scope=scope,
    )
    demand_but_for_consents(verdict)
    walk(OFFER_GRAPH, offer, "accept", by=by, data=told(negotiation, offer))
    negotiation.last_said_at = clock.now()
    walk(
        NEGOTIATION_GRAPH,
        negotiation,
        "agree",
        by=by,
        data={"number": negotiation.number, "holder": negotiation.holder_id, "buyer": negotiation.buyer_id},
        also=("last_said_at",),
    )
    if negotiation.first_answered_at is None:  # else the answer has disarmed it
        timers.disarm(negotiation, REMINDER)
    if offer.mode in EXCLUSIVE_MODES and listing.state == ListingState.PUBLISHED:
        _mark_reserved(listing, rights)
    # Last, for the deal's number is locked until the commit: other acceptances wait for it.
    deal = agree(offer, by, verdict.rights)
    reserve_first(rights, subject=deal.subject, act=act, scope=scope, by=by)
    return offer


class Present(NamedTuple):
    """What the database says of talks now: its clock, their listing and its rights in order, the buyer's country."""

    moment: datetime
    listing_id: int
    rights: list[int]
    buyer_country: str


def _present(negotiation_id: int) -> Present:
    """Read before the locks are taken, to know what to lock, and again under them. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp(), n.listing_id, "
            "ARRAY(SELECT asset_id FROM catalogue_listedasset WHERE listing_id = n.listing_id ORDER BY asset_id), "
            "o.country FROM deals_negotiation n JOIN accounts_organisation o ON o.id = n.buyer_id WHERE n.id = %s",
            [negotiation_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound()
    return Present(*row)


def _mark_reserved(listing: Listing, rights: list[int]) -> None:
    """Others see that the listing is spoken for."""
    listing.version += 1
    listing.updated_at = clock.now()
    walk(
        LISTING_GRAPH,
        listing,
        "reserve",
        by=SYSTEM,
        data={"number": listing.number, "version": listing.version, "touched": {"assets.asset": rights}},
        also=("version", "updated_at"),
    )


def _local(offer: Offer) -> str:
    return f"{timezone.localtime(offer.valid_until):%Y-%m-%d %H:%M}"


def previous_version(offer: Offer) -> Offer | None:
    """The version before this one in the same talks."""
    return Offer.objects.filter(negotiation=offer.negotiation_id, version=offer.version - 1).first()
