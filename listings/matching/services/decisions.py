"""What a need's owner decides about matches, and what that teaches."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import Listing, Need
from listings.matching import access, offers
from listings.matching.factors import Factor, FactorCode, factors
from listings.matching.models import Match, NeedWeights, Verdict
from listings.matching.services.matches import weights_of
from listings.matching.weighing import Weights, after_dismissal, after_shortlisting, beginning, total
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid, NotPermitted


@transaction.atomic
def shortlist_match(*, match_id: int, by: Actor) -> Match:
    """Keep a match; what spoke for it counts more from now on. Twice changes nothing. Raises NotFound, NotPermitted."""
    match, need = _held(match_id, by)
    if match.verdict == Verdict.SHORTLISTED:
        return match
    _decide(match, Verdict.SHORTLISTED, (), by)
    _learn(need, after_shortlisting(weights_of(need.pk), _factors(match)))
    return match


@transaction.atomic
def dismiss_match(*, match_id: int, by: Actor, reasons: Iterable[str]) -> Match:
    """Put a match away, with the factors that were wrong about it, or none. Raises NotFound, NotPermitted, Invalid."""
    match, need = _held(match_id, by)
    unknown = sorted(set(reasons) - set(FactorCode.values))
    if unknown:
        raise Invalid(field="reasons", problem=_("There is no such reason."))
    if match.verdict == Verdict.DISMISSED:
        return match
    named = [FactorCode(reason) for reason in FactorCode.values if reason in set(reasons)]
    _decide(match, Verdict.DISMISSED, named, by)
    _learn(need, after_dismissal(weights_of(need.pk), _factors(match), named))
    return match


@transaction.atomic
def take_back_decision(*, match_id: int, by: Actor) -> Match:
    """Undo a decision; what it taught stays, and can be set back. Raises NotFound, NotPermitted."""
    match, _need = _held(match_id, by)
    match.verdict, match.reasons, match.decided_by, match.decided_at = Verdict.NONE, [], None, None
    match.save(update_fields=["verdict", "reasons", "decided_by", "decided_at"])
    return match


@transaction.atomic
def reset_weights(*, number: str, by: Actor) -> None:
    """Set a need's weights back to those everybody begins with. Raises NotFound, NotPermitted."""
    need = access.need_to_decide(by, number)
    Need.objects.select_for_update(of=("self",)).get(pk=need.pk)
    NeedWeights.objects.filter(need=need).delete()
    _order_anew(need, beginning())


def _held(match_id: int, by: Actor) -> tuple[Match, Need]:
    match = access.own_match(by, match_id)
    if not access.may_decide(by):
        raise NotPermitted()
    need = Need.objects.select_for_update(of=("self",)).get(pk=match.need_id)
    return Match.objects.select_for_update(of=("self",)).get(pk=match_id), need


def _decide(match: Match, verdict: Verdict, reasons: Iterable[FactorCode], by: Actor) -> None:
    match.verdict, match.reasons = verdict, list(reasons)
    match.decided_by_id, match.decided_at = by.user_id, clock.now()
    match.save(update_fields=["verdict", "reasons", "decided_by", "decided_at"])


def _factors(match: Match) -> tuple[Factor, ...]:
    listing = Listing.objects.with_rights().get(pk=match.listing_id)
    facts = offers.offer_facts([listing])[listing.pk]
    return factors(offers.need_facts(match.need), facts, clock.today())


def _learn(need: Need, weights: Weights) -> None:
    stored = {str(code): weight for code, weight in weights.items()}
    NeedWeights.objects.update_or_create(need=need, defaults={"weights": stored, "updated_at": clock.now()})
    _order_anew(need, weights)


def _order_anew(need: Need, weights: Weights) -> None:
    """Reckon the totals of a need's matches with these weights; three queries and one writing."""
    matches = list(Match.objects.filter(need=need))
    listings = list(Listing.objects.with_rights().filter(pk__in=[match.listing_id for match in matches]))
    facts, wanted = offers.offer_facts(listings), offers.need_facts(need)
    for match in matches:
        found = factors(wanted, facts[match.listing_id], clock.today())
        match.total = total(match.relevance, found, weights)
    Match.objects.bulk_update(matches, ["total"])
