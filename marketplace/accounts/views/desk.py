"""The operator's desk: organisations to decide on, people to shut out or let in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from marketplace.accounts import access, uscc
from marketplace.accounts.forms import PeopleSearchForm, ReasonForm
from marketplace.accounts.graphs import ORGANISATION_GRAPH
from marketplace.accounts.history import history
from marketplace.accounts.models import Organisation
from marketplace.accounts.services import organisations, people
from marketplace.accounts.states import OrganisationState
from marketplace.accounts.views.shown import documents_of, last_day, state_badge
from marketplace.core import clock
from marketplace.core.access import found
from marketplace.core.errors import DomainError
from marketplace.core.workdays import work_calendar

PER_PAGE = 25
ORDERS = {OrganisationState.SUBMITTED: (F("due_at").asc(nulls_last=True), "pk")}


@require_GET
@login_required
def organisation_queue(request: HttpRequest) -> HttpResponse:
    """Organisations by state; those under review with the latest deadline passed first."""
    actor = request.actor  # type: ignore[attr-defined]
    everything = access.organisations_to_review(actor)
    state = request.GET.get("state", OrganisationState.SUBMITTED)
    if state not in OrganisationState.values or state == OrganisationState.DRAFT:
        state = OrganisationState.SUBMITTED
    counts = everything.by_state()
    tabs = [
        {
            "label": one.label,
            "url": f"{reverse('organisation_queue')}?state={one.value}",
            "count": counts.get(one.value, 0),
            "current": one.value == state,
        }
        for one in OrganisationState
        if one != OrganisationState.DRAFT
    ]
    rows = everything.in_state(state).select_related("region")
    rows = rows.order_by(*ORDERS.get(OrganisationState(state), ("-state_since", "pk")))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": tabs,
        "state": state,
        "page": page,
        "lines": [_line(row) for row in page],
        "is_waiting": state == OrganisationState.SUBMITTED,
    }
    return render(request, "accounts/desk/organisation_queue.html", context)


def _line(row: Organisation) -> dict[str, Any]:
    due_on = last_day(row.due_at)
    left = work_calendar().working_days_between(clock.today(), due_on) if due_on else None
    return {
        "row": row,
        "badge": state_badge(row.state),
        "due_on": due_on,
        "left": left,
        "is_late": left is not None and left < 0,
        "warns": bool(row.country == "CN" and uscc.warning(row.uscc)),
    }


@require_GET
@login_required
def organisation_review(request: HttpRequest, pk: int) -> HttpResponse:
    """One organisation with its papers and what may be decided."""
    return _review(request, access.get_organisation_to_review(request.actor, pk), ReasonForm())  # type: ignore[attr-defined]


def _review(
    request: HttpRequest, organisation: Organisation, form: ReasonForm, refusal: DomainError | None = None
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    edges = [
        {
            "verb": edge.verb,
            "label": edge.label,
            "url": reverse(f"organisation_{edge.verb}", args=[organisation.pk]),
            "refusal": ORGANISATION_GRAPH.refusal(edge, organisation, actor),
        }
        for edge in ORGANISATION_GRAPH.open_to(actor, organisation)
    ]
    context = {
        **_line(organisation),
        "organisation": organisation,
        "documents": documents_of(organisation, may_withdraw=False),
        "warning": uscc.warning(organisation.uscc) if organisation.country == "CN" else "",
        "same_code": Organisation.objects.filter(uscc=organisation.uscc).exclude(pk=organisation.pk)
        if organisation.uscc
        else [],
        "members": organisation.memberships.live().select_related("user"),
        "edges": edges,
        "form": form,
        "refusal": refusal,
        "history": history(organisation, limit=50),
    }
    return render(request, "accounts/desk/organisation_review.html", context, status=refusal.status if refusal else 200)


def _decide(
    request: HttpRequest, pk: int, service: Callable[..., Organisation], said: str, **more: str
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    organisation = access.get_organisation_to_review(actor, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _review(request, organisation, form)
    try:
        service(organisation_id=pk, by=actor, **more)
    except DomainError as refusal:
        if refusal.field == "reason":
            form.add_error("reason", f"{refusal.message} {refusal.cure}")
        organisation.refresh_from_db()
        return _review(request, organisation, form, refusal)
    messages.info(request, said)
    return redirect("organisation_queue")


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")[:2000]


@require_POST
@login_required
def organisation_verify(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, organisations.verify_organisation, _("Verified."))


@require_POST
@login_required
def organisation_return(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, organisations.return_organisation, _("Returned."), reason=_reason(request))


@require_POST
@login_required
def organisation_suspend(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, organisations.suspend_organisation, _("Suspended."), reason=_reason(request))


@require_POST
@login_required
def organisation_reinstate(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, organisations.reinstate_organisation, _("Reinstated."), reason=_reason(request))


@require_GET
@login_required
def people_desk(request: HttpRequest) -> HttpResponse:
    """People by name or address, to shut out or let in again."""
    actor = request.actor  # type: ignore[attr-defined]
    form = PeopleSearchForm(request.GET)
    rows = access.people_visible_to(actor)
    if form.is_valid() and form.cleaned_data["q"]:
        q = form.cleaned_data["q"].replace("\x00", "")
        rows = rows.filter(Q(email__icontains=q) | Q(name__icontains=q) | Q(name_en__icontains=q))
    page = Paginator(rows.prefetch_related("memberships__organisation"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/desk/people.html", {"form": form, "page": page, "me": actor.user_id})


@require_GET
@login_required
def person_review(request: HttpRequest, pk: int) -> HttpResponse:
    return _person(request, pk, ReasonForm())


def _person(request: HttpRequest, pk: int, form: ReasonForm, refusal: DomainError | None = None) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    person = found(access.people_visible_to(actor), pk=pk)
    context = {
        "person": person,
        "memberships": person.memberships.live().select_related("organisation"),
        "form": form,
        "refusal": refusal,
        "is_me": person.pk == actor.user_id,
    }
    return render(request, "accounts/desk/person.html", context, status=refusal.status if refusal else 200)


def _decide_on_person(request: HttpRequest, pk: int, service: Callable[..., Any], said: str) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _person(request, pk, form)
    try:
        service(user_id=pk, by=actor, reason=form.cleaned_data["reason"])
    except DomainError as refusal:
        if refusal.field == "reason":
            form.add_error("reason", f"{refusal.message} {refusal.cure}")
        return _person(request, pk, form, refusal)
    messages.info(request, said)
    return redirect("person_review", pk=pk)


@require_POST
@login_required
def person_suspend(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide_on_person(request, pk, people.suspend_person, _("Shut out, everywhere, at once."))


@require_POST
@login_required
def person_reinstate(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide_on_person(request, pk, people.reinstate_person, _("Let in again."))
