"""Who sees which matches: those of a need are its organisation's alone."""

from __future__ import annotations

from listings.catalogue import access as catalogue
from listings.catalogue.models import Need
from listings.catalogue.states import NeedState
from listings.matching.models import Match, MatchQuerySet
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted


def own_matches(actor: Actor) -> MatchQuerySet:
    """Matches of the needs of the organisation the actor acts for, with listings anybody may still see."""
    return Match.objects.filter(need__in=catalogue.own_needs(actor)).public()


def own_match(actor: Actor, pk: int) -> Match:
    """One of them; raises NotFound."""
    return found(own_matches(actor).select_related("need"), pk=pk)


def may_decide(actor: Actor) -> bool:
    """Whether the actor may keep or dismiss for the organisation they act for: as for posting needs."""
    return catalogue.may_seek(actor)


def need_to_decide(actor: Actor, number: str) -> Need:
    """A need of the actor's organisation whose weights the actor may change. Raises NotFound, NotPermitted."""
    need = catalogue.own_need(actor, number)
    if not may_decide(actor):
        raise NotPermitted()
    return need


def is_matched(need: Need) -> bool:
    return need.state == NeedState.PUBLISHED
