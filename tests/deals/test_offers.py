"""Offers: versions that stay, one that stands, decisions that name what they decide on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from listings.brokers.services.mandates import terminate_mandate
from listings.catalogue.models import ListedAsset, Listing
from listings.catalogue.services import listings as listing_service
from listings.catalogue.states import ListingState, Mode
from listings.deals.graphs.talks import OFFER_GRAPH
from listings.deals.models import Deal, Negotiation, Offer
from listings.deals.services import offers
from listings.deals.talks import presenting as shown
from listings.deals.talks.reactions import tell_the_overtaken
from listings.deals.talks.refusals import (
    ListingNotOpen,
    ModeNotOffered,
    NoStandingOffer,
    OfferExpired,
    OfferStale,
    OfferStillStands,
    OfferUnfit,
    TalksClosed,
)
from listings.deals.talks.states import OfferState, TalkState
from listings.deals.terms import differences
from listings.rights.models import Reservation
from listings.rights.refusals import RightReserved, RightsRefused
from marketplace.accounts.roles import Role
from marketplace.core import clock
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.lifecycle import take_timed_step
from marketplace.core.models import Event
from tests import cast
from tests.builders import a_person, member_actor
from tests.catalogue import makers
from tests.deals.talks import (
    a_licence_listing,
    a_negotiation,
    also_in,
    an_offer,
    terms,
    until_expired,
)

pytestmark = pytest.mark.django_db


def state_of(offer: Offer) -> str:
    return Offer.objects.get(pk=offer.pk).state


def rival() -> cast.Part:
    return cast._part("rival@buyer.test", "Rival", "enterprise", "对手有限公司", "Rival Ltd.")


def test_an_offer_stands_with_its_terms():
    talks = a_negotiation()
    told = terms(deposit=Decimal("100000.00"), conditions="Know-how handed over.")
    offer = offers.make_offer(negotiation_id=talks.pk, by=cast.bo().actor, terms=told)
    offer = Offer.objects.get(pk=offer.pk)
    assert (offer.version, offer.state) == (1, OfferState.STANDING)
    assert offer.terms == told and offer.asset_ids == offers.rights_of(talks.listing_id)
    assert (offer.maker, offer.receiver) == (cast.bo().organisation, cast.ines().organisation)
    event = Event.objects.get(kind="offer.begin")
    assert "4600000" not in str(event.data), "terms are not for those who read events"


def test_a_counter_offer_replaces_the_standing_one_and_names_what_changed():
    first = an_offer()
    second = an_offer(first.negotiation, by=cast.ines(), price=Decimal("4750000.00"), deposit=Decimal("50000.00"))
    assert state_of(first) == OfferState.SUPERSEDED and state_of(second) == OfferState.STANDING
    assert (second.version, second.maker) == (2, cast.ines().organisation)
    changed = {one.field for one in differences(first.terms, second.terms)} - {"valid_until"}
    assert changed == {"price", "deposit"}
    line = next(one for one in shown.difference_lines(first, second) if one["after"].startswith("4,750"))
    assert line["before"] == "4,600,000.00 元" and line["after"] == "4,750,000.00 元"


def test_an_answer_to_a_version_that_is_not_the_latest_is_stale():
    first = an_offer()
    with pytest.raises(OfferStale):
        offers.make_offer(negotiation_id=first.negotiation_id, by=cast.ines().actor, terms=terms(), answers=0)
    with pytest.raises(OfferStale):
        offers.make_offer(negotiation_id=first.negotiation_id, by=cast.ines().actor, terms=terms(), answers=2)
    assert state_of(first) == OfferState.STANDING


def test_unsound_terms_name_every_problem():
    talks = a_negotiation()
    bad = terms(price=Decimal("0.00"), currency="XXX", valid_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(OfferUnfit) as refused:
        offers.make_offer(negotiation_id=talks.pk, by=cast.bo().actor, terms=bad)
    assert {name for name, _sentence in refused.value.problems} == {"price", "currency", "valid_until"}
    with pytest.raises(ModeNotOffered):
        offers.make_offer(negotiation_id=talks.pk, by=cast.bo().actor, terms=terms(mode=Mode.SOLE))
    assert not Offer.objects.exists()


def test_no_offers_on_what_is_not_on_the_market_or_in_closed_talks():
    from listings.deals.services.negotiations import close

    talks = a_negotiation()
    listing_service.amend_listing(listing_id=talks.listing_id, by=cast.ines().actor)
    with pytest.raises(ListingNotOpen):
        an_offer(talks)
    other = a_negotiation(listing=makers.a_listing())
    close(negotiation_id=other.pk, by=cast.bo().actor, reason="No budget.")
    with pytest.raises(TalksClosed):
        an_offer(other)


@pytest.mark.parametrize("verb", ["withdraw_offer", "reject_offer"])
def test_the_maker_withdraws_and_the_receiver_rejects(verb):
    offer = an_offer()
    right, wrong = (cast.bo(), cast.ines()) if verb == "withdraw_offer" else (cast.ines(), cast.bo())
    act = getattr(offers, verb)
    with pytest.raises(NotPermitted):
        act(negotiation_id=offer.negotiation_id, version=1, by=wrong.actor)
    with pytest.raises(NotFound):
        act(negotiation_id=offer.negotiation_id, version=1, by=cast.stranger().actor)
    act(negotiation_id=offer.negotiation_id, version=1, by=right.actor)
    assert state_of(offer) in {OfferState.WITHDRAWN, OfferState.REJECTED}
    with pytest.raises(NoStandingOffer):
        act(negotiation_id=offer.negotiation_id, version=1, by=right.actor)
    again = an_offer(Negotiation.objects.get(pk=offer.negotiation_id))
    assert again.version == 2


def test_acceptance_makes_the_deal_and_reserves_the_rights():
    offer = an_offer()
    offers.accept_offer(negotiation_id=offer.negotiation_id, version=1, by=cast.ines().actor)
    assert state_of(offer) == OfferState.ACCEPTED
    deal = Deal.objects.get(offer=offer)
    assert deal.price == offer.price and deal.buyer == cast.bo().organisation
    held = Reservation.objects.live().by_subject(deal.subject)
    assert sorted(held.values_list("asset_id", flat=True)) == offer.asset_ids
    assert Negotiation.objects.get(pk=offer.negotiation_id).state == TalkState.AGREED
    assert Listing.objects.get(pk=offer.negotiation.listing_id).state == ListingState.RESERVED


def test_only_an_owner_or_signatory_of_the_receiving_side_accepts():
    offer = an_offer()
    ines, talks = cast.ines(), offer.negotiation_id
    refused = [
        (cast.bo().actor, NotPermitted),
        (member_actor(ines.organisation, Role.STAFF), NotPermitted),
        (member_actor(ines.organisation, Role.READ_ONLY), NotPermitted),
        (member_actor(ines.organisation, Role.FINANCE), NotPermitted),
        (cast.stranger().actor, NotFound),
        (cast.ops().actor, NotFound),
    ]
    for actor, error in refused:
        with pytest.raises(error):
            offers.accept_offer(negotiation_id=talks, version=1, by=actor)
    assert not Deal.objects.exists() and state_of(offer) == OfferState.STANDING
    signatory = member_actor(ines.organisation, Role.SIGNATORY)
    offers.accept_offer(negotiation_id=talks, version=1, by=signatory)
    assert state_of(offer) == OfferState.ACCEPTED


def test_accept_names_its_version():
    first = an_offer()
    an_offer(first.negotiation, price=Decimal("9.00"))
    with pytest.raises(OfferStale):
        offers.accept_offer(negotiation_id=first.negotiation_id, version=1, by=cast.ines().actor)
    with pytest.raises(NoStandingOffer):
        offers.accept_offer(negotiation_id=first.negotiation_id, version=3, by=cast.ines().actor)
    assert not Deal.objects.exists()


def test_an_expired_offer_is_not_accepted_by_the_databases_clock():
    offer = an_offer(valid_until=timezone.now() + timedelta(seconds=8))
    until_expired(offer)
    with clock.at(offer.valid_until - timedelta(days=1)), pytest.raises(OfferExpired):
        offers.accept_offer(negotiation_id=offer.negotiation_id, version=1, by=cast.ines().actor)
    take_timed_step(OFFER_GRAPH, offer.pk, "expire")
    assert state_of(offer) == OfferState.EXPIRED


def test_an_offer_does_not_expire_because_this_machines_clock_is_fast():
    offer = an_offer()
    with clock.at(offer.valid_until + timedelta(days=1)), pytest.raises(OfferStillStands):
        take_timed_step(OFFER_GRAPH, offer.pk, "expire")
    assert state_of(offer) == OfferState.STANDING


def test_a_second_buyer_cannot_have_the_same_right_and_is_told():
    listing = makers.a_listing()
    mine, other = a_negotiation(listing=listing), a_negotiation(listing=listing, buyer=rival())
    an_offer(mine)
    second = an_offer(other, by=rival(), price=Decimal("5000000.00"))
    offers.accept_offer(negotiation_id=mine.pk, version=1, by=cast.ines().actor)
    with pytest.raises((RightReserved, RightsRefused)):
        offers.accept_offer(negotiation_id=other.pk, version=1, by=cast.ines().actor)
    assert state_of(second) == OfferState.STANDING and Deal.objects.count() == 1
    accepted = list(Event.objects.filter(kind="offer.accept"))
    tell_the_overtaken(accepted)
    tell_the_overtaken(accepted)
    told = Event.objects.get(kind="negotiation.overtaken")
    assert told.subject_id == other.pk and told.data["buyer"] == rival().organisation.pk


def test_the_same_right_in_two_listings_is_promised_once_and_a_bundle_stays_whole():
    p, q, r = (makers.a_right() for _ in range(3))
    one = makers.a_listing(assets=[p, q])
    two = makers.a_listing(assets=[r])
    ListedAsset.objects.create(listing=two, asset=q, position=1)  # as if it had slipped through the review
    first, second = a_negotiation(listing=one), a_negotiation(listing=two, buyer=rival())
    an_offer(first)
    an_offer(second, by=rival())
    offers.accept_offer(negotiation_id=first.pk, version=1, by=cast.ines().actor)
    with pytest.raises((RightReserved, RightsRefused)):
        offers.accept_offer(negotiation_id=second.pk, version=1, by=cast.ines().actor)
    assert set(Reservation.objects.live().values_list("asset_id", flat=True)) == {p.pk, q.pk}


def test_exclusive_licences_of_other_fields_agree_and_of_the_same_do_not():
    asset = makers.a_right()
    listing = a_licence_listing(Mode.EXCLUSIVE, assets=[asset])
    other = also_in(asset, mode=Mode.EXCLUSIVE)
    first, second = a_negotiation(listing=listing), a_negotiation(listing=other, buyer=rival())
    third = a_negotiation(listing=also_in(asset, mode=Mode.EXCLUSIVE))
    kind = {"mode": Mode.EXCLUSIVE, "term_months": 24}
    an_offer(first, fields_of_use=("C08J",), **kind)
    an_offer(second, by=rival(), fields_of_use=("H01M",), **kind)
    an_offer(third, fields_of_use=("C08",), **kind)
    offers.accept_offer(negotiation_id=first.pk, version=1, by=cast.ines().actor)
    offers.accept_offer(negotiation_id=second.pk, version=1, by=cast.ines().actor)
    with pytest.raises((RightReserved, RightsRefused)):
        offers.accept_offer(negotiation_id=third.pk, version=1, by=cast.ines().actor)


def test_ordinary_licences_may_be_many():
    listing = a_licence_listing(Mode.ORDINARY)
    for buyer in (cast.bo(), rival()):
        talks = a_negotiation(listing=listing, buyer=buyer)
        an_offer(talks, by=buyer, mode=Mode.ORDINARY, term_months=12)
        offers.accept_offer(negotiation_id=talks.pk, version=1, by=cast.ines().actor)
    assert Deal.objects.count() == 2
    assert Listing.objects.get(pk=listing.pk).state == ListingState.PUBLISHED


def test_the_database_keeps_offers_as_they_were():
    offer = an_offer()
    for change in ({"price": 1}, {"conditions": "x"}, {"valid_until": timezone.now()}, {"version": 9}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).delete()
    twin = Offer.objects.get(pk=offer.pk)
    twin.pk, twin.version = None, 2
    with pytest.raises(IntegrityError, match="one_standing_offer_per_negotiation"), transaction.atomic():
        twin.save(force_insert=True)


def test_commission_of_an_introduction_is_frozen_into_the_offer():
    from tests.brokers.makers import an_introduction

    listing = makers.a_listing()
    made = an_introduction(listing, pct="3.000")
    talks = a_negotiation(listing=listing)
    offer = an_offer(talks)
    assert offer.introduction == made
    (owed,) = offers.commissions_on(talks)
    assert (owed.pct, owed.broker_id) == (Decimal("3.000"), made.mandate.broker_id)
    terminate_mandate(mandate_id=made.mandate_id, by=cast.ines().actor, reason="Another broker.")
    offers.accept_offer(negotiation_id=talks.pk, version=1, by=cast.ines().actor)
    frozen = Deal.objects.get().commissions.values_list("is_on_buyer", "pct", "introduction_id")
    assert sorted(frozen) == [(False, Decimal("1.500"), made.pk), (True, Decimal("1.500"), made.pk)]


def test_accepting_costs_no_more_for_many_other_offers(django_assert_max_num_queries):
    listing = makers.a_listing()
    mine = a_negotiation(listing=listing)
    an_offer(mine)
    for n in range(4):
        buyer = cast._part(f"b{n}@buyer.test", f"B{n}", "enterprise", f"买家{n}有限公司", f"Buyer {n} Ltd.")
        an_offer(a_negotiation(listing=listing, buyer=buyer), by=buyer)
    actor = cast.ines().actor
    a_person()
    with django_assert_max_num_queries(70):
        offers.accept_offer(negotiation_id=mine.pk, version=1, by=actor)
