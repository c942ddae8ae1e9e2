"""Deposits of sealed offers go back whatever becomes of the offer, and once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from listings.deals.graphs.talks import SEALED_GRAPH
from listings.deals.models import Negotiation, SealedOffer
from listings.deals.services import negotiations, offers
from listings.deals.talks.reactions import return_deposits
from marketplace.core import clock
from marketplace.core.lifecycle import take_timed_step
from marketplace.core.models import Event
from marketplace.core.relay import subscribers
from marketplace.payments.models import Obligation, Refund
from marketplace.payments.states import ObligationState
from tests import cast
from tests.deals.test_sealed import a_bidder, a_round, hands_in, opened, until_closed
from tests.payments.makers import paid

pytestmark = pytest.mark.django_db
DEPOSIT = Decimal("50000.00")


def relayed() -> None:
    """What the relay brings, and brings again."""
    me = next(one for one in subscribers() if one.handle is return_deposits)
    events = [event for event in Event.objects.order_by("pk") if me.wants(event)]
    return_deposits(events)
    return_deposits(events)


def deposit_of(made: SealedOffer) -> Obligation:
    return Obligation.objects.get(pk=made.obligation_id)


def going_back(made: SealedOffer) -> list[Decimal]:
    return list(Refund.objects.filter(obligation=made.obligation_id).values_list("amount", flat=True))


def test_what_the_opening_leaves_aside_goes_back_and_the_rest_when_it_is_settled():
    found = a_round(seconds=30, deposit=DEPOSIT)
    whole, part, none, gone = (hands_in(found, a_bidder(n), f"{n}000000.00") for n in (1, 2, 3, 4))
    paid(deposit_of(whole))
    paid(deposit_of(part), "20000.00")
    paid(deposit_of(gone))
    negotiations.close(negotiation_id=gone.negotiation_id, by=a_bidder(4).actor, reason="bought elsewhere")
    until_closed(found)
    ranked = opened(found)
    assert [one.sealed.pk for one in ranked if one.offer] == [whole.pk]
    relayed()
    assert going_back(whole) == []
    assert deposit_of(whole).state == ObligationState.PAID
    assert going_back(part) == [Decimal("20000.00")]
    assert going_back(gone) == [DEPOSIT]
    assert deposit_of(none).state == ObligationState.CANCELLED
    offer = next(one.offer for one in ranked if one.offer)
    offers.reject_offer(negotiation_id=whole.negotiation_id, version=offer.version, by=cast.ines().actor)
    relayed()
    assert going_back(whole) == [DEPOSIT]


def test_a_void_round_gives_every_deposit_back():
    found = a_round(seconds=30, deposit=DEPOSIT)
    whole, none = (hands_in(found, a_bidder(n), "5000000.00") for n in (1, 2))
    paid(deposit_of(whole))
    until_closed(found)
    with clock.at(found.closes_at):
        take_timed_step(SEALED_GRAPH, found.pk, "close")
    with clock.at(found.closes_at + timedelta(days=61)):
        take_timed_step(SEALED_GRAPH, found.pk, "void")
    relayed()
    assert going_back(whole) == [DEPOSIT]
    assert deposit_of(none).state == ObligationState.CANCELLED
    assert Negotiation.objects.filter(listing=found.listing).count() == 2
