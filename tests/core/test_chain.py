"""The chain over the events: every way of tampering is found, and writers in parallel do not fork it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from marketplace.core import chain, events
from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event, EventSeal
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def heads_elsewhere(settings, tmp_path: Path):
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.txt")


@pytest.fixture
def sealed():
    """Events in two seals."""
    organisation = cast.ines().organisation
    chain.seal_events()
    for number in range(5):
        with transaction.atomic():
            events.record("organisation.note", organisation, SYSTEM, data={"n": number})
    chain.seal_events()
    assert list(chain.breaks()) == []
    assert EventSeal.objects.count() == 2
    return organisation


def tamper(sql: str, *params: object) -> None:
    """What somebody with the database's own powers can do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params)


def last() -> Event:
    return Event.objects.order_by("-txid", "-id")[0]


def test_one_changed_byte_is_found(sealed):
    tamper("UPDATE core_event SET reason = 'x' WHERE id = %s", last().pk)
    assert "changed" in next(chain.breaks()).what


def test_a_deleted_row_is_found(sealed):
    tamper("DELETE FROM core_event WHERE id = %s", Event.objects.order_by("txid", "id")[2].pk)
    assert list(chain.breaks())


def test_two_rows_swapped_are_found(sealed):
    one, two = list(Event.objects.filter(kind="organisation.note").order_by("id")[:2])
    tamper("UPDATE core_event SET data = CASE id WHEN %s THEN %s::jsonb ELSE %s::jsonb END WHERE id IN (%s, %s)",
           one.pk, '{"n": 1}', '{"n": 0}', one.pk, two.pk)  # fmt: skip
    assert list(chain.breaks())


def test_a_cut_tail_is_found_by_the_head_kept_elsewhere(sealed):
    seal = EventSeal.objects.order_by("-id")[0]
    tamper("DELETE FROM core_event WHERE kind = 'organisation.note'")
    tamper("DELETE FROM core_eventseal WHERE id = %s", seal.pk)
    assert [one.what for one in chain.breaks()] == ["a seal that was exported is gone: the tail was cut"]


def test_a_chain_rewritten_as_a_whole_is_found_by_the_head_kept_elsewhere(sealed):
    tamper("UPDATE core_event SET reason = 'forged' WHERE id = %s", last().pk)
    heads = Path(chain.settings.AUDIT_HEADS_FILE).read_text()
    tamper("DELETE FROM core_eventseal WHERE true")
    tamper("ALTER SEQUENCE core_eventseal_id_seq RESTART WITH 1")
    chain.settings.AUDIT_HEADS_FILE += ".forged"
    chain.seal_events()
    assert list(chain.breaks()) == [], "the forger's own chain holds in itself"
    Path(chain.settings.AUDIT_HEADS_FILE).write_text(heads)
    assert list(chain.breaks())


def test_an_unsealed_event_breaks_nothing_and_is_sealed_next(sealed):
    with transaction.atomic():
        events.record("organisation.note", sealed, SYSTEM)
    assert list(chain.breaks()) == []
    assert chain.seal_events() == 1


def test_fifty_writers_and_four_sealers_make_one_chain(sealed):
    """Invariant 47."""
    start = threading.Barrier(54)

    def write() -> None:
        start.wait()
        with transaction.atomic():
            events.record("organisation.note", sealed, SYSTEM)
        connections.close_all()

    def seal() -> None:
        start.wait()
        for _turn in range(5):
            chain.seal_events()
        connections.close_all()

    workers = [threading.Thread(target=write) for _ in range(50)] + [threading.Thread(target=seal) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    chain.seal_events()
    assert list(chain.breaks()) == []
    assert EventSeal.objects.order_by("-id")[0].total == Event.objects.count()
