"""Sealed offers: unreadable before two persons open them, late by the database's clock, in order of price."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from listings.deals import sealing
from listings.deals.graphs.talks import SEALED_GRAPH
from listings.deals.models import Offer, OpeningApproval, SealedOffer, SealedRound
from listings.deals.services import offers, sealed
from listings.deals.talks.refusals import (
    LateOffer,
    OfferUnfit,
    PassphraseUnfit,
    PassphraseWrong,
    RoundNotOpen,
    RoundStillOpen,
    RoundUnfit,
    SamePersonOpens,
    SealedListing,
)
from listings.deals.talks.states import OfferState, RoundState
from marketplace.accounts.acting import actor_for
from marketplace.accounts.roles import Role
from marketplace.core import clock
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.lifecycle import take_timed_step
from tests import cast
from tests.builders import joins, member_actor
from tests.deals.talks import a_negotiation, a_sealed_listing, an_offer, terms

pytestmark = pytest.mark.django_db
PASSPHRASE = "correct horse battery staple"


def a_round(seconds: float = 3600, **given) -> SealedRound:
    listing = a_sealed_listing(timezone.now() + timedelta(seconds=seconds))
    return sealed.begin_round(listing_id=listing.pk, by=cast.ines().actor, passphrase=PASSPHRASE, **given)


def a_bidder(n: int) -> cast.Part:
    return cast._part(f"bidder{n}@buyer.test", f"Bidder {n}", "enterprise", f"报价人{n}有限公司", f"Bidder {n} Ltd.")


def hands_in(found: SealedRound, part: cast.Part, price: str) -> SealedOffer:
    from listings.deals.models import Negotiation

    talks = Negotiation.objects.filter(listing=found.listing_id, buyer=part.organisation).first() or a_negotiation(
        listing=found.listing, buyer=part
    )
    return sealed.hand_in(negotiation_id=talks.pk, by=part.actor, terms=terms(price=Decimal(price)))


def until_closed(found: SealedRound) -> None:
    while clock.database_now() < found.closes_at:
        time.sleep(0.02)


def opened(found: SealedRound):
    assert sealed.approve_opening(round_id=found.pk, by=cast.ops().actor) == []
    return sealed.approve_opening(round_id=found.pk, by=cast.ines().actor, passphrase=PASSPHRASE)


# ── cryptography ─────────────────────────────────────────────────────────────────────────────────────────────────────
@given(st.binary(max_size=2000))
@hypothesis_settings(max_examples=15, deadline=None)
def test_what_is_sealed_opens_with_both_shares_and_in_its_own_place_only(plain):
    keys = _keys()
    share = sealing.unwrap(keys.holder_share, sealing.passphrase_key(PASSPHRASE, keys.holder_salt))
    private = sealing.join(share, sealing.unwrap(keys.market_share, sealing.secret_key("server")))
    box = sealing.seal(plain, keys.public_key, "here")
    assert sealing.unseal(box, private, "here") == plain
    for wrong in ((box, private, "there"), (box, share, "here"), (box[:-1] + bytes([box[-1] ^ 1]), private, "here")):
        with pytest.raises(sealing.CannotOpen):
            sealing.unseal(*wrong)


_kept: list[sealing.RoundKeys] = []


def _keys() -> sealing.RoundKeys:
    if not _kept:
        _kept.append(sealing.new_round_keys(PASSPHRASE, "server"))
    return _kept[0]


def test_a_share_opens_with_its_own_key_only():
    keys = _keys()
    with pytest.raises(sealing.CannotOpen):
        sealing.unwrap(keys.holder_share, sealing.passphrase_key("another passphrase 16", keys.holder_salt))
    with pytest.raises(sealing.CannotOpen):
        sealing.unwrap(keys.market_share, sealing.secret_key("another server"))
    with pytest.raises(sealing.CannotOpen):
        sealing.unwrap(keys.holder_share, sealing.secret_key("server"))


# ── the round ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_who_begins_a_round_and_of_what():
    listing = a_sealed_listing()
    begin = {"listing_id": listing.pk, "passphrase": PASSPHRASE}
    for actor, error in (
        (cast.bo().actor, NotFound),
        (member_actor(cast.ines().organisation, Role.STAFF), NotPermitted),
    ):
        with pytest.raises(error):
            sealed.begin_round(by=actor, **begin)
    with pytest.raises(PassphraseUnfit):
        sealed.begin_round(listing_id=listing.pk, by=cast.ines().actor, passphrase="short")
    sealed.begin_round(by=cast.ines().actor, **begin)
    with pytest.raises(RoundUnfit):
        sealed.begin_round(by=cast.ines().actor, **begin)
    with pytest.raises(RoundUnfit):
        sealed.begin_round(listing_id=a_negotiation().listing_id, by=cast.ines().actor, passphrase=PASSPHRASE)


def test_no_open_offers_and_no_early_round():
    talks = a_negotiation(listing=a_sealed_listing())
    with pytest.raises(SealedListing):
        an_offer(talks)
    with pytest.raises(RoundNotOpen):
        sealed.hand_in(negotiation_id=talks.pk, by=cast.bo().actor, terms=terms())


@pytest.mark.rule("PF-NO-AUCTION", "PF-ANON")
def test_nothing_in_the_database_tells_the_price_before_the_opening():
    found = a_round()
    made = hands_in(found, cast.bo(), "7654321.00")
    for part, price in ((cast.bo(), "8654321.00"), (a_bidder(1), "6654321.00")):
        hands_in(found, part, price)
    dump = ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT COALESCE(json_agg(t)::text, '') FROM \"{table}\" t")
            dump += cursor.fetchone()[0]
    assert made.receipt in dump and "deals_sealedoffer" not in dump
    for price in ("7654321", "8654321", "6654321"):
        assert price not in dump and price.encode().hex() not in dump
    with pytest.raises(sealing.CannotOpen):
        server = sealing.secret_key(settings.SECRET_KEY)
        sealing.unseal(bytes(made.ciphertext), sealing.unwrap(bytes(found.market_share), server), "")
    assert PASSPHRASE not in dump


def test_opening_needs_the_deadline_two_sides_and_the_passphrase():
    found = a_round(seconds=12)
    hands_in(found, cast.bo(), "5000000.00")
    with pytest.raises(RoundStillOpen):
        sealed.approve_opening(round_id=found.pk, by=cast.ops().actor)
    with pytest.raises(RoundStillOpen):
        sealed.close_round(round_id=found.pk, by=cast.ines().actor)
    with clock.at(found.closes_at + timedelta(days=1)), pytest.raises(RoundStillOpen):
        sealed.approve_opening(round_id=found.pk, by=cast.ines().actor, passphrase=PASSPHRASE)
    until_closed(found)
    for actor in (cast.bo().actor, cast.stranger().actor):
        with pytest.raises(NotFound):
            sealed.approve_opening(round_id=found.pk, by=actor)
    with pytest.raises(PassphraseWrong):
        sealed.approve_opening(round_id=found.pk, by=cast.ines().actor, passphrase="x" * 20)
    assert sealed.approve_opening(round_id=found.pk, by=cast.ines().actor, passphrase=PASSPHRASE) == []
    assert sealed.approve_opening(round_id=found.pk, by=cast.ines().actor, passphrase=PASSPHRASE) == []
    assert SealedRound.objects.get(pk=found.pk).state == RoundState.CLOSED and not Offer.objects.exists()
    (ranked,) = sealed.approve_opening(round_id=found.pk, by=cast.ops().actor)
    assert ranked.terms.price == Decimal("5000000.00")
    assert SealedRound.objects.get(pk=found.pk).state == RoundState.OPENED
    with pytest.raises(RoundNotOpen):
        sealed.approve_opening(round_id=found.pk, by=cast.ops().actor)


def test_one_person_in_both_places_is_still_one_person():
    found = a_round(seconds=3)
    ops, ines = cast.ops(), cast.ines()
    twice = joins(ops.person, ines.organisation, [Role.SIGNATORY])
    until_closed(found)
    sealed.approve_opening(round_id=found.pk, by=ops.actor)
    with pytest.raises(SamePersonOpens):
        sealed.approve_opening(round_id=found.pk, by=actor_for(ops.person, twice), passphrase=PASSPHRASE)
    with pytest.raises(IntegrityError), transaction.atomic():
        OpeningApproval.objects.create(round=found, side="holder", person=ops.person, at=clock.now())


def test_the_order_is_by_price_and_ties_by_sequence_and_the_last_one_counts():
    found = a_round(seconds=20)
    hands_in(found, a_bidder(1), "9000000.00")
    hands_in(found, a_bidder(2), "5000000.00")
    hands_in(found, a_bidder(3), "5000000.00")
    hands_in(found, a_bidder(1), "4000000.00")
    until_closed(found)
    ranked = opened(found)
    assert [(one.terms.price, one.sealed.sequence) for one in ranked] == [
        (Decimal("5000000.00"), 2),
        (Decimal("5000000.00"), 3),
        (Decimal("4000000.00"), 4),
    ]
    assert [one.offer.state for one in ranked] == [OfferState.STANDING] * 3
    assert [one.pk for one in sealed.result_of(found)] == [one.offer.pk for one in ranked]
    best = ranked[0].offer
    offers.accept_offer(negotiation_id=best.negotiation_id, version=best.version, by=cast.ines().actor)
    assert Offer.objects.get(pk=best.pk).state == OfferState.ACCEPTED


def test_a_late_offer_is_refused_by_service_and_by_database():
    found = a_round(seconds=12)
    talks = a_negotiation(listing=found.listing)
    early = sealed.hand_in(negotiation_id=talks.pk, by=cast.bo().actor, terms=terms())
    assert early.sequence == 1
    until_closed(found)
    with clock.at(found.closes_at - timedelta(hours=1)), pytest.raises(LateOffer):
        sealed.hand_in(negotiation_id=talks.pk, by=cast.bo().actor, terms=terms())
    with pytest.raises(IntegrityError, match="is late"), transaction.atomic():
        SealedOffer.objects.create(
            round=found,
            negotiation=talks,
            organisation=talks.buyer,
            made_by=cast.bo().person,
            sequence=2,
            ciphertext=b"x",
            receipt="0" * 64,
            received_at=found.closes_at - timedelta(seconds=1),
        )
    assert SealedOffer.objects.count() == 1


def test_the_time_of_receipt_is_the_databases():
    found = a_round()
    made = SealedOffer.objects.get(pk=hands_in(found, cast.bo(), "5000000.00").pk)
    assert abs((clock.database_now() - made.received_at).total_seconds()) < 60


def test_sealed_offers_never_change_and_bind_only_by_those_who_may():
    found = a_round()
    made = hands_in(found, cast.bo(), "5000000.00")
    for change in (
        lambda: SealedOffer.objects.filter(pk=made.pk).update(ciphertext=b"y"),
        lambda: SealedOffer.objects.all().delete(),
        lambda: SealedRound.objects.filter(pk=found.pk).update(closes_at=timezone.now() + timedelta(days=9)),
        lambda: SealedRound.objects.filter(pk=found.pk).update(market_share=b"z"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    staff = member_actor(cast.bo().organisation, Role.STAFF)
    with pytest.raises(NotPermitted):
        sealed.hand_in(negotiation_id=made.negotiation_id, by=staff, terms=terms())
    with pytest.raises(NotPermitted):
        sealed.hand_in(negotiation_id=made.negotiation_id, by=cast.ines().actor, terms=terms())
    with pytest.raises(NotFound):
        sealed.hand_in(negotiation_id=made.negotiation_id, by=cast.stranger().actor, terms=terms())
    with pytest.raises(OfferUnfit):
        sealed.hand_in(negotiation_id=made.negotiation_id, by=cast.bo().actor, terms=terms(price=Decimal("0.00")))


def test_a_round_nobody_opens_becomes_void():
    found = a_round(seconds=3)
    until_closed(found)
    with clock.at(found.closes_at + timedelta(seconds=5)):
        take_timed_step(SEALED_GRAPH, found.pk, "close")
    assert SealedRound.objects.get(pk=found.pk).state == RoundState.CLOSED
    with clock.at(found.closes_at + timedelta(days=61)):
        take_timed_step(SEALED_GRAPH, found.pk, "void")
    assert SealedRound.objects.get(pk=found.pk).state == RoundState.VOID


def test_a_deposit_is_owed_once_and_only_paid_offers_count():
    from marketplace.payments.models import Obligation

    found = a_round(seconds=20, deposit=Decimal("50000.00"))
    first = hands_in(found, a_bidder(1), "5000000.00")
    again = hands_in(found, a_bidder(1), "6000000.00")
    hands_in(found, a_bidder(2), "9000000.00")
    assert first.obligation_id == again.obligation_id and Obligation.objects.count() == 2
    row = Obligation.objects.get(pk=first.obligation_id)
    assert (row.amount, row.payer) == (Decimal("50000.00"), a_bidder(1).organisation)
    from tests.deals.talks import pay

    pay(row)
    until_closed(found)
    ranked = opened(found)
    assert [(one.terms.price, one.sealed.organisation_id) for one in ranked] == [
        (Decimal("6000000.00"), a_bidder(1).organisation.pk)
    ]
    assert json.dumps([one.sealed.sequence for one in ranked]) == "[2]"
