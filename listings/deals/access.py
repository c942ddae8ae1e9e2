"""Who sees which deal and what belongs to it. Views, the API and file guards get their objects only here."""

from __future__ import annotations

from django.db.models import Q

from listings.deals.graphs.parties import OPERATORS
from listings.deals.models import Deal, Dispute, Filing
from listings.deals.models.deal import DealQuerySet
from listings.deals.services.disputes import PURPOSE as DISPUTE_PURPOSE
from listings.deals.services.filings import PURPOSE as FILING_PURPOSE
from listings.deals.talks.access import speaks_for
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.files import guard
from marketplace.core.models import StoredFile


def is_at_desk(actor: Actor) -> bool:
    """Checks evidence and decides disputes for the market."""
    return OPERATORS.permits(actor, None)


def deals_seen_by(actor: Actor) -> DealQuerySet:
    """Deals the actor's organisation buys, sells, brokers, owns a share of or holds the pledge in; all for the desk."""
    if is_at_desk(actor):
        return Deal.objects.all()
    organisation = speaks_for(actor)
    if organisation is None:
        return Deal.objects.none()
    return Deal.objects.filter(Q(pk__in=Deal.objects.of(organisation).values("pk")) | Q(pledgee=organisation))


def deal_of(actor: Actor, number: str) -> Deal:
    """One of them with both sides, listing and contract; raises NotFound."""
    return found(deals_seen_by(actor).for_page(), number=number)


def filing_of(actor: Actor, deal: Deal, pk: int) -> Filing:
    """A filing of a deal that the actor sees; raises NotFound."""
    return found(Filing.objects.filter(deal=deal), pk=pk)


def dispute_of(actor: Actor, deal: Deal, pk: int) -> Dispute:
    """A dispute of a deal the actor sees as a side or as the market's desk; raises NotFound."""
    mine = Dispute.objects.filter(deal=deal)
    if not is_at_desk(actor):
        mine = mine.filter(Q(deal__seller=actor.acts_for) | Q(deal__buyer=actor.acts_for))
    return found(mine, pk=pk)


@guard(FILING_PURPOSE)
def may_open_evidence(actor: Actor, file: StoredFile) -> bool:
    """The office's notice: whoever sees the deal."""
    deals = Filing.objects.filter(pk=file.subject_id or 0).values("deal")
    return deals_seen_by(actor).filter(pk__in=deals).exists()


@guard(DISPUTE_PURPOSE)
def may_open_dispute_paper(actor: Actor, file: StoredFile) -> bool:
    """A paper in a dispute: the two sides and the market's desk."""
    rows = Dispute.objects.filter(pk=file.subject_id or 0)
    if not is_at_desk(actor):
        rows = rows.filter(Q(deal__seller=speaks_for(actor)) | Q(deal__buyer=speaks_for(actor)))
    return rows.exists()
