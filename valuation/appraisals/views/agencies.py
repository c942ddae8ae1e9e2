"""The directory of agencies and one's own profile."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.accounts.models import Organisation
from marketplace.core import clock
from marketplace.core.errors import DomainError, NotFound, NotPermitted
from valuation.appraisals import access, selectors
from valuation.appraisals.forms import AppraiserForm, ProfileForm
from valuation.appraisals.services import agencies
from valuation.models import Agency

PER_PAGE = 30


@require_safe
def agency_list(request: HttpRequest) -> HttpResponse:
    """Verified agencies by name, or those that know a field. No ranking: the order is that of entry."""
    field = request.GET.get("field", "").replace("\0", "").strip().upper()[:12]
    found = Agency.objects.filter(access.agencies_shown()).select_related("organisation__region")
    if field:
        found = found.filter(Q(fields__contains=[field]) | Q(fields__contains=[field[:3]]))
    active = Count("appraisers", filter=Q(appraisers__left_on__isnull=True), distinct=True)
    issued = Count("reports", filter=Q(reports__issued_at__isnull=False), distinct=True)
    rows = found.annotate(signers=active, issued=issued).order_by("pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "appraisals/agency_list.html", {"page": page, "field": field, "today": clock.today()})


@require_safe
def agency_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One agency: filing, people, insurance, fields, and how near its values came to prices."""
    agency = access.agency_of(pk)
    context = {
        "agency": agency,
        "appraisers": agency.appraisers.active().select_related("user"),
        "record": selectors.record_of(agency),
        "least_pairs": selectors.LEAST_PAIRS,
        "sees_pairs": access.is_at_desk(request.actor),  # type: ignore[attr-defined]
        "issued": agency.reports.filter(issued_at__isnull=False).count(),
        "open_now": Agency.objects.open_to_orders(clock.today()).filter(pk=pk).exists(),
    }
    return render(request, "appraisals/agency_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def agency_profile(request: HttpRequest) -> HttpResponse:
    """One's own agency's profile and its appraisers."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.is_agency(actor):
        raise NotFound()
    if request.method == "POST" and not agencies.may_keep(actor):
        raise NotPermitted()
    agency = Agency.objects.filter(organisation=actor.org_id).first()
    form = ProfileForm(request.POST or None, initial=ProfileForm.start(agency))
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            agencies.keep_profile(by=actor, facts=form.facts())
            messages.success(request, _("The profile is saved."))
            return redirect("agency_profile")
        except DomainError as error:
            refusal = error
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(request, "appraisals/agency_profile.html", _profile(actor, agency, form, refusal), status=status)


def _profile(actor: Any, agency: Agency | None, form: ProfileForm, refusal: DomainError | None) -> dict[str, Any]:
    return {
        "agency": agency,
        "organisation": Organisation.objects.get(pk=actor.org_id),
        "form": form,
        "refusal": refusal,
        "appraisers": agency.appraisers.active().select_related("user") if agency else [],
        "appraiser_form": AppraiserForm(organisation_id=actor.org_id) if agency else None,
        "may_keep": agencies.may_keep(actor),
    }


@require_POST
@login_required
def appraiser_enter(request: HttpRequest) -> HttpResponse:
    """Enter a member with their certificate."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.is_agency(actor):
        raise NotFound()
    if not agencies.may_keep(actor):
        raise NotPermitted()
    form = AppraiserForm(request.POST, organisation_id=actor.org_id)
    if not form.is_valid():
        for said in form.errors.values():
            messages.error(request, str(said[0]))
        return redirect("agency_profile")
    data = form.cleaned_data
    agencies.enter_appraiser(
        by=actor,
        user_id=data["user"],
        certificate=data["certificate"],
        is_certified=data["is_certified"],
        joined_on=data["joined_on"],
    )
    messages.success(request, _("The appraiser is entered."))
    return redirect("agency_profile")


@require_POST
@login_required
def appraiser_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark somebody as having left."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.is_agency(actor) or not Agency.objects.filter(organisation=actor.org_id, appraisers=pk).exists():
        raise NotFound()
    agencies.appraiser_leaves(by=actor, appraiser_id=pk)
    return redirect("agency_profile")
