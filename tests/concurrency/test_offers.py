"""Races over offers on a real PostgreSQL: many threads, each with its own connection, a barrier, and a control.

Invariants 1, 3, 10, 11, 12, 13, 17 and 19. Each control takes the guard away and shows that the race is real.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from listings.brokers.services import mandates
from listings.catalogue.models import ListedAsset
from listings.deals.graphs.talks import OFFER_GRAPH
from listings.deals.models import Deal, Negotiation, Offer, SealedOffer
from listings.deals.services import offers, sealed
from listings.deals.talks.states import OfferState
from listings.rights.models import Reservation
from marketplace.core import locks
from marketplace.core.errors import DomainError
from marketplace.core.lifecycle import take_timed_step
from marketplace.core.models import Event
from tests import cast
from tests.brokers.makers import a_proposal, zhou
from tests.catalogue import makers
from tests.deals.talks import a_negotiation, a_sealed_listing, an_offer, terms, until_expired

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
THREADS = 12


def race(*jobs: Callable[[], Any]) -> list[Any]:
    """All jobs at once behind a barrier, each on its own connection: what each returned, or the error it ended with."""
    ends: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(at: int, job: Callable[[], Any]) -> None:
        try:
            start.wait(30)
            ends[at] = job()
        except Exception as error:
            ends[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at, job)) for at, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return ends


def wins(ends: list[Any]) -> int:
    return sum(not isinstance(end, Exception) for end in ends)


def only_refusals(ends: list[Any]) -> None:
    """Whoever lost was told why, in words."""
    assert not [end for end in ends if isinstance(end, Exception) and not isinstance(end, DomainError)], ends


@contextmanager
def unlocked(model: type, pk: int) -> Iterator[Any]:
    """What `locked` would be without its lock."""
    with transaction.atomic():
        yield model.objects.get(pk=pk)


@contextmanager
def all_unlocked(wanted: Any, **held: Any) -> Iterator[list[Any]]:
    with transaction.atomic():
        yield [model.objects.get(pk=pk) for model, pk in wanted]


@contextmanager
def without(table: str, name: str) -> Iterator[None]:
    """The database without one index or constraint, put back afterwards as it was, on emptied rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
        row = cursor.fetchone()
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        constraint = cursor.fetchone()
        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"' if constraint else f'DROP INDEX "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'TRUNCATE "{table}" CASCADE')
            cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {constraint[0]}' if constraint else row[0])


def slowly(act: Callable[..., Any], pause: float = 0.15) -> Callable[..., Any]:
    """The same act, which lingers after it looked: what makes an unguarded race certain rather than likely."""

    def lingering(*args: Any, **kwargs: Any) -> Any:
        done = act(*args, **kwargs)
        time.sleep(pause)
        return done

    return lingering


def buyers(count: int) -> list[cast.Part]:
    return [
        cast._part(f"r{n}@buyer.test", f"R{n}", "enterprise", f"竞争者{n}有限公司", f"Racer {n} Ltd.")
        for n in range(count)
    ]


def accepting(negotiation_id: int) -> Callable[[], Offer]:
    """Ines accepts version 1 of these talks."""
    actor = cast.ines().actor
    return lambda: offers.accept_offer(negotiation_id=negotiation_id, version=1, by=actor)


def standing_offers(count: int, listing: Any) -> list[Offer]:
    return [
        an_offer(a_negotiation(listing=listing, buyer=part), by=part, price=Decimal(f"{4_000_000 + n}.00"))
        for n, part in enumerate(buyers(count))
    ]


# ── invariant 10: one standing version ───────────────────────────────────────────────────────────────────────────────
def counters(talks: Negotiation, count: int) -> list[Callable[[], Offer]]:
    actors = [cast.ines().actor, cast.bo().actor]

    def job(n: int) -> Callable[[], Offer]:
        return lambda: offers.make_offer(
            negotiation_id=talks.pk, by=actors[n % 2], terms=terms(price=Decimal(f"{n + 1}.00")), answers=1
        )

    return [job(n) for n in range(count)]


