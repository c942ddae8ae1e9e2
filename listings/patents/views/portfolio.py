"""A holder's own rights: what stands how, what is owed next, adding and correcting single ones."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from listings.assets.models import Asset
from listings.assets.states import LegalStatus
from listings.patents import access, numbers, presenting, reasons
from listings.patents.filters import PortfolioFilter
from listings.patents.forms import PatentForm, parsed_number
from listings.patents.services import holding, runs
from marketplace.core.errors import DomainError, NotFound, NotPermitted
from marketplace.core.exports import EXPORTS
from marketplace.search.pages import search_page


@require_safe
@login_required
def portfolio(request: HttpRequest) -> HttpResponse:
    """The rights of the organisation one acts for, with status and the next annuity."""
    actor = request.actor  # type: ignore[attr-defined]
    asked = PortfolioFilter(request.GET, holder_id=access.own_organisation_id(actor), request=request)
    context = search_page(request, asked, rows=_rows, export_url="portfolio_export")
    context |= {
        "heading": _("My patents"),
        "action": reverse("portfolio"),
        "may_import": runs.may_import(actor),
        "waiting": access.runs_visible_to(actor).in_state("uploaded", "checked", "running")[:5],
    }
    return render(request, "patents/portfolio.html", context)


def _rows(ids: Any, text: str) -> list[dict[str, Any]]:
    assets = presenting.in_order(ids)
    calendars = presenting.annuity_calendars(assets)
    rows = []
    for asset in assets:
        calendar = calendars[asset.pk]
        row = presenting.row(asset, text)
        row["number"] = presenting.shown_number(asset)
        row["kind"] = presenting.kind_word(asset)
        row["has_term"] = presenting.has_term(asset)
        row["is_alive"] = asset.status in (LegalStatus.PENDING, LegalStatus.IN_FORCE, LegalStatus.IN_GRACE)
        row["next_annuity"] = calendar.next_year if calendar else None
        rows.append(row)
    return rows


@require_safe
@login_required
def portfolio_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The holder's rights as CSV or XLSX."""
    if kind not in EXPORTS:
        raise NotFound()
    actor = request.actor  # type: ignore[attr-defined]
    asked = PortfolioFilter(request.GET, holder_id=access.own_organisation_id(actor), request=request)
    return EXPORTS[kind](
        "portfolio", presenting.export_head(), presenting.export_rows(asked.every_id(), settings.SITE_URL)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def patent_add(request: HttpRequest) -> HttpResponse:
    """State one right by its number."""
    actor = request.actor  # type: ignore[attr-defined]
    access.own_organisation_id(actor)
    if not runs.may_import(actor):
        raise NotPermitted()
    return _stated(request, PatentForm(request.POST or None), None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def patent_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what the holder states of a right; what offices say stays above it."""
    actor = request.actor  # type: ignore[attr-defined]
    asset = access.get_own(actor, pk)
    if not runs.may_import(actor):
        raise NotPermitted()
    initial = {
        "number": presenting.shown_number(asset),
        "kind": asset.patent.patent_kind,
        "title_zh": asset.title_zh,
        "title_en": asset.title_en,
        "owners": "\n".join(one.name for one in asset.parties.all() if one.role in ("owner", "applicant")),
        "inventors": "\n".join(one.name for one in asset.parties.all() if one.role == "inventor"),
        "filed_on": asset.filed_on,
        "granted_on": asset.granted_on,
        "ipc": "; ".join(asset.patent.ipc),
        "abstract_zh": asset.patent.abstract_zh,
        "abstract_en": asset.patent.abstract_en,
    }
    form = PatentForm(request.POST or None, initial=initial)
    return _stated(request, form, asset)


def _stated(request: HttpRequest, form: PatentForm, asset: Asset | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            pk = holding.state_right(form.record(), by=request.actor, name=_("entered by hand"))  # type: ignore[attr-defined]
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.info(request, _("Taken into the register."))
            return redirect("patent_detail", pk=pk)
    context = {"form": form, "asset": asset}
    return render(request, "patents/patent_form.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def number_check(request: HttpRequest) -> HttpResponse:
    """What a typed number means, as a fragment under its field."""
    context: dict[str, Any] = {}
    text = request.GET.get("number", "")
    if text.strip():
        try:
            number = parsed_number(text)
            context["number"] = numbers.format_number(
                number.office, number.canonical, number.kind_code, is_granted=number.is_zl
            )
        except numbers.NumberError as error:
            context["problem"] = reasons.sentence(error.code, error.params)
    return render(request, "patents/parts/number_check.html", context)
