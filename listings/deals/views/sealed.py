"""Sealed offers: the round as its holder and the market's desk keep it, and an offer handed in unseen."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from listings.catalogue.access import own_listings
from listings.catalogue.models import Listing
from listings.catalogue.states import PriceMode
from listings.deals.models.sealed import SealedOffer, SealedRound
from listings.deals.services import sealed as service
from listings.deals.talks import access as access
from listings.deals.talks import presenting as shown
from listings.deals.talks.forms import OfferForm, PassphraseForm, RoundForm
from listings.deals.talks.refusals import OfferUnfit, RoundNotOpen
from listings.deals.talks.states import RoundState, Side
from marketplace.accounts.forms import complain
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound, NotPermitted


def _listing(actor: Actor, number: str) -> Listing:
    """A sealed-offer listing of one's own, or any with a round for the market's desk; raises NotFound."""
    seen = own_listings(actor).filter(number=number, price_mode=PriceMode.SEALED).first()
    if seen is None and access.may_open_rounds(actor):
        seen = Listing.objects.filter(number=number, sealed_rounds__isnull=False).first()
    if seen is None:
        raise NotFound()
    return seen


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sealed_round(request: HttpRequest, number: str) -> HttpResponse:
    """The rounds of a listing: begun here by the holder, and after the opening their result."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    listing = _listing(actor, number)
    is_holder = listing.organisation_id == actor.acts_for
    if request.method == "POST" and not (is_holder and access.may_bind(actor)):
        raise NotPermitted()
    form = RoundForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            service.begin_round(
                listing_id=listing.pk,
                by=actor,
                passphrase=form.cleaned_data["passphrase"],
                deposit=form.cleaned_data["deposit"] or Decimal("0.00"),
                binding_days=form.cleaned_data["binding_days"],
            )
        except DomainError as refusal:
            complain(form, refusal)
        else:
            messages.info(request, _("The round has begun. Keep the passphrase safe: nobody can recover it."))
            return redirect("sealed_round", number)
    rounds = [_round_row(one, is_holder) for one in listing.sealed_rounds.order_by("-number")]
    context = {
        "listing": listing,
        "rounds": rounds,
        "is_holder": is_holder,
        "form": form,
        "may_begin": is_holder
        and access.may_bind(actor)
        and not any(one["is_running"] for one in rounds)
        and listing.offers_until is not None
        and listing.offers_until > clock.now(),
    }
    return render(request, "deals/offer_sealed_round.html", context, status=422 if form.errors else 200)


def _round_row(found: SealedRound, is_holder: bool) -> dict[str, object]:
    is_over = found.closes_at <= clock.now()
    offers = service.result_of(found) if found.state == RoundState.OPENED else []
    return {
        "round": found,
        "shape": shown.STATE_SHAPES[found.state],
        "label": RoundState(found.state).label,
        "is_running": found.state in {RoundState.COLLECTING, RoundState.CLOSED},
        "is_collecting": found.state == RoundState.COLLECTING and not is_over,
        "waits": is_over and found.state in {RoundState.COLLECTING, RoundState.CLOSED},
        "count": found.last_sequence,
        "approvals": list(found.approvals.select_related("person")),
        "result": offers if is_holder else [],
        "days": shown.working_days_to(found.due_at),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sealed_open(request: HttpRequest, number: str) -> HttpResponse:
    """Approve the opening: the holder with the passphrase, the market's person with their own sign-in."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    listing = _listing(actor, number)
    is_holder = listing.organisation_id == actor.acts_for
    if is_holder and not access.may_bind(actor):
        raise NotPermitted()
    found = service.running_round(listing.pk)
    if found is None:
        raise RoundNotOpen()
    form = PassphraseForm(request.POST or None) if is_holder else None
    refusal: DomainError | None = None
    if request.method == "POST" and (form is None or form.is_valid()):
        passphrase = form.cleaned_data["passphrase"] if form is not None else ""
        try:
            ranked = service.approve_opening(round_id=found.pk, by=actor, passphrase=passphrase)
        except DomainError as error:
            refusal = error
        else:
            messages.info(
                request,
                _("Opened. The order is by price, ties by the time of handing in.")
                if ranked or SealedRound.objects.filter(pk=found.pk, state=RoundState.OPENED).exists()
                else _("Approved. A second person opens the round."),
            )
            return redirect("sealed_round", number)
    context = {"listing": listing, "round": found, "form": form, "refusal": refusal, "is_holder": is_holder}
    status = refusal.status if refusal else 422 if form and form.errors else 200
    return render(request, "deals/offer_sealed_open.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sealed_hand_in(request: HttpRequest, number: str) -> HttpResponse:
    """Hand in a sealed offer, or a later one in its place."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    if talks.side_of(access.speaks_for(actor)) != Side.BUYER or talks.listing.price_mode != PriceMode.SEALED:
        raise NotFound()
    running = service.running_round(talks.listing_id)
    form = OfferForm(
        request.POST or None, listing=talks.listing, sealed=True, initial={"currency": talks.listing.currency}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = service.hand_in(negotiation_id=talks.pk, by=actor, terms=form.terms)
        except OfferUnfit as refusal:
            for field, problem in refusal.problems:
                form.add_error(field if field in form.fields else None, str(problem))
        except DomainError as refusal:
            complain(form, refusal)
        else:
            messages.info(request, _("Handed in as number %(number)s.") % {"number": made.sequence})
            return redirect("sealed_hand_in", number)
    mine = list(SealedOffer.objects.filter(negotiation=talks).select_related("round").order_by("-sequence")[:20])
    context = {
        "talks": talks,
        "round": running,
        "form": form,
        "mine": mine,
        "deposit": shown.deposit_row(mine[0].obligation_id) if mine else None,
        "may_bind": access.may_bind(actor),
    }
    return render(request, "deals/offer_sealed.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def sealed_desk(request: HttpRequest) -> HttpResponse:
    """Rounds that wait for the market's person, for the operator's desk."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not access.may_open_rounds(actor):
        raise NotPermitted()
    rows = [
        {"round": one, "shape": shown.STATE_SHAPES[one.state], "label": RoundState(one.state).label}
        for one in access.rounds_of(actor).order_by("-closes_at")[:100]
    ]
    return render(request, "deals/offer_sealed_desk.html", {"rows": rows})
