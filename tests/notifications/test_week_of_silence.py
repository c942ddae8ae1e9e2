"""A week without worker, beat and relay; then they start: every due act once, in order, told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from listings.catalogue.models import Listing, Need
from marketplace.core import clock, events, relay, timers
from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event, Timer
from marketplace.notifications import preferences, sending, service
from marketplace.notifications.models import Channel, Delivery, Digest, Frequency, Outcome
from tests import cast
from tests.catalogue.makers import a_listing, a_need
from tests.notifications.conftest import Postbox

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = timedelta(days=7)


def test_after_a_week_of_silence_everything_due_happens_once_and_in_order(postbox: Postbox, monkeypatch) -> None:
    monkeypatch.setattr(relay, "_subscribers", {"notifications": relay._subscribers["notifications"]})
    listing, need = a_listing(), a_need()
    owners = {Listing: cast.ines().person, Need: cast.bo().person}
    relay.relay_all()
    sending.send_due(500)
    preferences.choose(user_id=owners[Need].pk, chosen={("listings", Channel.MAIL): Frequency.DAILY})
    for row in (listing, need):
        row.refresh_from_db()
    told_before, letters_before = Delivery.objects.count(), len(postbox.letters)
    last_event = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    begun = max(timer.due_at for timer in Timer.objects.filter(done_at__isnull=True)) - timedelta(days=3)
    owed = list(
        Timer.objects.filter(done_at__isnull=True, due_at__lte=begun + WEEK)
        .order_by("due_at", "pk")
        .values_list("subject_kind", "subject_id", "name")
    )
    assert len(owed) >= 2
    with clock.at(begun), transaction.atomic():
        events.record("listing.resume", listing, by=SYSTEM)  # told before the silence, not relayed any more

    with clock.at(begun + WEEK):
        for _n in range(3):
            timers.run_due()
            relay.relay_all()
            sending.send_due(500)
        assert not Timer.objects.filter(done_at__isnull=True, due_at__lte=clock.now()).exists()
        done = Timer.objects.filter(done_at=clock.now()).order_by("due_at", "pk")
        assert list(done.values_list("subject_kind", "subject_id", "name")) == owed
        happened = list(Event.objects.filter(pk__gt=last_event, kind__endswith=".expire").order_by("pk"))
        assert [(one.subject_kind, one.subject_id) for one in happened] == [
            (kind, pk) for kind, pk, name in owed if name.endswith(".expire")
        ]
        assert {one.at for one in happened} == {clock.now()}  # the day it took effect, not the day it was owed
    for row in (listing, need):
        row.refresh_from_db()
        assert row.state == "expired" and row.state_since == begun + WEEK
    told = Delivery.objects.exclude(channel=Channel.IN_APP).order_by("pk")
    fresh = [one for one in told if one.event_id > last_event]
    assert {(one.recipient_id, one.topic) for one in fresh} == {
        (owners[Listing].pk, "listing.resume"),
        (owners[Listing].pk, "listing.expire"),
        (owners[Need].pk, "need.expire"),
    }
    assert Delivery.objects.count() == told_before + 6
    assert len(postbox.letters) == letters_before + 2  # the digest waits for its window
    with clock.at(begun + WEEK + timedelta(days=1)):
        sending.send_due(500)
        sending.send_due(500)
    assert Digest.objects.get(closes_at__gt=begun).outcome == Outcome.SENT
    assert len(postbox.letters) == letters_before + 3
    assert not Delivery.objects.exclude(outcome__in=[Outcome.SENT, Outcome.DROPPED]).exists()
    assert service.unread_count(owners[Need].pk) >= 1
