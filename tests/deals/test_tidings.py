"""Who hears of what in talks, data rooms and rounds of sealed offers; and that nobody else does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from listings.deals.graphs.talks import NEGOTIATION_GRAPH, SEALED_GRAPH
from listings.deals.models import SealedRound
from listings.deals.services import ndas, negotiations, offers, rooms
from listings.deals.talks.access import rounds_of
from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.core.lifecycle import take_timed_step
from marketplace.core.models import Event
from marketplace.notifications import service
from marketplace.notifications.models import Delivery
from tests import cast
from tests.builders import a_pdf
from tests.deals import talks as made
from tests.deals.test_sealed import a_bidder, a_round, hands_in, opened

pytestmark = pytest.mark.django_db


def hears(kind: str, number: str = "") -> set[str]:
    """Who was told of the latest event of a kind, in the application, in a sentence that names `number`."""
    event = Event.objects.filter(kind=kind).latest("pk")
    service.deliver([event])
    rows = Delivery.objects.filter(event_id=event.pk, channel=Delivery.Channel.IN_APP).select_related("recipient")
    return {row.recipient.name for row in rows if number in service.sentence_of(row)}


def closed(found: SealedRound) -> SealedRound:
    """The round closed by the clock, its deadline moved to now so that no test waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        SealedRound.objects.filter(pk=found.pk).update(closes_at=clock.database_now())
        cursor.execute("SET LOCAL session_replication_role = origin")
    take_timed_step(SEALED_GRAPH, found.pk, "close")
    found.refresh_from_db()
    return found


def test_of_talks_each_side_hears_what_the_other_did():
    buyer, seller = cast.bo(), cast.ines()
    talks = made.a_negotiation()
    negotiations.say(negotiation_id=talks.pk, by=seller.actor, text="15 μm.")
    assert hears("negotiation.say") == {"Bo"}
    negotiations.say(negotiation_id=talks.pk, by=buyer.actor, text="能否寄样？")
    assert hears("negotiation.say") == {"Ines"}
    row = made.a_room_file(talks.listing)
    made.accepts_nda(talks)
    assert hears("negotiation.nda") == {"Ines"}
    made.given(talks, row)
    assert hears("negotiation.grant") == {"Bo"}
    made.an_offer(talks)
    assert hears("offer.begin") == {"Ines"}
    offers.withdraw_offer(negotiation_id=talks.pk, version=1, by=buyer.actor)
    assert hears("offer.withdraw") == {"Ines"}
    made.an_offer(talks)
    offers.reject_offer(negotiation_id=talks.pk, version=2, by=seller.actor, reason="价格偏低")
    assert hears("offer.reject") == {"Bo"}
    negotiations.close(negotiation_id=talks.pk, by=seller.actor, reason="另有安排")
    assert hears("negotiation.close") == {"Bo"}


def test_of_talks_that_end_in_silence_both_sides_hear():
    answered, unanswered = made.a_negotiation(), made.a_negotiation()
    negotiations.say(negotiation_id=answered.pk, by=cast.ines().actor, text="15 μm.")
    with clock.at(clock.now() + timedelta(days=61)):
        take_timed_step(NEGOTIATION_GRAPH, answered.pk, "lapse")
        take_timed_step(NEGOTIATION_GRAPH, unanswered.pk, "give_up")
    assert hears("negotiation.lapse", answered.number) == {"Bo", "Ines"}
    assert hears("negotiation.give_up", unanswered.number) == {"Bo", "Ines"}


def test_who_accepted_an_old_confidentiality_text_hears_of_the_new_one():
    talks, quiet = made.a_negotiation(), made.a_negotiation(buyer=cast.stranger())
    assert quiet.listing_id != talks.listing_id
    made.accepts_nda(talks)
    ndas.write_text(listing_id=talks.listing_id, by=cast.ines().actor, text_zh="保密期为三年。")
    assert hears("listing.nda") == {"Bo"}


def test_of_a_sealed_round_holder_and_desk_hear_the_closing_and_the_bidders_the_opening():
    found, ops = a_round(), cast.ops()
    for part in (cast.bo(), a_bidder(1)):
        hands_in(found, part, "4600000.00")
    found = closed(found)
    told = hears("sealed.close", found.listing.number)
    assert {"Ines", ops.person.name} <= told and not told & {"Bo", "Bidder 1"}
    opened(found)
    assert hears("sealed.open", found.listing.number) == {"Bo", "Bidder 1"}


def test_of_a_void_round_the_bidders_and_the_holder_hear():
    found = a_round()
    hands_in(found, cast.bo(), "4600000.00")
    found = closed(found)
    with clock.at(found.closes_at + timedelta(days=61)):
        take_timed_step(SEALED_GRAPH, found.pk, "void")
    assert hears("sealed.void", found.listing.number) == {"Bo", "Ines"}


def test_rounds_are_seen_by_their_holder_and_the_desk():
    found = a_round()
    seen = {
        part.person.name: list(rounds_of(part.actor)) for part in (cast.ines(), cast.ops(), cast.bo(), cast.stranger())
    }
    assert seen == {"Ines": [found], "Ops": [found], "Bo": [], "Stranger": []}


def test_papers_of_talks_open_to_those_they_are_for():
    """The holder's confidentiality text to whoever talks about the listing; a room's file unmarked to its own only."""
    talks = made.a_negotiation()
    paper = ndas.write_text(listing_id=talks.listing_id, by=cast.ines().actor, upload=a_pdf("nda.pdf")).file_id
    row = made.a_room_file(talks.listing)
    made.accepts_nda(talks)
    made.given(talks, row)

    def opens(part: cast.Part, file: int | None) -> bool:
        return part.signed_in().get(f"/files/{file}/").status_code == 200

    assert [opens(one, paper) for one in (cast.ines(), cast.bo(), cast.stranger())] == [True, True, False]
    assert [opens(one, row.file_id) for one in (cast.ines(), cast.bo(), cast.stranger())] == [True, False, False]
    with pytest.raises(NotFound):
        rooms.open_room_file(negotiation_id=talks.pk, room_file_id=row.pk, by=cast.stranger().actor, address=None)
