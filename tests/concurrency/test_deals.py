"""A dispute and a release at the same moment: one wins, the other is refused (invariant 25), and the control.

The release is stopped between its guard and its journal until the dispute had its chance. With the deal's lock the
dispute waits, then finds nothing held and is refused. With the lock taken away both happen: the race is real.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections, transaction

from listings.deals.models import Deal, Dispute
from listings.deals.services import closing, disputes, filings
from listings.deals.states import DealState
from marketplace.core import locks
from marketplace.core.errors import DomainError
from marketplace.payments.models import Release
from tests import cast
from tests.deals import stages

pytestmark = pytest.mark.django_db(transaction=True)
CHANCE_S = 1.5


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"


@contextmanager
def unlocked(wanted: Any) -> Iterator[list[Any]]:
    """What `locked_all` would be if somebody forgot to lock."""
    with transaction.atomic():
        yield [model._default_manager.get(pk=pk) for model, pk in wanted]


def race(monkeypatch: pytest.MonkeyPatch) -> tuple[Deal, list[str]]:
    """Release and dispute together on one deal; returns it and who was refused."""
    deal = stages.paid(stages.signed(stages.agreed()))
    filing = stages.evidenced(deal)
    desk, buyer = cast.ops().actor, cast.bo().actor
    about_to_release, dispute_had_its_chance = threading.Event(), threading.Event()
    refused: list[str] = []
    release = closing._release

    def late(*given: Any) -> None:
        about_to_release.set()
        dispute_had_its_chance.wait(CHANCE_S)
        release(*given)

    monkeypatch.setattr(closing, "_release", late)

    def run(name: str, act: Any) -> None:
        try:
            act()
        except DomainError as error:
            refused.append(f"{name}: {error.code}")
        finally:
            connections.close_all()

    def dispute() -> None:
        about_to_release.wait(10)
        try:
            disputes.raise_dispute(deal_id=deal.pk, complaint="范围不符", by=buyer)
        finally:
            dispute_had_its_chance.set()

    workers = [
        threading.Thread(target=run, args=("release", lambda: filings.approve_evidence(filing_id=filing.pk, by=desk))),
        threading.Thread(target=run, args=("dispute", dispute)),
    ]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    return Deal.objects.get(pk=deal.pk), refused


def test_without_the_lock_both_happen(monkeypatch):
    """The control: money leaves although a dispute is open."""
    monkeypatch.setattr(locks, "locked_all", unlocked)
    for place in (filings, disputes):
        monkeypatch.setattr(place, "locked_all", unlocked)
    deal, refused = race(monkeypatch)
    assert refused == []
    assert Release.objects.count() == 1 and Dispute.objects.unsettled().count() == 1
    assert deal.state == DealState.RELEASING


def test_a_dispute_and_a_release_never_both_happen(monkeypatch):
    deal, refused = race(monkeypatch)
    assert deal.state == DealState.RELEASING
    assert refused == ["dispute: nothing_to_dispute"]
    assert Release.objects.count() == 1 and not Dispute.objects.exists()


def test_after_a_dispute_the_release_waits(monkeypatch):
    deal = stages.paid(stages.signed(stages.agreed()))
    disputes.raise_dispute(deal_id=deal.pk, complaint="范围不符", by=cast.bo().actor)
    filing = stages.evidenced(deal)
    filings.approve_evidence(filing_id=filing.pk, by=cast.ops().actor)
    assert not Release.objects.exists()
    assert Deal.objects.get(pk=deal.pk).state == DealState.RECORDING
