"""Finding matches and keeping them up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from listings.catalogue.models import Listing, Need
from listings.matching import offers
from listings.matching.factors import factors
from listings.matching.models import Match, NeedWeights, Verdict
from listings.matching.ranking import Answer, rank, rate
from listings.matching.reversing import needs_for
from listings.matching.services.reading import stored_meaning
from listings.matching.weighing import Weights, beginning, from_stored, total
from marketplace.core import clock

MOST_KEPT = 50
"""Matches kept of one need; nobody reads further."""


def weights_of(need_id: int) -> Weights:
    kept = NeedWeights.objects.filter(need_id=need_id).first()
    return from_stored(kept.weights) if kept else beginning()


@transaction.atomic
def refresh_need(*, need_id: int) -> int:
    """Find the matches of one need anew; returns how many stand. A need that is not public keeps what was decided and
    loses the rest. Running it twice changes nothing more. Raises IndexNotReady."""
    need = _held(need_id)
    answers = rank(offers.sought_texts(need), stored_meaning(), limit=MOST_KEPT) if need else []
    standing = _put(need, answers) if need else set()
    Match.objects.filter(need_id=need_id, verdict=Verdict.NONE).exclude(listing_id__in=standing).delete()
    return len(standing)


def refresh_for_listings(*, listing_ids: Sequence[int]) -> int:
    """Hold new or changed listings against all standing needs; returns how many matches were written.

    Of each need only these listings are rated again. A listing nobody may see any more loses its undecided matches.
    """
    public = set(Listing.objects.public().filter(pk__in=listing_ids).values_list("pk", flat=True))
    Match.objects.filter(listing_id__in=set(listing_ids) - public, verdict=Verdict.NONE).delete()
    written = 0
    for need_id, ids in sorted(needs_for(sorted(public)).items()):
        written += _consider(need_id, ids)
    return written


@transaction.atomic
def _consider(need_id: int, listing_ids: Iterable[int]) -> int:
    need = _held(need_id)
    if need is None:
        return 0
    answers = rate(offers.sought_texts(need), sorted(listing_ids), stored_meaning())
    kept = list(
        Match.objects.filter(need_id=need_id)
        .exclude(listing_id__in=listing_ids)
        .order_by("-relevance")
        .values_list("relevance", flat=True)[:MOST_KEPT]
    )
    if len(kept) == MOST_KEPT:  # a full list takes only what is better than its last
        answers = [answer for answer in answers if answer.score > kept[-1]]
    standing = _put(need, answers)
    dropped = set(listing_ids) - standing
    Match.objects.filter(need_id=need_id, listing_id__in=dropped, verdict=Verdict.NONE).delete()
    _cut(need_id)
    return len(standing)


def _held(need_id: int) -> Need | None:
    """The need under its row lock, or None when it is not public: its matches are written by one at a time."""
    return Need.objects.public().select_for_update(of=("self",)).filter(pk=need_id).first()


def _cut(need_id: int) -> None:
    """Let go of undecided matches past the last place."""
    undecided = Match.objects.filter(need_id=need_id, verdict=Verdict.NONE).order_by("-relevance", "listing_id")
    surplus = list(undecided.values_list("pk", flat=True)[MOST_KEPT:])
    if surplus:
        Match.objects.filter(pk__in=surplus).delete()


def _put(need: Need, answers: Sequence[Answer]) -> set[int]:
    """Write these answers, new ones and known ones; returns the listings among them that anybody may see."""
    listings = {
        one.pk: one
        for one in Listing.objects.public().with_rights().filter(pk__in=[answer.id for answer in answers])
        if one.organisation_id != need.organisation_id  # one's own offer is no answer
    }
    facts = offers.offer_facts(list(listings.values()))
    wanted, weights, now = offers.need_facts(need), weights_of(need.pk), clock.now()
    rows = []
    for answer in answers:
        if answer.id not in listings:
            continue
        found = factors(wanted, facts[answer.id], clock.today())
        rows.append(
            Match(
                need=need,
                listing_id=answer.id,
                relevance=answer.score,
                total=total(answer.score, found, weights),
                words=answer.words,
                likeness=answer.likeness,
                wanted=answer.wanted,
                offered=answer.offered,
                found_at=now,
                refreshed_at=now,
            )
        )
    Match.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["need", "listing"],
        update_fields=["relevance", "total", "words", "likeness", "wanted", "offered", "refreshed_at"],
    )
    return set(listings)
