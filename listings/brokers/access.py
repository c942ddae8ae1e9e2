"""Who sees which mandate."""

from __future__ import annotations

from listings.brokers.graphs import BINDING
from listings.brokers.models import Mandate
from listings.brokers.models.mandate import MandateQuerySet
from marketplace.core.access import found
from marketplace.core.actor import Actor


def mandates_seen_by(actor: Actor) -> MandateQuerySet:
    """Those of the organisation, as client or broker. A delegate sees none: mandates bind the organisation itself."""
    if actor.org_id is None or actor.on_behalf_of is not None:
        return Mandate.objects.none()
    return Mandate.objects.of(actor.org_id).select_related("client", "broker", "proposed_by")


def mandate_of(actor: Actor, pk: int) -> Mandate:
    """One of them; raises NotFound."""
    return found(mandates_seen_by(actor), pk=pk)


def may_propose(actor: Actor) -> bool:
    """Whether the actor may bind the organisation it belongs to."""
    return actor.org_id is not None and actor.on_behalf_of is None and bool(BINDING & actor.roles)
