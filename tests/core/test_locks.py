"""Ordered locks against the deadlock they prevent, with the control that shows it is real."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from marketplace.accounts.models import Region
from marketplace.core import locks
from marketplace.core.errors import Busy, NotFound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair():
    return [Region.objects.create(code=c, name_zh=c, name_en=c, level="city").pk for c in "ab"]


def race(*jobs):
    """Run the jobs at once, each in its thread; returns the exceptions they ended with."""
    ends: list[Exception | None] = [None] * len(jobs)

    def run(index, job):
        try:
            job()
        except Exception as error:
            ends[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i, job)) for i, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return ends


def in_request_order(first, second, both_hold_one):
    with transaction.atomic():
        Region.objects.select_for_update().get(pk=first)
        both_hold_one.wait(10)
        Region.objects.select_for_update().get(pk=second)


def test_control_locking_in_request_order_deadlocks(pair):
    a, b = pair
    barrier = threading.Barrier(2)
    ends = race(lambda: in_request_order(a, b, barrier), lambda: in_request_order(b, a, barrier))
    assert sum(isinstance(end, OperationalError) for end in ends) == 1


def test_locked_all_takes_one_order_whatever_was_asked(pair):
    a, b = pair
    start = threading.Barrier(2)

    def both(ids):
        start.wait(10)
        for _ in range(20):
            with locks.locked_all([(Region, pk) for pk in ids]) as rows:
                assert [row.pk for row in rows] == ids

    assert race(lambda: both([a, b]), lambda: both([b, a])) == [None, None]


def test_a_row_held_too_long_is_busy_not_an_error_page(pair, monkeypatch):
    monkeypatch.setattr(locks, "LOCK_TIMEOUT_MS", 200)
    held, done = threading.Event(), threading.Event()

    def hold():
        with locks.locked(Region, pair[0]):
            held.set()
            done.wait(10)

    def ask():
        held.wait(10)
        try:
            with locks.locked(Region, pair[0]):
                pass
        finally:
            done.set()

    _, end = race(hold, ask)
    assert isinstance(end, Busy)


def test_a_row_that_is_not_there_is_not_found():
    with pytest.raises(NotFound), locks.locked(Region, 10**9):
        pass
