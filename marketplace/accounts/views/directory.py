"""The public directory of verified organisations."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.accounts import access
from marketplace.accounts.filters import OrganisationFilter, facets
from marketplace.accounts.models import Organisation
from marketplace.accounts.profiles import blocks_for
from marketplace.accounts.views.shown import state_badge

PER_PAGE = 20


@require_safe
def organisation_list(request: HttpRequest) -> HttpResponse:
    """Verified organisations by kind, region and text."""
    found = OrganisationFilter(request.GET, queryset=Organisation.objects.public())
    groups = facets(found) if found.is_valid() else []
    rows = found.qs.select_related("region").order_by("-verified_at", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "groups": groups,
        "chosen": _chips(request.GET, groups),
        "q": request.GET.get("q", "")[:100],
        "active": sum(option.is_chosen for group in groups for option in group["options"]),
    }
    return render(request, "accounts/organisation_list.html", context)


def _chips(query: QueryDict, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One chip per chosen value, whose link leaves that value out."""
    chips = []
    for group in groups:
        for option in group["options"]:
            if option.is_chosen:
                rest = query.copy()
                rest.setlist(group["name"], [one for one in query.getlist(group["name"]) if one != option.value])
                rest.pop("page", None)
                chips.append({"label": option.label, "href": f"?{rest.urlencode()}"})
    return chips


@require_safe
def organisation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The public facts of one organisation, and what it has on the market."""
    actor = request.actor  # type: ignore[attr-defined]
    organisation = access.get_organisation_for(actor, pk)
    context = {
        "organisation": organisation,
        "is_verified": organisation.state == "verified",
        "badge": state_badge(organisation.state),
        "blocks": blocks_for(organisation, actor),
    }
    return render(request, "accounts/organisation_detail.html", context)
