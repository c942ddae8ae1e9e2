"""The record of decisions replays to what is there (invariant 12), after a storm of them from many threads at once.

Every event of a state names what was before and what is after. Replayed in the order of their numbers, each must begin
where the one before it ended, and the last must end where the row stands. The control takes lock and triggers away:
then two decisions begin at the same state, and the record tells two stories.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from listings.catalogue.models import Listing
from listings.deals.models import Negotiation, Offer
from listings.deals.services import offers
from marketplace.core.errors import DomainError
from marketplace.core.models import Event, Stateful
from tests import cast
from tests.catalogue import makers
from tests.concurrency.test_offers import (
    accepting,
    all_unlocked,
    buyers,
    only_refusals,
    race,
    slowly,
    unlocked,
    wins,
    without_triggers,
)
from tests.deals.talks import a_negotiation, an_offer, terms

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
DECISIONS = 24


def replays(model: type[Stateful]) -> list[str]:
    """Where the record of a model's rows does not lead to what is there."""
    label, stands, wrong = model._meta.label_lower, {}, []
    for event in Event.objects.filter(subject_kind=label).exclude(after="").order_by("id"):
        if event.before != stands.get(event.subject_id, ""):
            wrong.append(f"{event.kind} #{event.subject_id}: from {event.before}, stood {stands.get(event.subject_id)}")
        stands[event.subject_id] = event.after
    there = dict(model._default_manager.values_list("pk", "state"))
    return [*wrong, *(f"#{pk}: {stands.get(pk)} is {state}" for pk, state in there.items() if stands.get(pk) != state)]


def a_storm(listing: Listing, dice: random.Random) -> list[Callable[[], Any]]:
    """Offers, answers, withdrawals, rejections and acceptances on one listing, by four buyers and the holder."""
    holder = cast.ines().actor
    pairs = [(a_negotiation(listing=listing, buyer=part), part.actor) for part in buyers(4)]
    for talks, _buyer in pairs:
        an_offer(talks, by=cast.ines(), price=Decimal("5000000.00"))

    def decision() -> Callable[[], Any]:
        talks, buyer = dice.choice(pairs)
        by, seen = dice.choice([holder, buyer]), dice.choice([1, 1, 2])
        price = Decimal(dice.randrange(4_000_000, 5_000_000)).quantize(Decimal("0.01"))
        acts: list[Callable[[], Any]] = [
            lambda: offers.make_offer(negotiation_id=talks.pk, by=by, terms=terms(price=price), answers=seen),
            lambda: offers.withdraw_offer(negotiation_id=talks.pk, version=seen, by=by),
            lambda: offers.reject_offer(negotiation_id=talks.pk, version=seen, by=by),
            lambda: offers.accept_offer(negotiation_id=talks.pk, version=seen, by=by),
        ]
        return dice.choice(acts)

    return [decision() for _ in range(DECISIONS)]


@pytest.mark.parametrize("seed", range(3))
def test_the_record_of_a_storm_replays_to_what_is_there(seed: int) -> None:
    listing = makers.a_listing()
    ends = race(*a_storm(listing, random.Random(seed)))
    only_refusals(ends)
    assert 0 < wins(ends) < DECISIONS, "some went through, some were refused"
    for model in (Offer, Negotiation, Listing):
        assert replays(model) == []


def test_control_without_lock_and_triggers_the_record_has_two_stories(monkeypatch: pytest.MonkeyPatch) -> None:
    offer = an_offer(a_negotiation(listing=makers.a_listing()))
    ines, pk = cast.ines().actor, offer.negotiation_id
    monkeypatch.setattr(offers, "locked_all", all_unlocked)
    monkeypatch.setattr(offers, "locked", unlocked)
    monkeypatch.setattr(offers, "_named", slowly(offers._named, 1.0))
    with without_triggers("deals_offer"), without_triggers("deals_negotiation"):
        ends = race(
            accepting(pk),
            lambda: offers.reject_offer(negotiation_id=pk, version=1, by=ines),
        )
        assert not [end for end in ends if isinstance(end, DomainError)], ends
        assert replays(Offer) != []
