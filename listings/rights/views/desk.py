"""The operator's desk for the rights register: statements and releases that wait, one page a statement."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listings.patents.presenting import shown_number
from listings.rights import access
from listings.rights.forms import ReasonForm
from listings.rights.models import Statement
from listings.rights.models.statements import CONSENT
from listings.rights.services import pledges, statements
from listings.rights.states import EntryKind
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound

MOST_SHOWN = 200


def _kind(statement: Statement) -> str:
    return _("Written consent of a co-owner") if statement.kind == CONSENT else str(EntryKind(statement.kind).label)


@require_safe
@login_required
def statement_list(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, the oldest promise first; and releases that wait for a second person."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not access.is_at_desk(actor):
        raise NotFound()
    waiting = access.waiting_statements(actor).order_by("due_at", "pk")[:MOST_SHOWN]
    context = {
        "waiting": [
            {"statement": one, "kind": _kind(one), "number": shown_number(one.asset), "title": one.asset.title}
            for one in waiting
        ],
        "releases": [
            {
                "release": one,
                "number": shown_number(one.entry.asset),
                "party": one.entry.party_shown,
                "is_mine": one.proposed_by_id == actor.user_id,
            }
            for one in access.releases_visible_to(actor).select_related("entry__asset__patent").order_by("due_at")
        ],
    }
    return render(request, "rights/statement_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def statement_review(request: HttpRequest, pk: int) -> HttpResponse:
    """One statement beside its proof: enter it, or refuse it with the reason."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not access.is_at_desk(actor):
        raise NotFound()
    statement = access.get_statement(actor, pk)
    form = ReasonForm(request.POST if request.POST.get("verb") == "refuse" else None)
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            if request.POST.get("verb") == "confirm":
                statements.confirm(statement_id=pk, by=actor)
                messages.info(request, _("Entered in the register."))
                return redirect("statement_list")
            if form.is_valid():
                statements.refuse(statement_id=pk, by=actor, reason=form.cleaned_data["reason"])
                messages.info(request, _("Refused; the holder is told why."))
                return redirect("statement_list")
        except DomainError as refused:
            refusal = refused
    context: dict[str, Any] = {
        "statement": statement,
        "kind": _kind(statement),
        "number": shown_number(statement.asset),
        "facts": [(label, value) for label, value in _shown(statement.facts)],
        "form": form,
        "refusal": refusal,
    }
    return render(request, "rights/statement_review.html", context, status=422 if refusal or form.errors else 200)


def _shown(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """The stated facts with their names, empty ones left out."""
    names = {
        "party": _("Other party"),
        "licence_type": _("Type of licence"),
        "starts_on": _("First day"),
        "ends_on": _("Last day"),
        "territories": _("Territory"),
        "fields": _("Field of use"),
        "share": _("Share of an owner"),
        "amount": _("Amount"),
        "currency": _("Currency"),
        "debt_due_on": _("Debt due"),
        "export_category": _("Export category"),
        "acts": _("Consent to"),
        "reference": _("Number at the office, court or contract"),
    }
    rows = []
    for name, label in names.items():
        value = facts.get(name)
        if value:
            rows.append((label, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    if facts.get("may_sublicense"):
        rows.append((_("The licensee may sub-license"), _("yes")))
    return rows


@require_POST
@login_required
def release_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person approves a release, or anybody at the desk refuses it with a reason."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    release = access.get_release(actor, pk)
    if request.POST.get("verb") == "approve":
        pledges.approve_release(release_id=release.pk, by=actor)
        messages.info(request, _("The pledge is released."))
    else:
        pledges.refuse_release(release_id=release.pk, by=actor, reason=request.POST.get("reason", ""))
        messages.info(request, _("The release is refused."))
    return redirect("statement_list")
