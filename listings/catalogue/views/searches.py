"""Saved searches: keep, look again, rename, forget."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listings.catalogue import access
from listings.catalogue.forms import SaveSearchForm
from listings.catalogue.new_hits import new_since
from listings.catalogue.services.saved_searches import (
    COLLECTIONS,
    delete_search,
    open_search,
    rename_search,
    save_search,
)
from marketplace.core.errors import DomainError, NotFound

LISTS = {
    "listings": ("listing_list", _("Listings")),
    "needs": ("need_list", _("Needs")),
    "patents": ("patent_list", _("Patent register")),
}


@require_safe
@login_required
def saved_search_list(request: HttpRequest) -> HttpResponse:
    """The person's saved searches with what is new since each was opened."""
    found = access.saved_searches(request.actor)  # type: ignore[attr-defined]
    rows = [{"saved": one, "label": LISTS[one.collection][1], "new": new_since(one)} for one in found]
    return render(request, "catalogue/saved_searches.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def saved_search_new(request: HttpRequest) -> HttpResponse:
    """Name the search at hand and keep it."""
    collection = request.GET.get("collection", "listings")
    if collection not in COLLECTIONS:
        raise NotFound()
    query = request.GET.copy()
    query.pop("collection", None)
    start = {"collection": collection, "query": query.urlencode()[:2000], "name": request.GET.get("q", "")[:80]}
    form = SaveSearchForm(request.POST or None, initial=start)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            save_search(by=request.actor, **form.cleaned_data)  # type: ignore[attr-defined]
        except DomainError as error:
            refusal = error
        else:
            return redirect("saved_search_list")
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "catalogue/saved_search_new.html", {"form": form, "refusal": refusal}, status=status)


@require_safe
@login_required
def saved_search_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to the results."""
    saved = open_search(search_id=pk, by=request.actor)  # type: ignore[attr-defined]
    return redirect(f"{reverse(LISTS[saved.collection][0])}?{saved.query}")


@require_POST
@login_required
def saved_search_rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name."""
    rename_search(search_id=pk, by=request.actor, name=request.POST.get("name", ""))  # type: ignore[attr-defined]
    return redirect("saved_search_list")


@require_POST
@login_required
def saved_search_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget it."""
    delete_search(search_id=pk, by=request.actor)  # type: ignore[attr-defined]
    return redirect("saved_search_list")
