"""One's own organisation: entered, amended, documented, submitted."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.accounts import access, acting, uscc
from marketplace.accounts.forms import DocumentForm, OrganisationForm, complain
from marketplace.accounts.graphs import KEEPERS, ORGANISATION_GRAPH, missing_for_review
from marketplace.accounts.history import decisions, history
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Kind
from marketplace.accounts.services import organisations
from marketplace.accounts.states import AMENDABLE, OrganisationState
from marketplace.accounts.views.shown import documents_of, last_day, state_badge
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import DomainError
from marketplace.core.files import FileRefused
from marketplace.core.workdays import work_calendar


@require_GET
@login_required
def my_organisation(request: HttpRequest) -> HttpResponse:
    """Where one's organisation stands, what is missing, its papers and its history."""
    if request.actor.org_id is None:  # type: ignore[attr-defined]
        return redirect("organisation_new")
    return _page(request, access.own_organisation(request.actor), DocumentForm())  # type: ignore[attr-defined]


def _page(
    request: HttpRequest,
    organisation: Organisation,
    form: DocumentForm,
    refusal: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    decision = decisions(organisation).first()
    due_on = last_day(organisation.due_at)
    context = {
        "organisation": organisation,
        "badge": state_badge(organisation.state),
        "missing": missing_for_review(organisation) if organisation.state in AMENDABLE else [],
        "warning": uscc.warning(organisation.uscc) if organisation.country == "CN" else "",
        "documents": documents_of(organisation, may_withdraw=organisation.state in AMENDABLE),
        "form": form,
        "refusal": refusal,
        "may_keep": KEEPERS.permits(actor, organisation),
        "may_submit": bool(organisation.state in AMENDABLE and KEEPERS.permits(actor, organisation)),
        "may_add": organisation.state != OrganisationState.SUSPENDED and KEEPERS.permits(actor, organisation),
        "edge": ORGANISATION_GRAPH.edge("submit", organisation.state),
        "reason": decision.reason if decision and organisation.state in ("returned", "suspended") else "",
        "history": history(organisation, limit=20),
        "days_left": work_calendar().working_days_between(clock.today(), due_on) if due_on else None,
        "due_on": due_on,
    }
    return render(request, "accounts/my_organisation.html", context, status=status)


@require_http_methods(["GET", "POST"])
@login_required
def organisation_new(request: HttpRequest) -> HttpResponse:
    """Enter an organisation; from then on the person acts in it."""
    actor = request.actor  # type: ignore[attr-defined]
    form = OrganisationForm(
        request.POST or None, may_enter_closed=actor.org_kind == Kind.OPERATOR, initial={"country": "CN"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = organisations.create_organisation(by=actor, facts=form.facts())
        except DomainError as refusal:
            complain(form, refusal)
        else:
            membership = made.memberships.live().get(user_id=actor.user_id)
            acting.switch(request, membership_id=membership.pk)
            messages.info(request, _("Draft saved. Add the papers, then submit it for review."))
            return redirect("my_organisation")
    return render(
        request, "accounts/organisation_form.html", {"form": form, "is_new": True}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@login_required
def organisation_edit(request: HttpRequest) -> HttpResponse:
    """Change the facts of one's own organisation."""
    actor = request.actor  # type: ignore[attr-defined]
    organisation = access.own_organisation(actor)
    require(KEEPERS, actor, organisation)
    form = OrganisationForm(request.POST or None, instance=organisation)
    if request.method == "POST" and form.is_valid():
        try:
            organisations.amend_organisation(organisation_id=organisation.pk, by=actor, facts=form.facts())
        except DomainError as refusal:
            complain(form, refusal)
        else:
            messages.info(request, _("Changes saved."))
            return redirect("my_organisation")
    context = {
        "form": form,
        "is_new": False,
        "organisation": organisation,
        "is_fixed": organisation.state not in AMENDABLE,
    }
    return render(request, "accounts/organisation_form.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def document_add(request: HttpRequest) -> HttpResponse:
    """Hand in a paper."""
    actor = request.actor  # type: ignore[attr-defined]
    organisation = access.own_organisation(actor)
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            organisations.add_document(
                organisation_id=organisation.pk,
                paper=form.cleaned_data["paper"],
                upload=form.cleaned_data["file"],
                by=actor,
            )
        except FileRefused as refusal:
            complain(form, refusal)
        else:
            messages.info(request, _("Document added."))
            return redirect("my_organisation")
    return _page(request, organisation, form, status=422)


@require_POST
@login_required
def document_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    organisation = access.own_organisation(actor)
    organisations.withdraw_document(organisation_id=organisation.pk, document_id=pk, by=actor)
    messages.info(request, _("Document withdrawn."))
    return redirect("my_organisation")


@require_POST
@login_required
def organisation_submit(request: HttpRequest) -> HttpResponse:
    """Put the organisation before the reviewers."""
    actor = request.actor  # type: ignore[attr-defined]
    organisation = access.own_organisation(actor)
    try:
        submitted = organisations.submit_organisation(organisation_id=organisation.pk, by=actor)
    except DomainError as refusal:
        if refusal.status == 403:
            raise
        organisation.refresh_from_db()
        return _page(request, organisation, DocumentForm(), refusal=refusal, status=refusal.status)
    due = last_day(submitted.due_at)
    messages.info(request, _("Submitted. The reviewers answer by %(day)s.") % {"day": due.isoformat() if due else ""})
    return redirect("my_organisation")
