"""Delegations given and held, and stepping into another place."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.accounts import access, acting
from marketplace.accounts.forms import DelegationForm, complain
from marketplace.accounts.graphs import OWNERS
from marketplace.accounts.models import Delegation
from marketplace.accounts.services import delegations
from marketplace.accounts.services.delegations import GRANTERS
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound


@require_GET
@login_required
def delegation_list(request: HttpRequest) -> HttpResponse:
    """Who acts for us, and for whom we act."""
    actor = request.actor  # type: ignore[attr-defined]
    organisation = access.own_organisation(actor)
    rows = list(access.delegations_visible_to(actor).order_by("-ends_on", "-pk"))
    context = {
        "organisation": organisation,
        "given": [_row(row, actor) for row in rows if row.client_id == organisation.pk],
        "held": [_row(row, actor) for row in rows if row.agent_id == organisation.pk],
        "may_grant": GRANTERS.permits(actor, organisation),
    }
    return render(request, "accounts/delegation_list.html", context)


def _row(row: Delegation, actor: Actor) -> dict[str, object]:
    today = clock.today()
    if row.ended_at is not None:
        state = ("ended", _("ended early"))
    elif row.ends_on < today:
        state = ("ended", _("run out"))
    elif row.starts_on > today:
        state = ("off", _("not begun"))
    else:
        state = ("go", _("in force"))
    may_end = GRANTERS.permits(actor, row.client) or OWNERS.permits(actor, row.agent)
    return {"row": row, "shape": state[0], "state": state[1], "may_end": may_end and state[0] != "ended"}


@require_http_methods(["GET", "POST"])
@login_required
def delegation_new(request: HttpRequest) -> HttpResponse:
    """Let a broker or custodian act for us."""
    actor = request.actor  # type: ignore[attr-defined]
    organisation = access.own_organisation(actor)
    require(GRANTERS, actor, organisation)
    form = DelegationForm(request.POST or None, client_id=organisation.pk)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            delegations.grant_delegation(
                client_id=organisation.pk,
                agent_id=told["agent"].pk,
                powers=told["powers"],
                starts_on=told["starts_on"],
                ends_on=told["ends_on"],
                by=actor,
            )
        except DomainError as refusal:
            complain(form, refusal)
        else:
            messages.info(request, _("Delegation granted."))
            return redirect("delegation_list")
    context = {"form": form, "organisation": organisation}
    return render(request, "accounts/delegation_form.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def delegation_end(request: HttpRequest, pk: int) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    delegation = access.get_delegation_for(actor, pk)
    delegations.end_delegation(delegation_id=delegation.pk, by=actor)
    messages.info(request, _("The delegation has ended."))
    return redirect("delegation_list")


@require_http_methods(["GET", "POST"])
@login_required
def act_as(request: HttpRequest) -> HttpResponse:
    """Choose the organisation, or the client, in whose name one acts from now on."""
    now = acting.standing_of(request)
    if now is None:
        raise NotFound()
    if request.method == "POST":
        try:
            membership_id = int(request.POST.get("membership", ""))
            delegation_id = int(request.POST["delegation"]) if request.POST.get("delegation") else None
        except ValueError as error:
            raise NotFound() from error
        acting.switch(request, membership_id=membership_id, delegation_id=delegation_id)
        return redirect("workspace")
    seats = [
        {
            "membership": membership,
            "is_current": now.membership == membership and now.delegation is None,
            "clients": [
                {"delegation": one, "is_current": now.delegation == one}
                for one in acting.delegations_open_to(membership).order_by("client__name_zh", "pk")
            ],
        }
        for membership in now.memberships
    ]
    return render(request, "accounts/act_as.html", {"seats": seats})
