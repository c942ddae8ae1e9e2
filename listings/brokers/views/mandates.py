"""Mandates: proposed, read, answered, ended, and the introductions made under them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from listings.assets.models import Asset
from listings.brokers import access
from listings.brokers.forms import IntroductionForm, MandateForm, ReasonForm
from listings.brokers.graphs import MANDATE_GRAPH
from listings.brokers.matters import matter_of
from listings.brokers.models import Mandate
from listings.brokers.services import introductions, mandates
from listings.brokers.states import MandateState, Payer, Scope, Side
from marketplace.accounts.forms import complain
from marketplace.accounts.models import Organisation
from marketplace.core import events as event_log
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound, NotPermitted

PER_PAGE = 25
STATE_SHAPES: dict[str, str] = {
    MandateState.PROPOSED: "wait",
    MandateState.ACTIVE: "go",
    MandateState.DECLINED: "ended",
    MandateState.WITHDRAWN: "ended",
    MandateState.LAPSED: "off",
    MandateState.TERMINATED: "ended",
    MandateState.EXPIRED: "off",
}
WARNINGS: dict[str, Any] = {
    "accept": gettext_lazy(
        "From now on the terms bind both sides. They are never changed; a new mandate replaces them."
    ),
    "decline": gettext_lazy("The other side is told. It may propose another mandate."),
    "withdraw": gettext_lazy("The other side can no longer accept the proposal."),
    "terminate": gettext_lazy("Introductions made so far keep their protection to the end of the time agreed."),
}
VERBS: dict[str, Callable[..., Mandate]] = {
    "accept": mandates.accept_mandate,
    "decline": mandates.decline_mandate,
    "withdraw": mandates.withdraw_mandate,
    "terminate": mandates.terminate_mandate,
}
WORDS: dict[str, tuple[str, Any]] = {
    "mandate.begin": ("now", gettext_lazy("Proposed")),
    "mandate.accept": ("go", gettext_lazy("Accepted")),
    "mandate.decline": ("ended", gettext_lazy("Declined")),
    "mandate.withdraw": ("ended", gettext_lazy("Withdrawn")),
    "mandate.lapse": ("off", gettext_lazy("Proposal lapsed")),
    "mandate.terminate": ("ended", gettext_lazy("Ended early")),
    "mandate.expire": ("off", gettext_lazy("Run out")),
    "mandate.introduce": ("go", gettext_lazy("Introduction recorded")),
}


@require_safe
@login_required
def mandate_list(request: HttpRequest) -> HttpResponse:
    """Mandates given and held."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    page = Paginator(access.mandates_seen_by(actor).order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "mandate": one,
            "shape": STATE_SHAPES[one.state],
            "label": MandateState(one.state).label,
            "is_client": one.client_id == actor.org_id,
            "covers": _covers(one),
        }
        for one in page.object_list
    ]
    context = {
        "rows": rows,
        "may_propose": access.may_propose(actor),
        "number": page.number,
        "last": page.paginator.num_pages,
    }
    return render(request, "brokers/mandate_list.html", context)


