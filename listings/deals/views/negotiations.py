"""Enquiries and the talks that grow from them: the form on the listing, the inbox, the thread."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listings.brokers.models import Introduction
from listings.catalogue import access as catalogue_access
from listings.catalogue.forms import ReasonForm
from listings.catalogue.models import Enquiry, Listing
from listings.deals.models.negotiation import Negotiation
from listings.deals.models.offers import Offer
from listings.deals.services import ndas
from listings.deals.services import negotiations as service
from listings.deals.services.offers import MATTER
from listings.deals.services.sealed import running_round
from listings.deals.talks import access as access
from listings.deals.talks import presenting as shown
from listings.deals.talks.forms import EnquiryForm, MessageForm, QualifyForm
from listings.deals.talks.states import OPEN_TALKS, Side, TalkState
from marketplace.accounts.forms import complain
from marketplace.core import events as event_log
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound

PER_PAGE = 25
MOST_MESSAGES = 200


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def listing_ask(request: HttpRequest, number: str) -> HttpResponse:
    """Put a first question, with the short form; the talks begin with it."""
    listing: Listing = catalogue_access.public_listing(number)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    begun = access.negotiations_seen_by(actor).filter(listing=listing, buyer=actor.acts_for).first()
    if begun is not None and request.method != "POST":
        return redirect("negotiation", begun.number)
    form = EnquiryForm(request.POST or None, initial={"currency": listing.currency})
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = service.enquire(
                listing_id=listing.pk, by=actor, message=form.cleaned_data["message"], form=form.told
            )
        except DomainError as error:
            refusal = error
        else:
            return redirect("negotiation", made.number)
    context = {
        "listing": listing,
        "form": form,
        "refusal": refusal,
        "waited": shown.waited(service.response_time(listing.organisation_id)),
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "deals/negotiation_ask.html", context, status=status)


@require_safe
@login_required
def enquiries(request: HttpRequest) -> HttpResponse:
    """Talks about one's own listings, and those one began."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    _open_missing(actor)
    mine = access.negotiations_seen_by(actor)
    organisation = access.speaks_for(actor)
    counts = mine.order_by().aggregate(
        received=Count("pk", filter=Q(holder=organisation)), sent=Count("pk", filter=Q(buyer=organisation))
    )
    is_sent = request.GET.get("box") == "sent"
    found = mine.filter(buyer=organisation) if is_sent else mine.filter(holder=organisation)
    standing = Prefetch("offers", Offer.objects.standing(), to_attr="standing")
    page = Paginator(found.for_page().prefetch_related(standing).order_by("-last_said_at", "-pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = []
    for one in page.object_list:
        offer = next(iter(getattr(one, "standing", ())), None)
        if offer is not None:
            offer.negotiation = one
        rows.append(
            {
                "talks": one,
                "other": one.other_of(organisation),
                "shape": shown.STATE_SHAPES[one.state],
                "label": TalkState(one.state).label,
                "turn": shown.turn(one, offer, organisation),
                "offer": offer,
                "question": shown.message_text(one.enquiry.message, one),
                "url": reverse("negotiation", args=[one.number]),
            }
        )
    context = {
        "rows": rows,
        "tabs": [
            {"label": _("Received"), "url": "?", "count": counts["received"] or 0, "current": not is_sent},
            {"label": _("Sent"), "url": "?box=sent", "count": counts["sent"] or 0, "current": is_sent},
        ],
        "is_sent": is_sent,
        "number": page.number,
        "last": page.paginator.num_pages,
    }
    return render(request, "deals/negotiation_list.html", context)


def _open_missing(actor: Actor) -> None:
    """Enquiries whose talks the relay has not opened yet get them now."""
    organisation = access.speaks_for(actor)
    if organisation is None:
        return
    waiting = Enquiry.objects.filter(negotiation__isnull=True).filter(
        Q(organisation=organisation) | Q(listing__organisation=organisation)
    )
    for pk in waiting.values_list("pk", flat=True)[:100]:
        service.open_negotiation(enquiry_id=pk)


@require_safe
@login_required
def negotiation(request: HttpRequest, number: str) -> HttpResponse:
    """One thread: whose turn, messages, offers, confidentiality, data room, what happened."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return _page(request, access.negotiation_of(actor, number), MessageForm())


def _page(
    request: HttpRequest, talks: Negotiation, form: MessageForm, refusal: DomainError | None = None
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    organisation = access.speaks_for(actor)
    side = talks.side_of(organisation)
    offers = list(talks.offers.select_related("maker", "receiver", "deal"))
    for one in offers:
        one.negotiation = talks
    standing = next((one for one in offers if one.state == "standing"), None)
    text = ndas.current_text(talks.listing_id)
    accepted = ndas.acceptance_of(talks, text)
    said = list(talks.messages.select_related("author")[:MOST_MESSAGES])
    names = {talks.holder_id: talks.holder.name, talks.buyer_id: talks.buyer.name}
    timeline = [
        {
            "at": row.at,
            "state": shown.WORDS[row.kind][0],
            "text": shown.WORDS[row.kind][1],
            "note": " · ".join(filter(None, (names.get(row.org_id or 0, ""), row.reason))),
        }
        for row in event_log.timeline(talks).filter(kind__in=shown.WORDS)[:40]
    ]
    is_sealed = talks.listing.price_mode == "sealed"
    context: dict[str, Any] = {
        "talks": talks,
        "other": talks.other_of(organisation),
        "is_holder": side == Side.HOLDER,
        "shape": shown.STATE_SHAPES[talks.state],
        "label": TalkState(talks.state).label,
        "turn": shown.turn(talks, standing, organisation),
        "thread": shown.thread(talks, said, organisation),
        "form": form,
        "refusal": refusal,
        "form_lines": shown.form_lines(talks),
        "contact_lines": shown.contact_lines(talks, organisation),
        "i_share": bool(getattr(talks, f"{side}_shares_at")),
        "offers": shown.offer_rows(offers, organisation),
        "standing": standing,
        "latest": offers[0].version if offers else 0,
        "deal": next((one.deal for one in offers if hasattr(one, "deal")), None),
        "nda": text,
        "accepted": accepted,
        "nda_is_new": accepted is None and ndas.earlier_acceptances(talks, text),
        "files_open": access.granted_files(talks).count(),
        "introductions": list(
            Introduction.objects.filter(matter_kind=MATTER, matter_id=talks.listing_id)
            .filter(other__in=[talks.holder_id, talks.buyer_id], mandate__client__in=[talks.holder_id, talks.buyer_id])
            .select_related("mandate__broker")
        ),
        "round": running_round(talks.listing_id) if is_sealed else None,
        "is_sealed": is_sealed,
        "events": timeline,
        "may_write": access.may_write(actor) and talks.state != TalkState.CLOSED,
        "may_close": access.may_write(actor) and talks.state in OPEN_TALKS,
        "is_open": talks.is_open,
        "waited": shown.waited(service.response_time(talks.holder_id)) if side == Side.BUYER else "",
    }
    return render(request, "deals/negotiation_detail.html", context, status=refusal.status if refusal else 200)


@require_POST
@login_required
def negotiation_say(request: HttpRequest, number: str) -> HttpResponse:
    """Write a message."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    access.demand_writer(actor)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _page(request, talks, form)
    try:
        service.say(negotiation_id=talks.pk, by=actor, text=form.cleaned_data["text"])
    except DomainError as refusal:
        return _page(request, talks, form, refusal)
    return redirect(reverse("negotiation", args=[number]) + "#said-last")


@require_POST
@login_required
def negotiation_share(request: HttpRequest, number: str) -> HttpResponse:
    """Agree to share contact details."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    done = service.share_contacts(negotiation_id=talks.pk, by=actor)
    messages.info(
        request,
        _("Both sides now see each other’s contact details.")
        if done.contacts_are_shared
        else _("Noted. Contact details are shown once the other side agrees too."),
    )
    return redirect("negotiation", number)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def negotiation_qualify(request: HttpRequest, number: str) -> HttpResponse:
    """Fill in or correct the short form."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    if talks.side_of(access.speaks_for(actor)) != Side.BUYER:
        raise NotFound()
    initial = {name: getattr(talks, name) for name in QualifyForm.base_fields}
    form = QualifyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            service.qualify(negotiation_id=talks.pk, by=actor, form=form.told)
        except DomainError as refusal:
            complain(form, refusal)
        else:
            return redirect("negotiation", number)
    context = {"talks": talks, "form": form}
    return render(request, "deals/negotiation_qualify.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def negotiation_close(request: HttpRequest, number: str) -> HttpResponse:
    """Confirm (GET) and close (POST) the talks, with the reason the other side is told."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    access.demand_writer(actor)
    form = ReasonForm(request.POST or None)
    refusal: DomainError | None = None
    if request.method == "POST":
        reason = request.POST.get("reason", "")[:2000]
        try:
            service.close(negotiation_id=talks.pk, by=actor, reason=reason)
        except DomainError as error:
            refusal = error
        else:
            return redirect("negotiation", number)
    context = {
        "talks": talks,
        "other": talks.other_of(access.speaks_for(actor)),
        "form": form,
        "refusal": refusal,
        "back": reverse("negotiation", args=[number]),
    }
    return render(request, "deals/negotiation_close.html", context, status=refusal.status if refusal else 200)
