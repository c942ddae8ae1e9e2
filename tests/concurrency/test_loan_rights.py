"""A loan's acceptance and a deal's over one patent, at one moment: one wins (and the control without the guard).

Pledging a patent that is under offer and offering one that is being pledged are the same race seen from two sides: both
speak for the right in the transaction that accepts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections

from listings.deals.models import Deal
from listings.deals.services import offers
from listings.deals.services.offers import accept_offer, make_offer
from listings.rights import checking
from listings.rights.models import Reservation
from listings.rights.services import reservations
from loans.models import Application
from loans.services import contracting
from loans.states.application import ApplicationState
from marketplace.core.errors import DomainError
from marketplace.core.locks import locked_all
from tests import cast
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages as deals
from tests.loans import stages

pytestmark = pytest.mark.django_db(transaction=True)
EXCLUSION = "live_reservations_agree_with_each_other"


@pytest.fixture(autouse=True)
def own_place(settings, tmp_path):
    settings.RUN_DIR = tmp_path / "run"


def both_ready() -> tuple[Application, Callable[[], object], Callable[[], object]]:
    """An offer of a loan on a patent, and an offer to buy it, both about to be accepted by its owner."""
    ines, bo = cast.ines(), cast.bo()
    right = a_right(ines)
    listing = a_listing(by=ines, assets=[right])
    talks = deals.talks(listing)
    offer = make_offer(negotiation_id=talks.pk, by=bo.actor, terms=deals.terms(listing))
    application = stages.offered(ines, right)
    return (
        application,
        lambda: contracting.accept(application_id=application.pk, by=ines.actor),
        lambda: accept_offer(negotiation_id=talks.pk, version=offer.version, by=ines.actor),
    )


def race(*jobs: Callable[[], object]) -> list[str]:
    """Run both at one moment; the code of each refusal."""
    start, refused = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        try:
            start.wait(30)
            job()
        except DomainError as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    return refused


def test_one_of_a_loan_and_a_sale_gets_the_patent() -> None:
    application, pledge, sell = both_ready()
    refused = race(pledge, sell)
    assert len(refused) == 1
    promised = Reservation.objects.live().get()
    is_pledged = stages.now(application).state == ApplicationState.ACCEPTED
    assert is_pledged != Deal.objects.exists()
    assert promised.subject_kind == ("loans.application" if is_pledged else "deals.deal")


def test_without_the_guards_both_get_it(monkeypatch) -> None:
    """The control: no locks on the right, no constraint on promises, and both ask before either writes."""
    application, pledge, sell = both_ready()
    everybody = threading.Barrier(2)

    @contextmanager
    def rights_unlocked(wanted: Any, *, held: Any = ()) -> Iterator[list[Any]]:
        with locked_all([one for one in wanted if one[0]._meta.label_lower != "assets.asset"]) as rows:
            yield rows

    def after_the_other(write: Callable[..., Any]) -> Callable[..., Any]:
        def waited(*given: Any, **more: Any) -> Any:
            everybody.wait(30)
            return write(*given, **more)

        return waited

    for module in (contracting, offers):
        monkeypatch.setattr(module, "locked_all", rights_unlocked)
    for module in (checking, reservations):
        monkeypatch.setattr(module, "lock_rights", lambda ids: None)
    monkeypatch.setattr(contracting, "reserve", after_the_other(contracting.reserve))
    monkeypatch.setattr(offers, "reserve_first", after_the_other(offers.reserve_first))
    kept = next(one for one in Reservation._meta.constraints if one.name == EXCLUSION)
    with connection.schema_editor() as editor:
        editor.remove_constraint(Reservation, kept)
    try:
        assert race(pledge, sell) == []
        assert Reservation.objects.live().count() == 2
        assert stages.now(application).state == ApplicationState.ACCEPTED and Deal.objects.exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE rights_reservation CASCADE")
        with connection.schema_editor() as editor:
            editor.add_constraint(Reservation, kept)
