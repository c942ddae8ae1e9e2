"""Closed deals of this market beside the rights of an order."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from listings.catalogue.states import Mode
from marketplace.core.errors import NotFound
from valuation.appraisals import access
from valuation.appraisals.comparables import LEAST, MODES, Nearness, candidates, mode_of


@require_safe
@login_required
def appraisal_comparables(request: HttpRequest, number: str) -> HttpResponse:
    """For the agency at work: what the like was sold for here, told so that nobody's price can be known."""
    actor = request.actor  # type: ignore[attr-defined]
    order = access.order_of(actor, number)
    if not access.is_appraising(actor, order):
        raise NotFound()
    mode = request.GET.get("mode") or mode_of(order)
    found = candidates(order, mode)
    titles = {one.pk: one for one in order.subject_rights}
    context = {
        "order": order,
        "mode": mode,
        "modes": [{"value": one, "label": Mode(one).label} for one in MODES],
        "groups": [
            {"asset": titles[one.asset_id], "found": one, "near": Nearness(one.nearness).label if one.nearness else ""}
            for one in found
        ],
        "least": LEAST,
    }
    return render(request, "appraisals/comparables.html", context)
