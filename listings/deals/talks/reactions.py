"""What talks do when something happened: enquiries become talks, an acceptance reaches those it shut out."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from listings.deals.models.negotiation import Negotiation
from listings.deals.models.offers import Offer
from listings.deals.models.sealed import SealedRound
from listings.deals.services.deposits import give_back, give_back_uncounted
from listings.deals.services.negotiations import end_offers_of_quiet_talks, open_negotiation
from listings.deals.talks.states import OfferState
from marketplace.core import events as event_log
from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event
from marketplace.core.relay import subscriber


@subscriber("deals-talks", kinds=("listing.enquiry", "negotiation.lapse", "negotiation.give_up"), batch=100)
def follow_talks(events: Sequence[Event]) -> None:
    """Open the talks of each enquiry that has none, and end the offers of talks that fell silent."""
    for event in events:
        if event.kind == "listing.enquiry":
            open_negotiation(enquiry_id=event.data["enquiry"])
        else:
            end_offers_of_quiet_talks(event.subject_id)


@subscriber("deals-overtaken", kinds=("offer.accept",), batch=50)
def tell_the_overtaken(events: Sequence[Event]) -> None:
    """Tell both sides of every other standing offer on the same rights that they were promised elsewhere.

    Their offers stay, and the reservation of the rights refuses them. Telling twice is avoided by looking at what was
    told already.
    """
    for event in events:
        accepted = Offer.objects.filter(pk=event.subject_id, state=OfferState.ACCEPTED).first()
        if accepted is None:
            continue
        others = (
            Offer.objects.standing()
            .filter(asset_ids__overlap=accepted.asset_ids)
            .exclude(negotiation=accepted.negotiation_id)
            .select_related("negotiation")
        )
        said = set(
            Event.objects.filter(
                kind="negotiation.overtaken",
                subject_kind="deals.negotiation",
                subject_id__in=[one.negotiation_id for one in others],
                data__by_offer=accepted.pk,
            ).values_list("subject_id", flat=True)
        )
        for one in others:
            if one.negotiation_id not in said:
                _tell(one.negotiation, accepted.pk)


@transaction.atomic
def _tell(negotiation: Negotiation, offer_id: int) -> None:
    event_log.record(
        "negotiation.overtaken",
        negotiation,
        SYSTEM,
        data={
            "number": negotiation.number,
            "holder": negotiation.holder_id,
            "buyer": negotiation.buyer_id,
            "by_offer": offer_id,
        },
    )


@subscriber("deals-deposits", kinds=("sealed.void", "sealed.open", "offer.*"), batch=50)
def return_deposits(events: Sequence[Event]) -> None:
    """Give deposits of sealed offers back: when the round became void, when its opening left an offer aside, and when
    an offer of it is settled either way.

    The winner's too: its deal asks for its own deposit. A refund is made once, by its key.
    """
    for event in events:
        if event.kind == "sealed.void":
            found = SealedRound.objects.filter(pk=event.subject_id, deposit__gt=0).first()
            for sealed in found.offers.exclude(obligation_id=None) if found else ():
                give_back(sealed.obligation_id)
        elif event.kind == "sealed.open":
            give_back_uncounted(SealedRound.objects.get(pk=event.subject_id))
        elif event.after and event.after != OfferState.STANDING:
            offer = Offer.objects.filter(pk=event.subject_id, opened_from__obligation_id__isnull=False)
            for obligation_id in offer.values_list("opened_from__obligation_id", flat=True):
                give_back(obligation_id)
