"""Rounds of sealed offers: begun by the holder, filled unseen, opened by two persons, then ordinary offers.

No price is shown to anybody while a round runs, offers are not matched or ranked before it ends, and everybody offers
under its own name: this is neither an auction nor centralised or anonymous trading (E-Commerce Law, article 46;
国办发〔2012〕37号).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from listings.catalogue.models import Listing
from listings.catalogue.states import ListingState, PriceMode
from listings.deals import sealing
from listings.deals.graphs.talks import SEALED_GRAPH
from listings.deals.models.negotiation import Negotiation
from listings.deals.models.offers import Offer
from listings.deals.models.sealed import OpeningApproval, SealedOffer, SealedRound
from listings.deals.services.deposits import deposit_for, paid_among
from listings.deals.services.negotiations import demand_part
from listings.deals.services.offers import demand_fit, offer_from_sealed
from listings.deals.talks.access import may_bind, may_open_rounds
from listings.deals.talks.refusals import (
    LateOffer,
    PassphraseUnfit,
    PassphraseWrong,
    RoundNotOpen,
    RoundStillOpen,
    RoundUnfit,
    SamePersonOpens,
    TalksClosed,
)
from listings.deals.talks.states import RoundState, Side
from listings.deals.terms import ZERO, Terms
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked, locked_all
from marketplace.core.ruling import enforces

SHORTEST_PASSPHRASE = 16
LONGEST_ROUND = timedelta(days=180)


@transaction.atomic
def begin_round(
    *, listing_id: int, by: Actor, passphrase: str, deposit: Decimal = ZERO, binding_days: int = 30
) -> SealedRound:
    """Begin a round on one's own sealed-offer listing; it closes at the listing's deadline.

    `passphrase` opens the holder's half of the key afterwards and is stored nowhere. Raises NotFound, NotPermitted
    (owners and signatories begin rounds), RoundUnfit, PassphraseUnfit.
    """
    with locked(Listing, listing_id) as listing:
        if by.acts_for != listing.organisation_id:
            raise NotFound()
        if not may_bind(by) or by.user_id is None:
            raise NotPermitted()
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise PassphraseUnfit(field="passphrase")
        closes_at = listing.offers_until
        now = clock.database_now()
        if (
            listing.price_mode != PriceMode.SEALED
            or listing.state != ListingState.PUBLISHED
            or closes_at is None
            or not now < closes_at <= now + LONGEST_ROUND
            or deposit < 0
            or not 1 <= binding_days <= 180
            or SealedRound.objects.filter(
                listing=listing, state__in=[RoundState.COLLECTING, RoundState.CLOSED]
            ).exists()
        ):
            raise RoundUnfit()
        keys = sealing.new_round_keys(passphrase, settings.SECRET_KEY)
        made = SealedRound(
            listing=listing,
            number=SealedRound.objects.filter(listing=listing).count() + 1,
            closes_at=closes_at,
            binding_days=binding_days,
            deposit=deposit,
            currency=listing.currency,
            public_key=keys.public_key,
            holder_share=keys.holder_share,
            holder_salt=keys.holder_salt,
            market_share=keys.market_share,
            begun_by_id=by.user_id,
            begun_at=clock.now(),
        )
        begin(SEALED_GRAPH, made, by=by, data=_told(made))
    return made


def _told(found: SealedRound, **more: object) -> dict[str, object]:
    return {
        "listing": found.listing_id,
        "number": found.listing.number,
        "holder": found.listing.organisation_id,
        "round": found.number,
        **more,
    }


def running_round(listing_id: int) -> SealedRound | None:
    """The round that takes offers or waits for its opening."""
    return SealedRound.objects.filter(listing=listing_id, state__in=[RoundState.COLLECTING, RoundState.CLOSED]).first()


@enforces("PF-NO-AUCTION", "PF-ANON")
def hand_in(*, negotiation_id: int, by: Actor, terms: Terms) -> SealedOffer:
    """Hand in a sealed offer for the asking organisation; a later one replaces it. Returns it with its receipt.

    Validity is set at the opening, by the round. Raises NotFound, NotPermitted (owner or signatory: the offer binds),
    TalksClosed, RoundNotOpen, LateOffer, OfferUnfit, ModeNotOffered.
    """
    seen = Negotiation.objects.filter(pk=negotiation_id).values_list("listing_id", flat=True).first()
    if seen is None:
        raise NotFound()
    running = running_round(seen)
    if running is None:
        raise RoundNotOpen()
    try:
        with locked_all([(Negotiation, negotiation_id), (SealedRound, running.pk)]) as rows:
            negotiation, found = rows
            assert isinstance(negotiation, Negotiation) and isinstance(found, SealedRound)
            return _handed_in(negotiation, found, terms, by)
    except IntegrityError as error:
        if "is late" in str(error):
            raise LateOffer(closes=_shown(running.closes_at)) from error
        raise


def _handed_in(negotiation: Negotiation, found: SealedRound, terms: Terms, by: Actor) -> SealedOffer:
    if demand_part(negotiation, by) != Side.BUYER or not may_bind(by) or by.user_id is None:
        raise NotPermitted()
    if not negotiation.is_open:
        raise TalksClosed()
    if clock.database_now() >= found.closes_at or found.state != RoundState.COLLECTING:
        raise LateOffer(closes=_shown(found.closes_at))
    terms = replace(terms, valid_until=found.closes_at + timedelta(days=found.binding_days))
    demand_fit(negotiation.listing, terms)
    sequence = found.last_sequence + 1
    found.last_sequence = sequence
    found.save(update_fields=["last_sequence"])
    plain = json.dumps({"terms": terms.as_dict(), "by": by.user_id}, ensure_ascii=False).encode()
    ciphertext = sealing.seal(plain, bytes(found.public_key), _place(found.pk, negotiation.pk, sequence))
    made = SealedOffer.objects.create(
        round=found,
        negotiation=negotiation,
        organisation_id=negotiation.buyer_id,
        made_by_id=by.user_id,
        sequence=sequence,
        ciphertext=ciphertext,
        receipt=hashlib.sha256(ciphertext).hexdigest(),
        obligation_id=deposit_for(found, negotiation, by),
        received_at=clock.now(),
    )
    events.record(
        "sealed.hand_in",
        found,
        by,
        data=_told(found, sequence=sequence, receipt=made.receipt, buyer=negotiation.buyer_id),
    )
    return made


def _place(round_id: int, negotiation_id: int, sequence: int) -> str:
    return f"round {round_id} talks {negotiation_id} sequence {sequence}"


def _shown(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Ranked:
    """An opened offer in the order of the result: highest price first, ties by sequence."""

    place: int
    sealed: SealedOffer
    terms: Terms
    offer: Offer | None


def close_round(*, round_id: int, by: Actor) -> SealedRound:
    """Close a round whose deadline has passed; the clock does it too. Raises RoundStillOpen, IllegalTransition."""
    with locked(SealedRound, round_id) as found:
        walk(SEALED_GRAPH, found, "close", by=by, data=_told(found))
    return found


@transaction.atomic
def approve_opening(*, round_id: int, by: Actor, passphrase: str = "") -> list[Ranked]:
    """One of the two approvals that open a round; the second one opens it. Empty after the first.

    The holder's side (owner or signatory) brings the passphrase, the market's person is of the operator's desk, and
    they are two people. Raises NotFound, NotPermitted, RoundStillOpen (also by the database's clock), PassphraseWrong,
    SamePersonOpens.
    """
    talks = _talks_of(round_id)
    with locked_all([(SealedRound, round_id), *((Negotiation, pk) for pk in talks)]) as rows:
        found = rows[0]
        assert isinstance(found, SealedRound)
        side = _approving_side(found, by)
        if found.state == RoundState.COLLECTING:
            if clock.database_now() < found.closes_at:
                raise RoundStillOpen()
            walk(SEALED_GRAPH, found, "close", by=by, data=_told(found))
        if found.state != RoundState.CLOSED:
            raise RoundNotOpen()
        given = {one.side: one for one in found.approvals.all()}
        if any(one.person_id == by.user_id for name, one in given.items() if name != side):
            raise SamePersonOpens()
        if side not in given:
            given[side] = _approval(found, side, by, passphrase)
            events.record("sealed.approve", found, by, data=_told(found, side=side))
        if len(given) < 2:
            return []
        return _opened(found, given[OpeningApproval.Side.HOLDER], by)


def _talks_of(round_id: int) -> Sequence[int]:
    return sorted(set(SealedOffer.objects.filter(round=round_id).values_list("negotiation_id", flat=True)))


def _approving_side(found: SealedRound, by: Actor) -> str:
    if by.user_id is None:
        raise NotFound()
    if by.org_id == found.listing.organisation_id and by.on_behalf_of is None:
        if not may_bind(by):
            raise NotPermitted()
        return OpeningApproval.Side.HOLDER
    if may_open_rounds(by):
        return OpeningApproval.Side.MARKET
    raise NotFound()


def _approval(found: SealedRound, side: str, by: Actor, passphrase: str) -> OpeningApproval:
    """Keep an approval. After the deadline the holder's share waits, wrapped anew, for the market's person."""
    if by.user_id is None:
        raise NotPermitted()
    wrapped = b""
    if side == OpeningApproval.Side.HOLDER:
        try:
            key = sealing.passphrase_key(passphrase, bytes(found.holder_salt))
            share = sealing.unwrap(bytes(found.holder_share), key)
        except sealing.CannotOpen as error:
            raise PassphraseWrong(field="passphrase") from error
        wrapped = sealing.wrap(share, sealing.secret_key(settings.SECRET_KEY))
    return OpeningApproval.objects.create(
        round=found, side=side, person_id=by.user_id, wrapped_share=wrapped, at=clock.now()
    )


def _opened(found: SealedRound, holder: OpeningApproval, by: Actor) -> list[Ranked]:
    """Decrypt every offer that counts, put them on the table and say the order."""
    server = sealing.secret_key(settings.SECRET_KEY)
    private = sealing.join(
        sealing.unwrap(bytes(holder.wrapped_share), server), sealing.unwrap(bytes(found.market_share), server)
    )
    read = [(one, _terms_of(one, private, found)) for one in counting_offers(found)]
    read.sort(key=lambda pair: (-pair[1].price, pair[0].sequence))
    found.opened_at = clock.now()
    walk(
        SEALED_GRAPH,
        found,
        "open",
        by=by,
        data=_told(found, order=[one.sequence for one, _terms in read]),
        also=("opened_at",),
    )
    talks = Negotiation.objects.select_related("listing").in_bulk([one.negotiation_id for one, _terms in read])
    return [
        Ranked(place, one, terms, offer_from_sealed(talks[one.negotiation_id], one, terms, by=by))
        for place, (one, terms) in enumerate(read, start=1)
    ]


def _terms_of(one: SealedOffer, private: bytes, found: SealedRound) -> Terms:
    plain = sealing.unseal(bytes(one.ciphertext), private, _place(found.pk, one.negotiation_id, one.sequence))
    terms = Terms.from_dict(json.loads(plain)["terms"])
    return replace(terms, valid_until=clock.now() + timedelta(days=found.binding_days))


def counting_offers(found: SealedRound) -> list[SealedOffer]:
    """Each organisation's last offer, with its deposit paid where one is asked; by sequence."""
    last: dict[int, SealedOffer] = {one.organisation_id: one for one in found.offers.order_by("sequence")}
    counting = sorted(last.values(), key=lambda one: one.sequence)
    if not found.deposit:
        return counting
    paid = paid_among(one.obligation_id for one in counting)
    return [one for one in counting if one.obligation_id in paid]


def result_of(found: SealedRound) -> list[Offer]:
    """The opened offers in the order of the result, as the offers they became."""
    offers = Offer.objects.filter(opened_from__round=found).select_related("negotiation", "maker", "opened_from")
    return sorted(offers, key=lambda offer: (-offer.price, offer.opened_from.sequence))  # type: ignore[union-attr]
