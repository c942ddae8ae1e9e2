"""Confidentiality and the data room: the text read and accepted, files given, opened, taken back, and the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from listings.catalogue.models import Listing
from listings.deals import marking
from listings.deals.models.negotiation import NdaText, Negotiation
from listings.deals.models.room import RoomFile, RoomGrant
from listings.deals.services import ndas, rooms
from listings.deals.talks import access as access
from listings.deals.talks.forms import GrantForm, NdaAcceptForm, NdaTextForm, RoomFileForm
from listings.deals.talks.states import Side, TalkState
from marketplace.accounts.forms import complain
from marketplace.core import clock
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError


# ── the text ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def negotiation_nda(request: HttpRequest, number: str) -> HttpResponse:
    """Read (GET) and accept (POST) the confidentiality text in force."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    if request.method == "POST":
        access.demand_writer(actor)
    text = ndas.current_text(talks.listing_id)
    accepted = ndas.acceptance_of(talks, text)
    initial = {"sha256": text.sha256, "name": actor.name}
    form = NdaAcceptForm(request.POST or None, initial=initial)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            ndas.accept_nda(
                negotiation_id=talks.pk,
                by=actor,
                sha256=form.cleaned_data["sha256"],
                name=form.cleaned_data["name"],
                address=request.META.get("REMOTE_ADDR"),
            )
        except DomainError as error:
            refusal = error
        else:
            messages.info(request, _("Acceptance recorded, with the hash of the exact text."))
            return redirect("negotiation_room", number)
    context = {
        "talks": talks,
        "nda": text,
        "accepted": accepted,
        "form": form if not refusal else NdaAcceptForm(initial=initial),
        "refusal": refusal,
        "may_accept": talks.side_of(access.speaks_for(actor)) == Side.BUYER
        and access.may_bind(actor)
        and accepted is None
        and talks.is_open,
        "is_buyer": talks.side_of(access.speaks_for(actor)) == Side.BUYER,
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "deals/room_nda.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def listing_nda(request: HttpRequest, number: str) -> HttpResponse:
    """The holder's own confidentiality text for one listing: versions, and a new one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    listing = access.own_room(actor, number)
    access.demand_writer(actor)
    current = ndas.current_text(listing.pk)
    form = NdaTextForm(request.POST or None, request.FILES or None, initial=_start_of(current))
    if request.method == "POST" and form.is_valid():
        try:
            ndas.write_text(
                listing_id=listing.pk,
                by=actor,
                text_zh=form.cleaned_data["text_zh"],
                text_en=form.cleaned_data["text_en"],
                upload=form.cleaned_data["upload"],
            )
        except DomainError as refusal:
            complain(form, refusal)
        else:
            messages.info(request, _("New version set. Acceptances of earlier versions no longer open the data room."))
            return redirect("listing_nda", number)
    context = {
        "listing": listing,
        "current": current,
        "versions": list(NdaText.objects.filter(listing=listing).select_related("file", "written_by")),
        "form": form,
    }
    return render(request, "deals/room_nda_edit.html", context, status=422 if form.errors else 200)


def _start_of(text: NdaText) -> dict[str, str]:
    return {"text_zh": text.text_zh, "text_en": text.text_en}


# ── the holder's side ────────────────────────────────────────────────────────────────────────────────────────────────
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def listing_room(request: HttpRequest, number: str) -> HttpResponse:
    """The data room of a listing as its holder keeps it: files, to whom they are open, who opened them."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    listing = access.own_room(actor, number)
    if request.method == "POST":
        access.demand_writer(actor)
    form = RoomFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            rooms.add_room_file(
                listing_id=listing.pk,
                by=actor,
                upload=form.cleaned_data["upload"],
                title=form.cleaned_data["title"],
            )
        except DomainError as refusal:
            complain(form, refusal)
        else:
            return redirect("listing_room", number)
    context = {
        "listing": listing,
        "files": _room_rows(listing),
        "talks": Negotiation.objects.filter(listing=listing).open().select_related("buyer").order_by("-last_said_at"),
        "openings": rooms.openings_of(listing.pk),
        "form": form,
        "may_keep": access.may_write(actor),
        "nda": ndas.current_text(listing.pk),
    }
    return render(request, "deals/room_keep.html", context, status=422 if form.errors else 200)


def _room_rows(listing: Listing) -> list[dict[str, Any]]:
    rows = list(RoomFile.objects.filter(listing=listing).select_related("file"))
    grants: dict[int, list[RoomGrant]] = {}
    for one in RoomGrant.objects.in_force().filter(room_file__listing=listing).select_related("negotiation__buyer"):
        grants.setdefault(one.room_file_id, []).append(one)
    return [
        {
            "row": row,
            "is_marked": row.file.content_type in marking.MARKED,
            "open_to": grants.get(row.pk, []),
        }
        for row in rows
    ]


@require_POST
@login_required
def room_file_withdraw(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take a file out of the room."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    listing = access.own_room(actor, number)
    row = found(RoomFile.objects.filter(listing=listing), pk=pk)
    rooms.withdraw_room_file(room_file_id=row.pk, by=actor)
    return redirect("listing_room", number)


# ── the room of one negotiation ──────────────────────────────────────────────────────────────────────────────────────
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def negotiation_room(request: HttpRequest, number: str) -> HttpResponse:
    """What is open in these talks. The holder gives files here (POST); the asking side opens them."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    if request.method == "POST":
        access.demand_writer(actor)
    is_holder = talks.side_of(access.speaks_for(actor)) == Side.HOLDER
    files = list(RoomFile.objects.filter(listing=talks.listing_id, withdrawn_at__isnull=True).select_related("file"))
    form = GrantForm(request.POST or None, choices=[(one.pk, one.name) for one in files]) if is_holder else None
    if request.method == "POST":
        if form is None:
            return HttpResponse(status=405)
        if form.is_valid():
            try:
                rooms.grant(
                    room_file_id=form.cleaned_data["file"],
                    negotiation_id=talks.pk,
                    by=actor,
                    expires_at=form.expires_at,
                )
            except DomainError as refusal:
                complain(form, refusal)
            else:
                return redirect("negotiation_room", number)
    text = ndas.current_text(talks.listing_id)
    accepted = ndas.acceptance_of(talks, text)
    grants = {one.room_file_id: one for one in access.granted_files(talks)}
    rows = [
        {
            "row": one,
            "grant": grants.get(one.pk),
            "is_marked": one.file.content_type in marking.MARKED,
            "soon": one.pk in grants and grants[one.pk].expires_at - clock.now() < timedelta(days=3),
            "may_open": is_holder or (one.pk in grants and accepted is not None),
        }
        for one in files
        if is_holder or one.pk in grants
    ]
    context = {
        "talks": talks,
        "other": talks.other_of(access.speaks_for(actor)),
        "is_holder": is_holder,
        "rows": rows,
        "form": form,
        "nda": text,
        "accepted": accepted,
        "is_closed": talks.state == TalkState.CLOSED,
        "may_grant": is_holder and access.may_write(actor) and bool(files) and talks.state != TalkState.CLOSED,
    }
    return render(request, "deals/room_detail.html", context, status=422 if form and form.errors else 200)


@require_safe
@login_required
def room_file_open(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Hand a file out under the reader's name. The opening is on record before its first byte is read."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    opened = rooms.open_room_file(
        negotiation_id=talks.pk, room_file_id=pk, by=actor, address=request.META.get("REMOTE_ADDR")
    )
    return HttpResponse(
        opened.content,
        content_type=opened.content_type,
        headers={
            "Content-Disposition": content_disposition_header(True, opened.name) or "attachment",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )


@require_POST
@login_required
def room_file_revoke(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take a file back from these talks, effective on the next request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    talks = access.negotiation_of(actor, number)
    rooms.revoke(room_file_id=pk, negotiation_id=talks.pk, by=actor)
    return redirect(reverse("negotiation_room", args=[number]))