def _covers(mandate: Mandate) -> str:
    if mandate.scope == Scope.MATTER:
        return mandate.matter_number
    if mandate.scope == Scope.ASSETS:
        return _("%(count)s rights") % {"count": len(mandate.asset_ids)}
    return str(Scope(mandate.scope).label)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def mandate_new(request: HttpRequest) -> HttpResponse:
    """Propose a mandate to a broker, or as a broker to a client."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not access.may_propose(actor):
        raise NotPermitted()
    form = MandateForm(request.POST or None, organisation=Organisation.objects.get(pk=actor.org_id or 0))
    if request.method == "POST" and form.is_valid():
        try:
            made = mandates.propose_mandate(by=actor, **form.told)
        except NotFound:
            form.add_error("matter", _("There is no listing of this number on the market."))
        except DomainError as refusal:
            complain(form, refusal)
        else:
            return redirect("mandate", made.pk)
    context = {"form": form, "is_broker": form.is_broker}
    return render(request, "brokers/mandate_form.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def mandate(request: HttpRequest, pk: int) -> HttpResponse:
    """One mandate: its terms, its introductions, what may be done."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = access.mandate_of(actor, pk)
    rights = Asset.objects.filter(pk__in=found.asset_ids).order_by("number") if found.asset_ids else []
    names = {found.client_id: found.client.name, found.broker_id: found.broker.name}
    timeline = [
        {
            "at": row.at,
            "state": WORDS[row.kind][0],
            "text": WORDS[row.kind][1],
            "note": " · ".join(filter(None, (names.get(row.org_id or 0, ""), row.reason))),
        }
        for row in event_log.timeline(found).filter(kind__in=WORDS)[:40]
    ]
    context = {
        "mandate": found,
        "shape": STATE_SHAPES[found.state],
        "label": MandateState(found.state).label,
        "side": Side(found.side).label,
        "payer": Payer(found.payer).label,
        "covers": _covers(found),
        "rights": rights,
        "is_broker": found.broker_id == actor.org_id,
        "introductions": list(found.introductions.select_related("other", "introduced_by")),
        "may_introduce": found.broker_id == actor.org_id
        and bool(introductions.INTRODUCERS & actor.roles)
        and mandates.is_in_force(found),
        "events": timeline,
        "acts": [
            {
                "state": "allowed",
                "label": str(edge.label),
                "why": "",
                "url": reverse("mandate_act", args=[found.pk, edge.verb]),
                "button": str(edge.label),
            }
            for edge in MANDATE_GRAPH.open_to(actor, found)
            if edge.verb in VERBS
        ],
    }
    return render(request, "brokers/mandate_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def mandate_act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Confirm (GET) and take (POST) one step."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = access.mandate_of(actor, pk)
    take = VERBS.get(verb)
    if take is None:
        raise NotFound()
    asks = verb == "terminate"
    refusal: DomainError | None = None
    if request.method == "POST":
        reason = {"reason": request.POST.get("reason", "")[:2000]} if asks else {}
        try:
            take(mandate_id=found.pk, by=actor, **reason)
        except DomainError as error:
            refusal = error
        else:
            return redirect("mandate", found.pk)
    edge = next((one for one in MANDATE_GRAPH.open_to(actor, found) if one.verb == verb), None)
    context = {
        "mandate": found,
        "act": edge,
        "refusal": refusal,
        "warning": WARNINGS[verb],
        "danger": verb == "terminate",
        "form": ReasonForm() if asks else None,
        "back": reverse("mandate", args=[found.pk]),
        "label": MandateState(found.state).label,
        "payer": Payer(found.payer).label,
    }
    return render(request, "brokers/mandate_act.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def mandate_introduce(request: HttpRequest, pk: int) -> HttpResponse:
    """Record an introduction; both sides are told, and its terms are frozen."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = access.mandate_of(actor, pk)
    if found.broker_id != actor.org_id:
        raise NotFound()
    form = IntroductionForm(
        request.POST or None,
        client_id=found.client_id,
        broker_id=found.broker_id,
        initial={"matter": found.matter_number},
    )
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            matter = matter_of(told["matter"].strip().upper())
            introductions.introduce(
                mandate_id=found.pk,
                matter=matter,
                other_id=told["other"].pk,
                by=actor,
                discloses_dual=told["discloses_dual"],
                note=told["note"],
            )
        except NotFound:
            form.add_error("matter", _("There is no listing of this number on the market."))
        except DomainError as refusal:
            complain(form, refusal)
        else:
            messages.info(request, _("Introduction recorded; both sides are told."))
            return redirect("mandate", found.pk)
    context = {"mandate": found, "form": form}
    return render(request, "brokers/mandate_introduce.html", context, status=422 if form.errors else 200)
