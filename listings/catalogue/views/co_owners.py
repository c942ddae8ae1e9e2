"""What a co-owner is asked to agree to, before others may list the right it shares."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from listings.catalogue import access
from listings.catalogue.naming import shown_number
from listings.catalogue.states import Mode

PER_PAGE = 30


@require_safe
@login_required
def consents_asked(request: HttpRequest) -> HttpResponse:
    """Rights the organisation shares that others wish to list; each leads to where the consent is given."""
    waiting = access.consents_awaited(request.actor)  # type: ignore[attr-defined]
    page = Paginator(waiting.order_by("-listing__updated_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "number": shown_number(one.asset),
            "title": one.asset.title,
            "holder": one.listing.organisation.name,
            "act": Mode(one.listing.mode).label,
            "asked_on": one.listing.updated_at,
            "url": f"{reverse('rights_page', args=[one.asset_id])}#consents",
        }
        for one in page
    ]
    context = {"rows": rows, "number": page.number, "last": page.paginator.num_pages}
    return render(request, "catalogue/consents_asked.html", context)
