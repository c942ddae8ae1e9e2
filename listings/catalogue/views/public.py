"""Pages everybody may read: listings and needs found, opened, compared and exported."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from listings.catalogue import access, rows
from listings.catalogue.filters import ListingFilter, NeedFilter
from listings.catalogue.presenting import listing_page, need_page
from listings.catalogue.services import attention
from marketplace.core.errors import NotFound
from marketplace.core.exports import EXPORTS
from marketplace.core.pagecache import is_plain_reader, public_page
from marketplace.search import index
from marketplace.search.pages import MOST_COMPARED, search_page


def _listings_version(request: HttpRequest, *args: Any, **kwargs: Any) -> str:
    return f"listings {index.generation('listings')}"


def _needs_version(request: HttpRequest, *args: Any, **kwargs: Any) -> str:
    return f"needs {index.generation('needs')}"


@require_safe
@public_page(_listings_version)
def listing_list(request: HttpRequest) -> HttpResponse:
    """Listings on the market, searched and filtered."""
    context = search_page(
        request, ListingFilter, rows=rows.listing_rows, export_url="listing_export", compare_url="listing_compare"
    )
    context |= {"heading": _("Listings"), "action": reverse("listing_list"), "trail": [], "collection": "listings"}
    return render(request, "catalogue/listing_list.html", context)


@require_safe
def listing_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Everything found, at most 10,000, as CSV or XLSX."""
    if kind not in EXPORTS:
        raise NotFound()
    pages = ListingFilter(request.GET, request=request).every_id()
    return EXPORTS[kind]("listings", rows.listing_export_head(), rows.listing_export_rows(pages, settings.SITE_URL))


@require_safe
def listing_compare(request: HttpRequest) -> HttpResponse:
    """Two to four listings side by side; lines whose cells differ are marked."""
    asked = [*request.GET.getlist("pick"), *request.GET.getlist("id")]
    ids = list(dict.fromkeys(int(one) for one in asked if one.isascii() and one.isdigit() and len(one) < 19))
    listings = rows.listings_in_order(ids[:MOST_COMPARED])
    context = {
        "listings": listings,
        "lines": rows.comparison(listings) if listings else [],
        "too_many": len(ids) > MOST_COMPARED,
        "heading": _("Compare side by side"),
    }
    return render(request, "catalogue/listing_compare.html", context)


@require_safe
def listing_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One listing. Openings by strangers are counted beside the cached page."""
    if is_plain_reader(request):
        attention.opened(number, agent=request.headers.get("User-Agent", ""))
    return _listing_detail(request, number)


@public_page(_listings_version)
def _listing_detail(request: HttpRequest, number: str) -> HttpResponse:
    listing = access.public_listing(number)
    actor = request.actor  # type: ignore[attr-defined]
    if not is_plain_reader(request) and actor.acts_for != listing.organisation_id:
        attention.opened(number, agent=request.headers.get("User-Agent", ""))
    return render(request, "catalogue/listing_detail.html", listing_page(listing))


@require_safe
@public_page(_needs_version)
def need_list(request: HttpRequest) -> HttpResponse:
    """Needs that take answers."""
    context = search_page(request, NeedFilter, rows=rows.need_rows, export_url="need_export")
    context |= {"heading": _("Technology needs"), "action": reverse("need_list"), "trail": [], "collection": "needs"}
    return render(request, "catalogue/need_list.html", context)


@require_safe
def need_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Every need found, as CSV or XLSX."""
    if kind not in EXPORTS:
        raise NotFound()
    pages = NeedFilter(request.GET, request=request).every_id()
    return EXPORTS[kind]("needs", rows.need_export_head(), rows.need_export_rows(pages, settings.SITE_URL))


@require_safe
@public_page(_needs_version)
def need_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One need."""
    return render(request, "catalogue/need_detail.html", need_page(access.public_need(number)))
