"""Deals: the board of one's own, one deal, its steps; the operator's desk of evidence and disputes."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from listings.catalogue.states import Mode
from listings.catalogue.views.desk import working_days_to
from listings.deals import access, acts
from listings.deals.models import Deal, Dispute, Filing, RoyaltyPeriod
from listings.deals.models.dispute import UNSETTLED
from listings.deals.presenting.page import deal_page
from listings.deals.presenting.shapes import DISPUTE_SHAPES, FILING_SHAPES, SHAPES
from listings.deals.states import ENDED_WITHOUT, DealState, DisputeState, FilingKind, FilingState
from marketplace.core.access import found
from marketplace.core.errors import NotFound
from marketplace.portal.steps import Step, take

PER_PAGE = 30
#: The columns of the board, in the order a deal passes them.
COLUMNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("contract", (DealState.AGREED, DealState.SIGNING, DealState.CONSENTING)),
    ("payment", (DealState.PAYING,)),
    ("register", (DealState.RECORDING,)),
    ("payout", (DealState.RELEASING, DealState.REFUNDING)),
)


@require_safe
@login_required
def my_deals(request: HttpRequest) -> HttpResponse:
    """The board of running deals by stage, and the list of all."""
    actor = request.actor  # type: ignore[attr-defined]
    mine = access.deals_seen_by(actor).select_related("seller", "buyer").order_by("due_at", "-pk")
    running = [*mine.live()[:200], *mine.in_state(DealState.REFUNDING)[:50]]
    columns = [
        {"name": name, "deals": [_card(one, actor.acts_for) for one in running if one.state in states]}
        for name, states in COLUMNS
    ]
    over = mine.in_state(DealState.COMPLETED, *ENDED_WITHOUT).order_by("-state_since")
    page = Paginator(over, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "columns": columns,
        "page": page,
        "rows": [_card(one, actor.acts_for) for one in page],
        "is_empty": not running and not page.paginator.count,
    }
    return render(request, "deals/my_deals.html", context)


def _card(deal: Deal, organisation_id: int | None) -> dict[str, Any]:
    other = deal.buyer if organisation_id == deal.seller_id else deal.seller
    return {
        "deal": deal,
        "url": reverse("deal", args=[deal.number]),
        "other": other.name,
        "mode": Mode(deal.mode).label,
        "shape": SHAPES[deal.state],
        "label": DealState(deal.state).label,
        "days": working_days_to(deal.due_at) if deal.due_at else None,
    }


@require_safe
@login_required
def deal_detail(request: HttpRequest, number: str) -> HttpResponse:
    """Where the deal stands, whose turn it is, the money, the papers, the history."""
    actor = request.actor  # type: ignore[attr-defined]
    deal = access.deal_of(actor, number)
    return render(request, "deals/deal.html", deal_page(deal, actor))


@require_http_methods(["GET", "POST"])
@login_required
def deal_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """One step of the deal, confirmed on a page of its own."""
    deal = access.deal_of(request.actor, number)  # type: ignore[attr-defined]
    return _take(request, deal, deal, acts.DEAL_STEPS.get(verb))


@require_http_methods(["GET", "POST"])
@login_required
def filing_act(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """One step of a filing."""
    actor = request.actor  # type: ignore[attr-defined]
    deal = access.deal_of(actor, number)
    return _take(request, deal, access.filing_of(actor, deal, pk), acts.FILING_STEPS.get(verb))


@require_http_methods(["GET", "POST"])
@login_required
def dispute_act(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """One step of a dispute."""
    actor = request.actor  # type: ignore[attr-defined]
    deal = access.deal_of(actor, number)
    return _take(request, deal, access.dispute_of(actor, deal, pk), acts.DISPUTE_STEPS.get(verb))


@require_http_methods(["GET", "POST"])
@login_required
def royalty_act(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """One step of a royalty period."""
    deal = access.deal_of(request.actor, number)  # type: ignore[attr-defined]
    period = found(deal.royalty_periods.all(), pk=pk)
    return _take(request, deal, period, acts.ROYALTY_STEPS.get(verb))


def _take(
    request: HttpRequest, deal: Deal, subject: Deal | Filing | Dispute | RoyaltyPeriod, step: Step | None
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    acts.demand_part(deal, actor)
    pays_out = step is not None and step.verb in {"approve", "decide"}
    legs = deal_page(deal, actor)["money"]["legs"] if pays_out else []
    back = reverse("deal", args=[deal.number])
    return take(request, subject, step, template="deals/act.html", back=back, deal=deal, legs=legs)


@require_safe
@login_required
def desk_deals(request: HttpRequest) -> HttpResponse:
    """What waits for the operator: evidence to check and disputes to decide; the oldest promise first."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.is_at_desk(actor):
        raise NotFound()
    evidence = (
        Filing.objects.in_state(FilingState.EVIDENCED)
        .select_related("deal__seller", "deal__buyer", "evidenced_by")
        .order_by("due_at")
    )
    disputes = (
        Dispute.objects.in_state(*UNSETTLED)
        .select_related("deal__seller", "deal__buyer", "raised_by", "proposed_by")
        .order_by("due_at")
    )
    late = Deal.objects.live().filter(due_at__isnull=False).select_related("seller", "buyer").order_by("due_at")[:50]
    context = {
        "evidence": [
            {
                "filing": one,
                "kind": FilingKind(one.kind).label,
                "shape": FILING_SHAPES[one.state],
                "days": working_days_to(one.due_at),
                "url": reverse("deal", args=[one.deal.number]),
                "is_own": one.evidenced_by_id == actor.user_id,
            }
            for one in evidence
        ],
        "disputes": [
            {
                "dispute": one,
                "state": DisputeState(one.state).label,
                "shape": DISPUTE_SHAPES[one.state],
                "days": working_days_to(one.due_at),
                "url": reverse("deal", args=[one.deal.number]),
            }
            for one in disputes
        ],
        "running": [_card(one, None) for one in late],
    }
    return render(request, "deals/desk.html", context)
