"""The desk's page of what providers told: events in quarantine, deliveries refused at the door, the newest events."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from marketplace.core.errors import DomainError
from marketplace.payments import access
from marketplace.payments.inbound import Doubt, InboundState
from marketplace.payments.models import InboundEvent, RefusedDelivery
from marketplace.payments.services import inbox

PER_PAGE = 50


@require_safe
@login_required
def provider_events(request: HttpRequest) -> HttpResponse:
    """What waits for a person's word first, then everything that came, the newest first."""
    access.require_money_desk(request.actor)  # type: ignore[attr-defined]
    page = Paginator(InboundEvent.objects.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "doubtful": [_row(one) for one in InboundEvent.objects.in_state(InboundState.QUARANTINED)[:PER_PAGE]],
        "refused": [
            {"row": one, "doubt": Doubt(one.doubt).label}
            for one in RefusedDelivery.objects.order_by("seen_at", "-hour")[:PER_PAGE]
        ],
        "rows": [_row(one) for one in page],
        "page": page,
    }
    return render(request, "payments/desk/events.html", context)


def _row(event: InboundEvent) -> dict[str, Any]:
    return {
        "row": event,
        "state": InboundState(event.state).label,
        "shape": InboundEvent.SHAPES[event.state],
        "doubt": Doubt(event.doubt).label if event.doubt else "",
    }


@require_POST
@login_required
def provider_event_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Apply an event in quarantine once more."""
    row = access.provider_event_for(request.actor, pk)  # type: ignore[attr-defined]
    try:
        inbox.retry_event(event_id=row.pk, by=request.actor)  # type: ignore[attr-defined]
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    return redirect("provider_events")


@require_POST
@login_required
def provider_event_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing is to follow from it; the reason is kept."""
    row = access.provider_event_for(request.actor, pk)  # type: ignore[attr-defined]
    try:
        inbox.dismiss_event(event_id=row.pk, by=request.actor, reason=request.POST.get("reason", ""))  # type: ignore[attr-defined]
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    return redirect("provider_events")


@require_POST
@login_required
def refused_delivery_seen(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has looked at an hour of refused deliveries."""
    row = access.refused_delivery_for(request.actor, pk)  # type: ignore[attr-defined]
    inbox.mark_refused_seen(row_id=row.pk, by=request.actor)  # type: ignore[attr-defined]
    return redirect("provider_events")