def test_of_many_counters_to_one_version_one_wins_and_the_others_are_stale():
    first = an_offer()
    ends = race(*counters(first.negotiation, THREADS))
    only_refusals(ends)
    assert wins(ends) == 1
    told = Counter(type(end).__name__ for end in ends if isinstance(end, Exception))
    assert set(told) <= {"OfferStale", "Busy"} and told["OfferStale"] > 0
    assert Offer.objects.filter(negotiation=first.negotiation).standing().count() == 1
    assert Offer.objects.count() == 2


def test_control_without_lock_and_index_several_versions_stand(monkeypatch):
    monkeypatch.setattr(offers, "locked", unlocked)
    monkeypatch.setattr(offers, "demand_part", slowly(offers.demand_part))
    talks = a_negotiation()
    with (
        without("deals_offer", "one_standing_offer_per_negotiation"),
        without("deals_offer", "one_offer_per_negotiation_and_version"),
    ):
        ends = race(
            *(
                lambda n=n: offers.make_offer(
                    negotiation_id=talks.pk, by=cast.bo().actor, terms=terms(price=Decimal(f"{n + 1}.00"))
                )
                for n in range(4)
            )
        )
        assert wins(ends) > 1 and Offer.objects.standing().count() > 1


def test_without_the_lock_the_index_alone_still_leaves_one(monkeypatch):
    monkeypatch.setattr(offers, "locked", unlocked)
    talks = a_negotiation()
    race(
        *(
            lambda n=n: offers.make_offer(
                negotiation_id=talks.pk, by=cast.bo().actor, terms=terms(price=Decimal(f"{n + 1}.00"))
            )
            for n in range(6)
        )
    )
    assert Offer.objects.standing().count() == 1


# ── invariant 11: nobody agrees to a price nobody last stated ────────────────────────────────────────────────────────
def test_counter_against_accept_ends_in_one_of_the_two():
    outcomes: Counter[str] = Counter()
    for _ in range(10):
        offer = an_offer(a_negotiation(listing=makers.a_listing()))
        pk, bo, ines = offer.negotiation_id, cast.bo().actor, cast.ines().actor
        ends = race(
            lambda pk=pk, by=ines: offers.accept_offer(negotiation_id=pk, version=1, by=by),
            lambda pk=pk, by=bo: offers.make_offer(
                negotiation_id=pk, by=by, terms=terms(price=Decimal("9.00")), answers=1
            ),
        )
        only_refusals(ends)
        assert wins(ends) == 1, ends
        last = Offer.objects.filter(negotiation=pk).order_by("-version")[0]
        deal = Deal.objects.filter(offer__negotiation=pk).first()
        if deal is None:
            assert (last.version, last.state) == (2, OfferState.STANDING)
        else:
            assert deal.offer == last and deal.price == last.price == Decimal("4600000.00")
        outcomes["accepted" if deal else "countered"] += 1
    assert sum(outcomes.values()) == 10


@contextmanager
def without_triggers(table: str) -> Iterator[None]:
    """The table without its triggers, put back afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def accept_while_a_counter_comes(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Ines has looked at version 1 and not decided yet, without a lock, when Bo replaces it."""
    monkeypatch.setattr(offers, "locked_all", all_unlocked)
    monkeypatch.setattr(offers, "locked", unlocked)
    looked, replaced = threading.Event(), threading.Event()
    look = offers._named

    def lingering(*args: Any) -> Offer:
        found = look(*args)
        looked.set()
        replaced.wait(60)
        return found

    monkeypatch.setattr(offers, "_named", lingering)

    def counters() -> None:
        looked.wait(60)
        offers.make_offer(
            negotiation_id=offer.negotiation_id, by=cast.bo().actor, terms=terms(price=Decimal("9.00")), answers=1
        )
        replaced.set()

    return race(
        lambda: offers.accept_offer(negotiation_id=offer.negotiation_id, version=1, by=cast.ines().actor), counters
    )


def test_control_without_lock_and_trigger_an_older_price_is_agreed_to(monkeypatch):
    offer = an_offer()
    with without_triggers("deals_offer"):
        accept_while_a_counter_comes(offer, monkeypatch)
        assert Deal.objects.get().price != Offer.objects.order_by("-version")[0].price


