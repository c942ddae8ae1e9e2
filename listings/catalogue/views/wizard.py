"""The listing wizard: plain forms, one a step, each saving the draft; back and forth without loss."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from listings.assets.models import Asset
from listings.catalogue import access, checks
from listings.catalogue.forms import DocumentForm, DraftForm, OfferForm, RightsForm, SummaryForm
from listings.catalogue.lacks import STEPS
from listings.catalogue.models import Listing, ListingDocument
from listings.catalogue.presenting import file_line
from listings.catalogue.price_form import PriceForm
from listings.catalogue.refusals import AlreadySubmitted
from listings.catalogue.services.documents import add_document, withdraw_document
from listings.catalogue.services.listings import create_listing, save_draft, submit_listing
from listings.catalogue.states import EDITABLE, Mode
from marketplace.accounts.roles import Kind
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import DomainError, NotFound, NotPermitted

TITLES = {
    "rights": _("What you offer"),
    "offer": _("Scope and term"),
    "summary": _("Plain-language summary"),
    "price": _("Price"),
    "papers": _("Papers"),
    "check": _("Check and send"),
}
FORMS: dict[str, type[DraftForm]] = {"offer": OfferForm, "summary": SummaryForm, "price": PriceForm}
MOST_CHOICES = 500


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def listing_new(request: HttpRequest) -> HttpResponse:
    """Choose the rights and begin the draft."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not access.may_list(actor):
        raise NotPermitted()
    picked = [one for one in request.GET.getlist("asset") if one.isascii() and one.isdigit() and len(one) < 19]
    form = RightsForm(
        request.POST or None, actor=actor, assets=_choices(actor), initial={"assets": picked, "mode": Mode.TRANSFER}
    )
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            listing = create_listing(by=actor, asset_ids=form.asset_ids, mode=form.cleaned_data["mode"])
        except DomainError as error:
            refusal = error
        else:
            return redirect("listing_edit", listing.number, "offer")
    steps = [
        {"label": label, "url": "", "state": "now" if step == "rights" else "open"} for step, label in TITLES.items()
    ]
    context = {
        "form": form,
        "steps": steps,
        "title": TITLES["rights"],
        "step": "rights",
        "refusal": refusal,
        "listing": None,
    }
    return render(request, "catalogue/wizard.html", context, status=_status(refusal, form, request))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def listing_edit(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """One step of the draft."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    listing = access.own_listing(actor, number)
    if step not in STEPS:
        raise NotFound()
    if not access.may_list(actor):
        raise NotPermitted()
    if listing.state not in EDITABLE:
        raise AlreadySubmitted()
    if step == "papers":
        return _papers(request, listing)
    if step == "check":
        return _check(request, listing)
    form = _form(request, actor, listing, step)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            chosen = form.asset_ids if isinstance(form, RightsForm) else None
            save_draft(listing_id=listing.pk, by=actor, values=form.values, asset_ids=chosen, seen_version=form.seen)
        except DomainError as error:
            refusal = error
        else:
            asks_more = isinstance(form, PriceForm) and form.asks_more
            return redirect("listing_edit", number, step if asks_more else _next(step, request.POST.get("go", "")))
    return _page(request, listing, step, {"form": form, "refusal": refusal}, _status(refusal, form, request))


def _form(request: HttpRequest, actor: Actor, listing: Listing, step: str) -> DraftForm:
    data = request.POST or None
    if step == "rights":
        return RightsForm(data, instance=listing, actor=actor, assets=_choices(actor, listing))
    return FORMS[step](data, instance=listing)


def _choices(actor: Actor, listing: Listing | None = None) -> Any:
    """What may be ticked: the organisation's rights; for a bank also what its draft already names."""
    held = access.listable_assets(actor)
    if actor.org_kind == Kind.BANK and listing is not None:
        return Asset.objects.filter(pk__in=[asset.pk for asset in listing.rights]) | held
    return held


def _next(step: str, go: str) -> str:
    """Where the button pressed leads: a step by name, “stay”, or the one after this."""
    if go == "stay":
        return step
    if go in STEPS:
        return go
    return STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]


def _papers(request: HttpRequest, listing: Listing) -> HttpResponse:
    form = DocumentForm(request.POST or None, request.FILES or None)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            add_document(
                listing_id=listing.pk,
                by=request.actor,  # type: ignore[attr-defined]
                upload=form.cleaned_data["upload"],
                title=form.cleaned_data["title"],
                access=form.cleaned_data["access"],
            )
        except DomainError as error:
            refusal = error
        else:
            return redirect("listing_edit", listing.number, "papers")
    documents = ListingDocument.objects.filter(listing=listing, withdrawn_at__isnull=True).select_related("file")
    files = [
        {
            **file_line(one),
            "url": reverse("file", args=[one.file_id]),
            "withdraw_url": reverse("listing_paper_withdraw", args=[listing.number, one.pk]),
        }
        for one in documents
    ]
    return _page(
        request, listing, "papers", {"form": form, "files": files, "refusal": refusal}, _status(refusal, form, request)
    )


@require_http_methods(["POST"])
@login_required
def listing_paper_withdraw(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Take one paper back."""
    actor = request.actor  # type: ignore[attr-defined]
    listing = access.own_listing(actor, number)
    document = found(ListingDocument.objects.filter(listing=listing), pk=pk)
    withdraw_document(document_id=document.pk, by=actor)
    return redirect("listing_edit", number, "papers")


def _check(request: HttpRequest, listing: Listing) -> HttpResponse:
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            submit_listing(listing_id=listing.pk, by=request.actor)  # type: ignore[attr-defined]
        except DomainError as error:
            refusal = error
        else:
            return redirect("my_listing", listing.number)
    return _page(request, listing, "check", {"form": None, "refusal": refusal}, refusal.status if refusal else 200)


def _page(request: HttpRequest, listing: Listing, step: str, more: dict[str, Any], status: int) -> HttpResponse:
    by_step = checks.missing_by_step(listing)
    blocking = {name: [lack for lack in lacks if lack.blocks] for name, lacks in by_step.items()}
    is_ready = not any(blocking.values())
    steps = [
        {
            "label": label,
            "url": reverse("listing_edit", args=[listing.number, name]),
            "state": _step_state(name, step, is_open=bool(blocking[name]) or (name == "check" and not is_ready)),
            "missing": len(blocking[name]),
        }
        for name, label in TITLES.items()
    ]
    lines = by_step[step] if step != "check" else [lack for lacks in by_step.values() for lack in lacks]
    place = STEPS.index(step)
    context = {
        "listing": listing,
        "step": step,
        "title": TITLES[step],
        "steps": steps,
        "lacks": [{"lack": lack, "url": reverse("listing_edit", args=[listing.number, lack.step])} for lack in lines],
        "is_ready": is_ready,
        "back": reverse("listing_edit", args=[listing.number, STEPS[place - 1]]) if place else "",
        "next": reverse("listing_edit", args=[listing.number, STEPS[place + 1]]) if step != "check" else "",
        "preview": reverse("listing_preview", args=[listing.number]),
        **more,
    }
    return render(request, "catalogue/wizard.html", context, status=status)


def _step_state(name: str, step: str, *, is_open: bool) -> str:
    return "now" if name == step else "open" if is_open else "done"


def _status(refusal: DomainError | None, form: Any, request: HttpRequest) -> int:
    if refusal is not None:
        return refusal.status
    return 422 if request.method == "POST" and form.errors else 200
