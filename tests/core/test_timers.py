"""Timers: run once, survive a failing one, skip what another holds."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from marketplace.accounts.models import Region
from marketplace.core import clock, timers
from marketplace.core.models import Timer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place():
    return Region.objects.create(code="t", name_zh="地", name_en="Place", level="city")


@pytest.fixture
def ran(monkeypatch):
    """What the runner of the family "bell" was asked."""
    asked: list[tuple[int, str]] = []
    monkeypatch.setattr(timers, "_runners", {"bell": lambda pk, act: asked.append((pk, act))})
    return asked


def test_a_timer_runs_when_due_and_once(place, ran):
    moment = clock.now()
    timers.arm(place, "bell", "ring", moment + timedelta(hours=1))
    assert timers.run_due() == 0
    with clock.at(moment + timedelta(hours=2)):
        assert timers.run_due() == 1
        assert timers.run_due() == 0
    assert ran == [(place.pk, "ring")]


def test_arming_again_moves_the_date(place, ran):
    timers.arm(place, "bell", "ring", clock.now())
    timers.arm(place, "bell", "ring", clock.now() + timedelta(days=1))
    assert timers.run_due() == 0 and Timer.objects.count() == 1


def test_disarming_leaves_other_families(place, ran):
    timers.arm(place, "bell", "ring", clock.now())
    timers.arm(place, "other", "ring", clock.now())
    timers.disarm(place, "bell")
    assert list(Timer.objects.values_list("name", flat=True)) == ["other.ring"]


def test_a_failing_timer_is_kept_with_its_error_and_stops_nobody(place, monkeypatch):
    rung = []

    def run(pk, act):
        if act == "break":
            raise ValueError("broken bell")
        rung.append(act)

    monkeypatch.setattr(timers, "_runners", {"bell": run})
    moment = clock.now()
    timers.arm(place, "bell", "break", moment - timedelta(minutes=2))
    timers.arm(place, "bell", "ring", moment - timedelta(minutes=1))
    timers.run_due()
    broken = Timer.objects.get(name="bell.break")
    assert rung == ["ring"] and "broken bell" in broken.error and broken.done_at is None and broken.due_at > moment
    with clock.at(moment + timedelta(days=30)):
        for _ in range(timers.MOST_TRIES + 2):
            Timer.objects.filter(pk=broken.pk).update(due_at=moment)
            timers.run_due()
    broken.refresh_from_db()
    assert broken.tries == timers.MOST_TRIES  # visible, no longer tried


def test_many_runners_share_the_work_without_doubling(place, monkeypatch):
    rung, guard = [], threading.Lock()

    def run(pk, act):
        with guard:
            rung.append(act)

    monkeypatch.setattr(timers, "_runners", {"bell": run})
    for n in range(40):
        timers.arm(place, "bell", f"ring{n}", clock.now() - timedelta(minutes=1))
    barrier = threading.Barrier(4)

    def work():
        try:
            barrier.wait(10)
            timers.run_due()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(rung) == sorted(f"ring{n}" for n in range(40))


def test_what_a_failed_act_wrote_is_undone(place, monkeypatch):
    def run(pk, act):
        Region.objects.create(code="half", name_zh="半", name_en="Half", level="city")
        raise ValueError

    monkeypatch.setattr(timers, "_runners", {"bell": run})
    with transaction.atomic():
        timers.arm(place, "bell", "ring", clock.now() - timedelta(minutes=1))
    timers.run_due()
    assert not Region.objects.filter(code="half").exists()