def test_without_the_lock_the_trigger_alone_still_refuses_the_older_price(monkeypatch):
    ends = accept_while_a_counter_comes(an_offer(), monkeypatch)
    assert isinstance(ends[0], DatabaseError) and ends[1] is None
    assert not Deal.objects.exists()


# ── invariants 1, 3, 12: a right is promised once ────────────────────────────────────────────────────────────────────
def test_of_many_acceptances_on_one_right_one_wins():
    made = standing_offers(THREADS, makers.a_listing())
    ines = cast.ines().actor
    ends = race(
        *(lambda pk=one.negotiation_id: offers.accept_offer(negotiation_id=pk, version=1, by=ines) for one in made)
    )
    only_refusals(ends)
    assert wins(ends) == 1 and Deal.objects.count() == 1
    assert Reservation.objects.live().count() == 1
    accepted = Event.objects.filter(kind="offer.accept").values_list("subject_id", flat=True)
    assert list(accepted) == [Deal.objects.get().offer_id], "the record replays to the final state"


def test_bundles_that_share_a_right_are_sold_whole_or_not_at_all():
    for _ in range(4):
        p, q, r = (makers.a_right() for _n in range(3))
        one, two = makers.a_listing(assets=[p, q]), makers.a_listing(assets=[r])
        ListedAsset.objects.create(listing=two, asset=q, position=1)  # as if it had slipped through the review
        pair = [
            an_offer(a_negotiation(listing=listing, buyer=part), by=part)
            for listing, part in zip((one, two), buyers(2), strict=True)
        ]
        ends = race(
            *(
                lambda pk=one.negotiation_id: offers.accept_offer(negotiation_id=pk, version=1, by=cast.ines().actor)
                for one in pair
            )
        )
        only_refusals(ends)
        assert wins(ends) == 1, ends
        deal = Deal.objects.get(offer__in=pair)
        held = Reservation.objects.live().filter(asset__in=[p, q, r])
        assert sorted(held.values_list("asset_id", flat=True)) == deal.offer.asset_ids


def test_control_without_locks_and_constraint_a_right_is_promised_twice(monkeypatch):
    made = standing_offers(4, makers.a_listing())
    ines = cast.ines().actor
    from listings.rights.services import reservations

    monkeypatch.setattr(offers, "locked_all", all_unlocked)
    monkeypatch.setattr(offers, "ask_register", slowly(offers.ask_register, 0.5))
    monkeypatch.setattr(offers, "_mark_reserved", lambda listing, rights: None)
    monkeypatch.setattr(reservations, "lock_rights", lambda ids: None)
    name = next(one.name for one in Reservation._meta.constraints if "exclu" in type(one).__name__.lower())
    with without(Reservation._meta.db_table, name):
        ends = race(
            *(lambda pk=one.negotiation_id: offers.accept_offer(negotiation_id=pk, version=1, by=ines) for one in made)
        )
        assert wins(ends) > 1 and Deal.objects.count() > 1, ends


# ── invariant 13: expiry and acceptance ──────────────────────────────────────────────────────────────────────────────
def test_expiry_against_acceptance_has_one_outcome():
    seen = set()
    for n in range(6):
        talks, ines = a_negotiation(listing=makers.a_listing()), cast.ines().actor
        until = timezone.now() + timedelta(seconds=2.5)
        offer = an_offer(talks, valid_until=until)

        def accepts(pk: int = offer.negotiation_id, n: int = n, until: Any = until, by: Any = ines) -> Any:
            wait = (until - timezone.now()).total_seconds() + (n - 3) * 0.02
            time.sleep(max(wait, 0))
            return offers.accept_offer(negotiation_id=pk, version=1, by=by)

        def expires(pk: int = offer.pk, until: Any = until) -> None:
            time.sleep(max((until - timezone.now()).total_seconds(), 0))
            for _try in range(50):
                with contextlib.suppress(DomainError):
                    take_timed_step(OFFER_GRAPH, pk, "expire")
                    break
                time.sleep(0.01)

        race(accepts, expires)
        state = Offer.objects.get(pk=offer.pk).state
        has_deal = Deal.objects.filter(offer=offer).exists()
        assert (state, has_deal) in {(OfferState.ACCEPTED, True), (OfferState.EXPIRED, False)}
        if has_deal:
            told = Event.objects.get(kind="offer.accept", subject_id=offer.pk)
            assert told.at < until + timedelta(seconds=1)
        seen.add(state)
    assert OfferState.EXPIRED in seen


