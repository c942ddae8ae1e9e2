"""Offers: made, read with their differences, decided on by the version they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from listings.deals.graphs.talks import OFFER_GRAPH
from listings.deals.models.offers import Offer
from listings.deals.services import offers as service
from listings.deals.talks import access as access
from listings.deals.talks import presenting as shown
from listings.deals.talks.forms import OfferForm
from listings.deals.talks.refusals import OfferUnfit
from listings.deals.talks.states import OfferState
from marketplace.accounts.forms import complain
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound

#: What a step means, said before it is taken.
WARNINGS: dict[str, Any] = {
    "accept": _(
        "By accepting you agree to exactly these terms. The rights are reserved at once, a deal begins and the "
        "contract is drawn up from this version. Others can no longer have the rights."
    ),
    "reject": _("The other side is told. It may make another offer."),
    "withdraw": _("The other side is told and can no longer accept this version."),
}
VERBS: dict[str, Callable[..., Offer]] = {
    "accept": service.accept_offer,
    "reject": service.reject_offer,
    "withdraw": service.withdraw_offer,
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def offer_new(request: HttpRequest, number: str) -> HttpResponse:
    """Make an offer, or answer the one before with another version of it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    access.demand_writer(actor)
    latest = talks.offers.order_by("-version").first()
    initial = OfferForm.initial_of(talks.listing, latest.terms if latest else None, latest.version if latest else 0)
    form = OfferForm(request.POST or None, listing=talks.listing, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = service.make_offer(
                negotiation_id=talks.pk, by=actor, terms=form.terms, answers=form.cleaned_data["answers"]
            )
        except OfferUnfit as refusal:
            for field, problem in refusal.problems:
                form.add_error(field if field in form.fields else None, str(problem))
        except DomainError as refusal:
            complain(form, refusal)
        else:
            return redirect("offer_detail", number, made.version)
    context = {
        "talks": talks,
        "form": form,
        "latest": latest,
        "other": talks.other_of(access.speaks_for(actor)),
        "is_counter": latest is not None,
        "commissions": service.commissions_on(talks),
    }
    return render(request, "deals/offer_form.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def offer_detail(request: HttpRequest, number: str, version: int) -> HttpResponse:
    """One version: every term, what changed, and what may be done with it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    offer = access.offer_of(actor, number, version)
    before = service.previous_version(offer)
    organisation = access.speaks_for(actor)
    latest = (
        Offer.objects.filter(negotiation=offer.negotiation_id).order_by("-version").values_list("version", flat=True)
    )
    context = {
        "offer": offer,
        "talks": offer.negotiation,
        "shape": shown.STATE_SHAPES[offer.state],
        "label": OfferState(offer.state).label,
        "lines": shown.term_lines(offer.terms),
        "before": before,
        "changed": shown.difference_lines(before, offer) if before else [],
        "is_mine": offer.maker_id == organisation,
        "acts": _acts(offer, actor),
        "may_counter": offer.negotiation.is_open and access.may_write(actor),
        "versions": list(latest),
        "days": shown.working_days_to(offer.valid_until),
        "stands": offer.state == OfferState.STANDING,
        "deal": getattr(offer, "deal", None) if offer.state in (OfferState.ACCEPTED, OfferState.UNDONE) else None,
        "rights": len(offer.asset_ids),
    }
    return render(request, "deals/offer_detail.html", context)


def _acts(offer: Offer, actor: Actor) -> list[dict[str, Any]]:
    """Steps open to the actor, the ones of its pages only."""
    return [
        {
            "state": "allowed",
            "label": str(edge.label),
            "why": "",
            "url": reverse("offer_act", args=[offer.negotiation.number, offer.version, edge.verb]),
            "button": str(edge.label),
        }
        for edge in OFFER_GRAPH.open_to(actor, offer)
        if edge.verb in VERBS
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def offer_act(request: HttpRequest, number: str, version: int, verb: str) -> HttpResponse:
    """Confirm (GET) and take (POST) one decision on the version named."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    offer = access.offer_of(actor, number, version)
    take = VERBS.get(verb)
    if take is None:
        raise NotFound()
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            done = take(negotiation_id=offer.negotiation_id, version=version, by=actor)
        except DomainError as error:
            refusal = error
        else:
            return redirect("offer_detail", number, done.version)
    edge = next((one for one in OFFER_GRAPH.open_to(actor, offer) if one.verb == verb), None)
    context = {
        "offer": offer,
        "talks": offer.negotiation,
        "verb": verb,
        "act": edge,
        "warning": WARNINGS[verb],
        "refusal": refusal,
        "findings": getattr(refusal, "findings", []),
        "lines": shown.term_lines(offer.terms),
        "back": reverse("offer_detail", args=[number, version]),
        "rights": list(offer.negotiation.listing.assets.all()),
        "label": OfferState(offer.state).label,
    }
    return render(request, "deals/offer_confirm.html", context, status=refusal.status if refusal else 200)
