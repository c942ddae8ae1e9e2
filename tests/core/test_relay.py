"""The relay: in order, each subscriber at its own pace, nothing passed over, poison set aside."""

import threading

import pytest
from django.db import connection, transaction

from marketplace.accounts.models import Region
from marketplace.core import events, relay
from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event, ParkedEvent, Subscription

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place():
    return Region.objects.create(code="t", name_zh="地", name_en="Place", level="city")


@pytest.fixture
def heard(monkeypatch):
    """A subscriber of our own beside none other, and what it heard."""
    taken: list[int] = []
    monkeypatch.setattr(relay, "_subscribers", {})

    @relay.subscriber("listener", kinds=["test.*"], batch=3)
    def listen(batch):
        taken.extend(event.pk for event in batch)

    return taken


def tell(place, kind="test.told", count=1):
    with transaction.atomic():
        return [events.record(kind, place, SYSTEM).pk for _ in range(count)]


def test_events_arrive_once_and_in_order(place, heard):
    told = tell(place, count=7)
    relay.relay_all()
    relay.relay_all()
    assert heard == told


def test_other_kinds_are_read_past(place, heard):
    tell(place, kind="else.where", count=2)
    told = tell(place)
    relay.relay_all()
    assert heard == told


def test_an_event_that_commits_late_is_not_passed_over(place, heard):
    """The older transaction commits after the younger one's event was there to read."""
    opened, may_commit, ids = threading.Event(), threading.Event(), []

    def slow():
        try:
            with transaction.atomic():
                ids.append(events.record("test.slow", place, SYSTEM).pk)
                opened.set()
                may_commit.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    opened.wait(10)
    quick = tell(place)
    relay.relay_all()
    assert heard == []  # the younger waits for the older
    may_commit.set()
    thread.join()
    relay.relay_all()
    assert heard == [*ids, *quick]


def test_a_poison_event_is_parked_and_the_rest_goes_on(place, monkeypatch):
    monkeypatch.setattr(relay, "_subscribers", {})
    taken, poison = [], []

    @relay.subscriber("picky", kinds=["test.*"])
    def picky(batch):
        if any(event.pk in poison for event in batch):
            raise ValueError("cannot take this")
        taken.extend(event.pk for event in batch)

    told = tell(place, count=4)
    poison.append(told[1])
    relay.relay_all()
    assert taken == [told[0], told[2], told[3]]
    parked = ParkedEvent.objects.get()
    assert parked.event_id == told[1] and "cannot take this" in parked.error
    assert not relay.replay(parked)
    parked.refresh_from_db()
    assert parked.tries == 2
    poison.clear()
    assert relay.replay(parked)
    assert told[1] in taken


def test_a_crash_after_handling_but_before_the_place_is_kept_repeats_the_batch(place, heard, monkeypatch):
    tell(place)
    relay.relay_all()  # the subscriber's place exists
    heard.clear()
    told = tell(place)
    with monkeypatch.context() as patch:
        patch.setattr(Subscription, "save", lambda self, **kwargs: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            relay.relay_all()
    relay.relay_all()
    assert heard == told * 2  # at least once: handlers must be idempotent


def test_two_relays_at_once_do_not_double(place, heard):
    told = tell(place, count=30)
    barrier = threading.Barrier(4)

    def run():
        try:
            barrier.wait(10)
            relay.relay_all()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    relay.relay_all()
    assert sorted(heard) == told


def test_a_rolled_back_change_leaves_no_event(place, heard):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.record("test.undone", place, SYSTEM)
        _ = 1 / 0
    relay.relay_all()
    assert heard == [] and not Event.objects.filter(kind="test.undone").exists()


def test_an_event_outside_a_transaction_is_refused(place):
    with pytest.raises(RuntimeError):
        events.record("test.loose", place, SYSTEM)


def test_events_cannot_be_changed_or_deleted(place):
    told = tell(place)
    for sql in ("UPDATE core_event SET reason = 'x' WHERE id = %s", "DELETE FROM core_event WHERE id = %s"):
        with pytest.raises(Exception, match=r"append_only|Cannot"), connection.cursor() as cursor:
            cursor.execute(sql, told)


def test_lag_counts_what_is_unread(place, heard):
    tell(place, count=5)
    assert relay.lag()["listener"] == 5
    relay.relay_all()
    assert relay.lag()["listener"] == 0
