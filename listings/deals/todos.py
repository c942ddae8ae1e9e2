"""What waits for the actor in deals, for the first page of the workspace: contracts, filings, payoffs, checks.

Payments, signatures and consents are told by the floors below.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from listings.deals import access
from listings.deals.graphs.parties import DECIDERS, EITHER_WORKS
from listings.deals.models import Deal, Dispute, Filing
from listings.deals.models.dispute import UNSETTLED
from listings.deals.states import DealState, FilingKind, FilingState
from marketplace.core.actor import Actor

MOST = 20


def todo_lines(actor: Actor) -> list[dict[str, Any]]:
    """Lines of (text, url, due), the most pressing first. At most six queries."""
    if access.is_at_desk(actor):
        return [*_to_check(actor), *_to_decide()]
    organisation = actor.acts_for
    if organisation is None:
        return []
    lines = [
        _line(_("Draw up the contract of %(deal)s") % {"deal": deal}, deal, deal.due_at)
        for deal in access.deals_seen_by(actor).in_state(DealState.AGREED).order_by("due_at")[:MOST]
        if EITHER_WORKS.permits(actor, deal)
    ]
    lines += [_filing_line(filing) for filing in _to_file(actor, organisation)]
    if DECIDERS & actor.roles and actor.on_behalf_of is None:
        owed = Deal.objects.in_state(DealState.SIGNING, DealState.CONSENTING).filter(pledgee=organisation, payoff=None)
        lines += [
            _line(_("State what you are owed: %(deal)s") % {"deal": deal}, deal, deal.due_at)
            for deal in owed.order_by("due_at")[:MOST]
        ]
    return lines


def _line(text: str, deal: Deal, due: Any) -> dict[str, Any]:
    return {"text": text, "url": reverse("deal", args=[deal.number]), "due": due}


def _to_file(actor: Actor, organisation: int) -> list[Filing]:
    owed = Filing.objects.in_state(FilingState.DUE, FilingState.REFUSED).filter(owed_by=organisation)
    rows = owed.filter(deal__in=access.deals_seen_by(actor)).select_related("deal").order_by("due_on")
    return list(rows[:MOST])


def _filing_line(filing: Filing) -> dict[str, Any]:
    words = _("Correct and file again: %(matter)s, %(deal)s")
    if filing.state == FilingState.DUE:
        words = _("File: %(matter)s, %(deal)s")
    told = {"matter": FilingKind(filing.kind).label, "deal": filing.deal}
    return _line(words % told, filing.deal, filing.due_at)


def _to_check(actor: Actor) -> list[dict[str, Any]]:
    """Evidence at the desk; who handed one in does not check it."""
    rows = Filing.objects.in_state(FilingState.EVIDENCED).exclude(evidenced_by=actor.user_id)
    return [
        _line(
            _("Check the office’s notice: %(matter)s, %(deal)s")
            % {"matter": FilingKind(one.kind).label, "deal": one.deal},
            one.deal,
            one.due_at,
        )
        for one in rows.select_related("deal").order_by("due_at")[:MOST]
    ]


def _to_decide() -> list[dict[str, Any]]:
    rows = Dispute.objects.in_state(*UNSETTLED).select_related("deal").order_by("due_at")[:MOST]
    return [_line(_("Settle the dispute on %(deal)s") % {"deal": one.deal}, one.deal, one.due_at) for one in rows]
