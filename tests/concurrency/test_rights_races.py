"""Races on the rights register, each with its control: with the guard off the race is real, with it on it is over.

Numbers are those of the guarantees: 1 one exclusive disposal, 2 no overlap, 3 bundles whole, 4 and 5 pledge against
sale, 6 one pledge, 7 consent against publication, 9 one licence for each taker.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import connection, transaction

from listings.catalogue.models import Listing
from listings.catalogue.services import listings as listing_service
from listings.catalogue.states import PUBLIC, ListingState
from listings.rights import checking
from listings.rights.checking import check
from listings.rights.models import Entry, Reservation
from listings.rights.refusals import (
    AlreadyPledged,
    LicencesClash,
    RightReserved,
    RightsRefused,
    SharesExceedOne,
    TakenAlready,
)
from listings.rights.services import consents, entries, licences, pledges, reservations
from listings.rights.states import Act, ConsentKind, EntryKind, LicenceType, Source
from marketplace.core import clock
from marketplace.core.errors import Busy, DomainError
from tests import cast
from tests.catalogue.makers import a_listing, a_right, bring_listing
from tests.rights.makers import a_paper, a_subject, licensed, owned, pledged, who

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 20
REFUSED = (RightReserved, RightsRefused, LicencesClash, AlreadyPledged, TakenAlready, SharesExceedOne, Busy)


def race(*jobs: Callable[[], object]) -> list[BaseException | None]:
    """Run the jobs at one moment, each in its own thread and connection; what each ended with, None for done."""
    start = threading.Barrier(len(jobs))
    ends: list[BaseException | None] = [None] * len(jobs)

    def run(at: int, job: Callable[[], object]) -> None:
        try:
            start.wait(30)
            job()
        except Exception as error:
            ends[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at, job)) for at, job in enumerate(jobs)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    for error in ends:
        if error is not None and not isinstance(error, REFUSED):
            raise error
    return ends


def done(ends: list[BaseException | None]) -> int:
    return sum(end is None for end in ends)


@contextmanager
def without(model: type, *names: str) -> Iterator[None]:
    """The database without these constraints; they come back, on empty tables, at the end."""
    kept = [one for one in model._meta.constraints if one.name in names]  # type: ignore[attr-defined]
    assert len(kept) == len(names)
    with connection.schema_editor() as editor:
        for one in kept:
            editor.remove_constraint(model, one)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE rights_entry, rights_reservation CASCADE")
        with connection.schema_editor() as editor:
            for one in kept:
                editor.add_constraint(model, one)


@contextmanager
def without_share_trigger() -> Iterator[None]:
    name = entries._share_trigger()
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE rights_entry DISABLE TRIGGER "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE rights_entry CASCADE")
            cursor.execute(f'ALTER TABLE rights_entry ENABLE TRIGGER "{name}"')


@pytest.fixture(autouse=True)
def everybody_is_there() -> None:
    """The cast, before threads ask for it."""
    for part in (cast.ines, cast.bo, cast.lena, cast.ops):
        part()


@pytest.fixture
def unlocked(monkeypatch) -> None:
    """Locks that lock nothing: whoever comes, comes in."""
    for module in (checking, reservations, licences):
        monkeypatch.setattr(module, "lock_rights", lambda ids: None)

    @contextmanager
    def no_lock(model, pk):
        with transaction.atomic():
            yield model.objects.get(pk=pk)

    for module in (entries, consents):
        monkeypatch.setattr(module, "locked", no_lock)


@pytest.fixture
def together(monkeypatch) -> Callable[[int], None]:
    """Make all who check wait until everybody has checked, so that each decides before anybody writes."""

    def meet(count: int) -> None:
        everybody = threading.Barrier(count)

        def check_and_wait(*given, **more):
            verdict = check(*given, **more)
            verdict.demand()
            everybody.wait(30)
            return verdict

        for module in (pledges, licences):
            monkeypatch.setattr(module, "check", check_and_wait)
        monkeypatch.setattr(f"{__name__}._ask", check_and_wait)

    return meet


_ask = check


def promise(asset_ids: list[int], act: Act = Act.ASSIGN) -> Callable[[], object]:
    """A deal that checks and speaks for its rights, as an acceptance does."""
    deal, by = a_subject(), cast.ines().actor

    def job() -> object:
        with transaction.atomic():
            _ask(asset_ids, act, holder_id=by.acts_for, subject=deal, lock=True).demand()
            return reservations.reserve(asset_ids, subject=deal, act=act, by=by)

    return job


def pledge(right) -> Callable[[], object]:
    """A loan whose pledge is registered."""
    loan, by = a_subject("loans.loan"), cast.lena().actor
    return lambda: pledged(right, subject=loan, by=by, source=Source.MARKET)


# ── 1: one exclusive disposal ────────────────────────────────────────────────────────────────────────────────────────
def test_control_without_the_constraint_many_deals_are_promised_one_right(unlocked, together):
    right = a_right()
    together(4)
    with without(Reservation, "live_reservations_agree_with_each_other"):
        assert done(race(*(promise([right.pk]) for _ in range(4)))) > 1


@pytest.mark.parametrize("guarded_by", ["lock and constraint", "constraint alone"])
def test_one_of_many_deals_is_promised_a_right(guarded_by, request):
    if guarded_by == "constraint alone":
        request.getfixturevalue("unlocked")
    right = a_right()

    assert done(race(*(promise([right.pk]) for _ in range(MANY)))) == 1
    assert Reservation.objects.live().filter(asset=right).count() == 1


# ── 2: no two shutting licences of one place, field and time ─────────────────────────────────────────────────────────
def grant(right, licence_type: str) -> Callable[[], object]:
    ops = cast.ops().actor
    return lambda: licensed(right, licence_type, by=ops)


def test_control_without_the_constraint_exclusive_licences_overlap(unlocked):
    right = a_right()
    with without(Entry, "shutting_licences_do_not_overlap"):
        assert done(race(*(grant(right, LicenceType.EXCLUSIVE) for _ in range(4)))) == 4


def test_one_of_many_exclusive_licences_is_recorded():
    right = a_right()
    kinds = [LicenceType.EXCLUSIVE, LicenceType.SOLE] * 5

    assert done(race(*(grant(right, kind) for kind in kinds))) == 1
    assert Entry.objects.filter(asset=right, kind=EntryKind.LICENCE).count() == 1


# ── 3: bundles ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_control_without_the_constraint_two_bundles_share_a_right(unlocked, together):
    p, q, r = (a_right().pk for _ in range(3))
    together(2)
    with without(Reservation, "live_reservations_agree_with_each_other"):
        assert done(race(promise([p, q]), promise([q, r]))) == 2


@pytest.mark.parametrize("turn", range(4))
def test_of_two_bundles_that_share_a_right_one_is_promised_whole_and_the_other_not_at_all(turn):
    p, q, r = (a_right().pk for _ in range(3))

    assert done(race(promise([p, q]), promise([r, q]))) == 1
    held = set(Reservation.objects.live().values_list("asset_id", flat=True))
    assert held in ({p, q}, {q, r})


# ── 4 and 5: pledge against sale ─────────────────────────────────────────────────────────────────────────────────────
def test_control_without_guards_a_right_is_pledged_and_sold_at_once(unlocked, together):
    right = a_right()
    together(2)
    with without(Reservation, "live_reservations_agree_with_each_other"):
        assert done(race(pledge(right), promise([right.pk]))) == 2


@pytest.mark.rule("PLG-NO-TRANSFER", "PLG-REFUSE-09")
@pytest.mark.parametrize("turn", range(4))
def test_a_right_is_pledged_or_sold_and_never_both(turn):
    """Two tables are written here, so the lock of the right is the guard: whoever comes second sees the first."""
    right = a_right()
    jobs = [pledge(right), promise([right.pk])]

    assert done(race(*(jobs if turn % 2 else reversed(jobs)))) == 1
    is_pledged = Entry.objects.live().filter(asset=right, kind=EntryKind.PLEDGE).exists()
    is_sold = Reservation.objects.live().filter(asset=right, act=Act.ASSIGN).exists()
    assert is_pledged != is_sold


# ── 6: one pledge ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_control_without_the_constraint_a_right_is_pledged_twice(unlocked):
    right, ops = a_right(), cast.ops().actor
    with without(Entry, "one_live_pledge_per_asset"):
        assert done(race(*(lambda: pledged(right, by=ops) for _ in range(3)))) == 3


@pytest.mark.rule("PLG-REFUSE-09")
def test_one_of_many_pledges_is_registered():
    right, ops = a_right(), cast.ops().actor

    assert done(race(*(lambda: pledged(right, by=ops) for _ in range(8)))) == 1
    assert Entry.objects.live().filter(asset=right, kind=EntryKind.PLEDGE).count() == 1


# ── 7: consent against publication ───────────────────────────────────────────────────────────────────────────────────
def a_shared_listing():
    """Ines and Bo own the right by halves; Bo agreed, and the listing waits for the desk."""
    right, ines, bo = a_right(), cast.ines(), cast.bo()
    owned(right, (ines, (1, 2)), (bo, (1, 2)))
    listing = a_listing(ListingState.DRAFT, assets=[right])
    given = consents.give_consent(
        asset_id=right.pk,
        kind=ConsentKind.CO_OWNER,
        acts=[Act.ASSIGN],
        by=bo.actor,
        subject=("catalogue.listing", listing.pk),
    )
    bring_listing(listing.pk, ListingState.IN_REVIEW, ines)
    return listing, given


def publish_against_revocation(monkeypatch) -> Listing:
    """Bo takes consent back just after the guard of publication has looked and before it is written."""
    listing, given = a_shared_listing()
    looked = threading.Event()
    walk = listing_service.lifecycle.walk

    def slow(graph, subject, verb, **more):
        event = walk(graph, subject, verb, **more)
        if verb == "publish":
            looked.set()
            time.sleep(0.5)
        return event

    monkeypatch.setattr(listing_service.lifecycle, "walk", slow)
    ops, bo = cast.ops().actor, cast.bo().actor

    def revoke() -> None:
        looked.wait(30)
        consents.revoke_consent(consent_id=given.pk, by=bo)

    race(lambda: listing_service.publish_listing(listing_id=listing.pk, by=ops), revoke)
    given.refresh_from_db()
    assert given.revoked_at is not None
    listing.refresh_from_db()
    return listing


def test_control_without_the_lock_a_listing_goes_live_without_consent(unlocked, monkeypatch):
    assert publish_against_revocation(monkeypatch).state in PUBLIC


@pytest.mark.rule("PAT-COOWN-ALL")
def test_a_listing_is_never_live_without_every_consent(monkeypatch):
    assert publish_against_revocation(monkeypatch).state == ListingState.SUSPENDED


# ── 9: open licences ─────────────────────────────────────────────────────────────────────────────────────────────────
def takers(count: int) -> list[Callable[[], object]]:
    """The same organisation takes the same open licence several times at once, each with a deal of its own."""
    right, ines, bo = a_right(), cast.ines(), cast.bo()
    licences.declare_open(
        asset_id=right.pk,
        owner=who(ines),
        by=ines.actor,
        subject=a_subject("catalogue.listing"),
        starts_on=clock.today(),
        ends_on=clock.today() + timedelta(days=365),
        note_zh="每年五万元",
    )
    notice = a_paper().pk

    def take(deal: tuple[str, int]) -> Callable[[], object]:
        return lambda: licences.take_open_licence(
            asset_id=right.pk,
            taker=who(bo),
            by=bo.actor,
            notice_id=notice,
            noticed_on=clock.today(),
            paid_on=clock.today(),
            subject=deal,
        )

    return [take(a_subject()) for _ in range(count)]


def test_control_without_the_constraint_a_taker_has_two_licences(unlocked, together):
    jobs = takers(2)
    together(2)
    with without(Entry, "one_open_licence_per_taker_and_declaration"):
        assert done(race(*jobs)) == 2


@pytest.mark.rule("OL-FORM")
def test_a_taker_has_one_licence_however_often_it_asks_at_once():
    assert done(race(*takers(8))) == 1
    assert Entry.objects.filter(licence_type=LicenceType.OPEN).count() == 1


# ── shares ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_control_without_the_trigger_owners_hold_more_than_the_right(unlocked):
    right = a_right()
    with without_share_trigger():
        assert done(race(*(lambda name=name: owned(right, (name, (2, 3))) for name in "甲乙"))) == 2
        assert sum_of_shares(right) == Fraction(4, 3)


def test_owners_who_come_at_once_never_hold_more_than_the_right(unlocked):
    """The locks are off: the trigger alone makes them take turns."""
    right = a_right()

    assert done(race(*(lambda name=name: owned(right, (name, (2, 3))) for name in "甲乙丙"))) == 1
    assert sum_of_shares(right) == Fraction(2, 3)


def sum_of_shares(right) -> Fraction:
    found = Entry.objects.filter(asset=right, kind=EntryKind.OWNERSHIP)
    return sum((Fraction(one.share_numerator, one.share_denominator) for one in found), Fraction(0))


def test_every_refusal_here_is_one_a_user_can_act_on():
    assert all(issubclass(one, DomainError) for one in REFUSED)
