"""The public register: search, one right, side by side, as a file."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from listings.assets.states import LegalStatus
from listings.patents import access, presenting, reasons
from listings.patents.filters import PatentFilter
from listings.patents.models import Patent
from listings.patents.search import NAME
from listings.patents.slots import filled
from marketplace.core.errors import NotFound
from marketplace.core.exports import EXPORTS
from marketplace.core.pagecache import public_page
from marketplace.search import index
from marketplace.search.pages import picked_ids, search_page


def _version(request: HttpRequest, *args: Any, **kwargs: Any) -> str:
    return f"patents {index.generation(NAME)}"


@require_safe
@public_page(_version)
def patent_list(request: HttpRequest) -> HttpResponse:
    """Patents and applications, searched and filtered; a number in any spelling is looked up first."""
    context = search_page(
        request, PatentFilter, rows=presenting.rows, export_url="patent_export", compare_url="patent_compare"
    )
    context |= {"heading": _("Patent register"), "action": reverse("patent_list"), "trail": []}
    return render(request, "patents/patent_list.html", context)


@require_safe
def patent_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Everything found, at most 10,000, as CSV or XLSX."""
    if kind not in EXPORTS:
        raise NotFound()
    pages = PatentFilter(request.GET, request=request).every_id()
    return EXPORTS[kind]("patents", presenting.export_head(), presenting.export_rows(pages, settings.SITE_URL))


@require_safe
def patent_compare(request: HttpRequest) -> HttpResponse:
    """Two to four rights side by side; lines whose cells differ are marked."""
    shown = set(access.shown_assets().filter(pk__in=picked_ids(request)).values_list("pk", flat=True))
    assets = presenting.in_order([pk for pk in picked_ids(request) if pk in shown])
    heads = [
        {"title": one.title, "url": reverse("patent_detail", args=[one.pk]), "number": presenting.shown_number(one)}
        for one in assets
    ]
    context = {"heads": heads, "lines": presenting.comparison(assets), "too_few": len(assets) < 2}
    return render(request, "patents/patent_compare.html", context)


@require_safe
@public_page(_version)
def patent_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One right: facts with source and date, parties, events, annuities, family, citations, claims."""
    asset = access.get_shown(pk)
    patent: Patent = asset.patent
    paid = {one.year: one.paid_on for one in patent.annuity_payments.all()}
    calendar = presenting.annuity_calendar(asset, paid)
    status = LegalStatus(asset.status)
    context = {
        "asset": asset,
        "patent": patent,
        "number": presenting.shown_number(asset),
        "kind": presenting.kind_word(asset),
        "status": {"shape": presenting.SHAPES[status], "label": status.label},
        "basis": reasons.BASES.get(patent.status_basis, ""),
        "is_application": not asset.is_granted,
        "title_language": presenting.title_language(asset),
        "owners": presenting.owner_names(asset),
        "facts": presenting.facts(asset),
        "parties": presenting.parties(asset),
        "events": presenting.timeline(asset),
        "has_term": presenting.has_term(asset),
        "calendar": calendar,
        "is_covered": asset.office == "CN",
        "family": presenting.family(asset),
        "cites": presenting.cites(asset),
        "cited_by": presenting.cited_by(asset),
        "sources": presenting.sources(patent),
        "main_slots": filled(asset.pk, "main"),
        "aside_slots": filled(asset.pk, "aside"),
        "structured": _structured(request, asset.title, presenting.shown_number(asset), presenting.owner_names(asset)),
    }
    return render(request, "patents/patent_detail.html", context)


def _structured(request: HttpRequest, title: str, number: str, owners: list[str]) -> dict[str, Any]:
    """Structured data: schema.org has no patent, so the page describes the document."""
    return {
        "@context": "https://schema.org",
        "@type": "CreativeWork",
        "name": title,
        "identifier": number,
        "creator": [{"@type": "Organization", "name": one} for one in owners],
        "url": f"{settings.SITE_URL}{request.path}",
    }
