"""kill -9 of a close of day at random moments, and two closes at once: the positions are those of one close.

The close runs in a forked process with connections of its own, is killed after a random part of the time a whole close
takes, and is run again; what stands then must be equal to the byte. `KILLS` sets how many (8 otherwise; `make machine`
asks for 50).
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, connections

from loans import closing
from loans.models import CloseRun, Loan, Position
from loans.services import day_end
from marketplace.core import clock
from tests import cast
from tests.loans.lent import a_cover, a_loan, at_noon
from tests.loans.test_closing import rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

KILLS = int(os.environ.get("KILLS", 8))
SEED = int(os.environ.get("KILLS_SEED", 0)) or int(time.time())
DAY = date(2026, 4, 20)
PIECE = 2


def a_book(many: int = 14) -> None:
    dice, bank = random.Random(SEED), cast.lena()
    for n in range(many):
        a_loan(
            f"{dice.randrange(10_000, 9_000_000)}.37",
            dice.choice((3, 12, 24)),
            bank=bank,
            covers=[a_cover(value=dice.choice((None, "4000000.00"))), a_cover()],
            method=("EQUAL_INSTALMENT", "INTEREST_ONLY_BULLET")[n % 2],
            day_count=("ACT/360", "30U/360")[n % 3 == 0],
            annual_rate_pct=Decimal("4.3525"),
        )


def close_in_a_process() -> int:
    """Fork a process that closes the day; returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        for one in connections.all(initialized_only=True):
            one.connection = None  # the parent's, which it goes on using
        with clock.at(at_noon(DAY)):
            day_end.close_day(DAY)
    finally:
        os._exit(0)


def whole() -> list[tuple[object, ...]]:
    return [(day, row) for day in (DAY - timedelta(days=1), DAY) for row in rows(day)]


def undone() -> None:
    Position.objects.all().delete()
    CloseRun.objects.filter(business_date__gt=DAY - timedelta(days=2)).delete()


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_end, "PIECE", PIECE)
    with clock.at(at_noon(DAY)):
        a_book()
        day_end.close_day(DAY - timedelta(days=2))


def test_a_close_killed_anywhere_and_run_again_is_the_same_to_the_byte(book: None) -> None:
    dice = random.Random(SEED)
    took = time.monotonic()
    os.waitpid(close_in_a_process(), 0)
    took = time.monotonic() - took
    clean = whole()
    assert len(clean) == 2 * Loan.objects.count()
    cut_off = 0
    for _ in range(KILLS):
        undone()
        pid = close_in_a_process()
        time.sleep(dice.random() * took)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        cut_off += not CloseRun.objects.filter(business_date=DAY, state="done").exists()
        with clock.at(at_noon(DAY)):
            day_end.close_day(DAY)
        assert whole() == clean, f"KILLS_SEED={SEED}"
    assert cut_off, f"no kill hit a close under way: KILLS_SEED={SEED}"


def two_at_once(monkeypatch: pytest.MonkeyPatch) -> list[BaseException | None]:
    """Two closes of one day that both reach their first piece before either has written it."""
    meet = threading.Barrier(2)
    ends: list[BaseException | None] = [None, None]
    write = closing.write_positions
    first = threading.local()

    def together(day: date, after: int, upto: int) -> int:
        if not getattr(first, "past", False):
            first.past = True
            try:
                meet.wait(1)
            except threading.BrokenBarrierError:
                meet.reset()  # the other waits for the lock: there is nobody to meet
        return write(day, after, upto)

    monkeypatch.setattr(day_end, "write_positions", together)

    def run(at: int) -> None:
        try:
            with clock.at(at_noon(DAY)):
                day_end.close_day(DAY)
        except Exception as error:
            ends[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    return ends


def test_two_closes_at_once_are_one(book: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert two_at_once(monkeypatch) == [None, None]
    assert Position.objects.filter(business_date=DAY).count() == Loan.objects.count()
    assert CloseRun.objects.get(business_date=DAY).loans == Loan.objects.count()


def test_without_the_lock_two_closes_collide(book: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with the run's lock off both write the same piece, and only the table's key stops the second."""
    monkeypatch.setattr(day_end, "lock_run", lambda day: CloseRun.objects.get(business_date=day))
    assert any(isinstance(end, IntegrityError) for end in two_at_once(monkeypatch))