def test_control_without_the_databases_clock_an_expired_offer_is_accepted(monkeypatch):
    offer = an_offer(valid_until=timezone.now() + timedelta(seconds=8))
    until_expired(offer)
    present, before = offers._present, offer.valid_until - timedelta(seconds=1)
    monkeypatch.setattr(offers, "_present", lambda pk: present(pk)._replace(moment=before))
    offers.accept_offer(negotiation_id=offer.negotiation_id, version=1, by=cast.ines().actor)
    assert Deal.objects.exists()


# ── invariant 17: exclusive mandates ─────────────────────────────────────────────────────────────────────────────────
def proposals(count: int) -> list[tuple[int, Any]]:
    found = []
    for n in range(count):
        broker = zhou(f"broker{n}")
        found.append((a_proposal(broker=broker, is_exclusive=True).pk, broker.actor))
    return found


def test_of_many_exclusive_mandates_one_comes_into_force():
    ends = race(
        *(lambda pk=pk, by=by: mandates.accept_mandate(mandate_id=pk, by=by) for pk, by in proposals(THREADS // 2))
    )
    only_refusals(ends)
    assert wins(ends) == 1


def test_control_without_the_constraint_several_do():
    made = proposals(3)
    with without("brokers_mandate", "one_exclusive_mandate_per_client_scope_and_period"):
        ends = race(*(lambda pk=pk, by=by: mandates.accept_mandate(mandate_id=pk, by=by) for pk, by in made))
        assert wins(ends) > 1


# ── invariant 19: sealed offers ──────────────────────────────────────────────────────────────────────────────────────
def a_round(seconds: float) -> Any:
    listing = a_sealed_listing(timezone.now() + timedelta(seconds=seconds))
    return sealed.begin_round(listing_id=listing.pk, by=cast.ines().actor, passphrase="correct horse battery staple")


def test_many_sealed_offers_at_once_are_in_sequence_and_the_best_valid_one_is_first():
    found = a_round(25)
    parts = buyers(8)
    talks = [a_negotiation(listing=found.listing, buyer=part) for part in parts]

    def job(n: int) -> Callable[[], SealedOffer]:
        price = Decimal(f"{1_000_000 + (n % 5) * 1000}.00")
        return lambda: sealed.hand_in(negotiation_id=talks[n].pk, by=parts[n].actor, terms=terms(price=price))

    ends = race(*(job(n) for n in range(8)))
    assert wins(ends) == 8, ends
    assert sorted(SealedOffer.objects.values_list("sequence", flat=True)) == list(range(1, 9))
    while timezone.now() < found.closes_at:
        time.sleep(0.1)
    late = race(*(job(n) for n in range(4)))
    only_refusals(late)
    assert wins(late) == 0
    sealed.approve_opening(round_id=found.pk, by=cast.ops().actor)
    ranked = sealed.approve_opening(round_id=found.pk, by=cast.ines().actor, passphrase="correct horse battery staple")
    keys = [(-one.terms.price, one.sealed.sequence) for one in ranked]
    assert keys == sorted(keys) and len(ranked) == 8


def test_control_without_the_lock_two_sealed_offers_want_the_same_place(monkeypatch):
    found = a_round(60)
    parts = buyers(4)
    talks = [a_negotiation(listing=found.listing, buyer=part) for part in parts]
    monkeypatch.setattr(sealed, "locked_all", all_unlocked)
    monkeypatch.setattr(sealed, "demand_part", slowly(sealed.demand_part, 0.5))
    ends = race(
        *(lambda n=n: sealed.hand_in(negotiation_id=talks[n].pk, by=parts[n].actor, terms=terms()) for n in range(4))
    )
    assert any(isinstance(end, IntegrityError | OperationalError) for end in ends)


def test_locks_are_what_the_services_take():
    """The controls replace these names; if a service took its locks elsewhere they would prove nothing."""
    assert offers.locked is locks.locked and offers.locked_all is locks.locked_all
    assert sealed.locked_all is locks.locked_all
