"""The holder's desk: my listings, one listing with its steps, enquiries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from listings.catalogue import access, acts, checks
from listings.catalogue.forms import ReasonForm
from listings.catalogue.lacks import Incomplete
from listings.catalogue.models import Enquiry, Listing, ListingDay
from listings.catalogue.naming import shown_number, status_badge
from listings.catalogue.presenting import listing_page
from listings.catalogue.services import listings as service
from listings.catalogue.states import EDITABLE, PUBLIC, ListingState, Mode, PriceMode
from listings.catalogue.timelines import full_timeline, last_reason
from marketplace.core import clock
from marketplace.core.errors import DomainError, NotFound, NotPermitted
from marketplace.core.workdays import work_calendar

PER_PAGE = 25

#: The verbs of the desk, each with the one service function behind it.
HOLDER_VERBS: dict[str, Callable[..., Listing]] = {
    "submit": service.submit_listing,
    "recall": service.recall_listing,
    "amend": service.amend_listing,
    "withdraw": service.withdraw_listing,
    "reserve": service.reserve_listing,
    "release": service.release_listing,
    "close": service.close_listing,
    "resume": service.resume_listing,
}


def working_days_to(due: datetime | None) -> int | None:
    """Working days until a deadline, negative when it has passed. A deadline is the first moment that is too late."""
    if due is None:
        return None
    return work_calendar().working_days_between(clock.today(), clock.last_day(due))


@require_safe
@login_required
def my_listings(request: HttpRequest) -> HttpResponse:
    """Every listing of the organisation acted for, with what it still lacks and how it is received."""
    actor = request.actor  # type: ignore[attr-defined]
    mine = access.own_listings(actor)
    state = request.GET.get("state", "")
    counts = dict(mine.order_by().values_list("state").annotate(Count("pk")))
    shown = mine.in_state(state) if state in ListingState.values else mine
    views = ListingDay.objects.filter(listing=OuterRef("pk")).order_by().values("listing").annotate(total=Sum("views"))
    asked = Enquiry.objects.filter(listing=OuterRef("pk")).order_by().values("listing").annotate(total=Count("pk"))
    page = Paginator(
        shown.with_rights()
        .annotate(
            opened=Coalesce(Subquery(views.values("total")), 0),
            enquiries_count=Coalesce(Subquery(asked.values("total")), 0),
        )
        .order_by("-updated_at", "-pk"),
        PER_PAGE,
    ).get_page(request.GET.get("page"))
    rows = [
        {
            "listing": listing,
            "shape": acts.STATE_SHAPES[listing.state],
            "label": ListingState(listing.state).label,
            "mode": Mode(listing.mode).label,
            "url": reverse("my_listing", args=[listing.number]),
            "days": working_days_to(listing.due_at) if listing.state == ListingState.IN_REVIEW else None,
        }
        for listing in page.object_list
    ]
    tabs = [{"label": _("All"), "url": "?", "count": sum(counts.values()), "current": state not in ListingState.values}]
    tabs += [
        {"label": label, "url": f"?state={value}", "count": counts[value], "current": value == state}
        for value, label in ListingState.choices
        if counts.get(value)
    ]
    context = {
        "rows": rows,
        "tabs": tabs,
        "number": page.number,
        "last": page.paginator.num_pages,
        "may_list": access.may_list(actor),
    }
    return render(request, "catalogue/my_listings.html", context)


@require_safe
@login_required
def my_listing(request: HttpRequest, number: str) -> HttpResponse:
    """One listing: where it stands, what it lacks, what may be done, what happened."""
    actor = request.actor  # type: ignore[attr-defined]
    listing = access.own_listing(actor, number)
    open_acts = acts.acts_of(listing, actor)
    by_step = (
        checks.missing_by_step(listing) if listing.state not in {ListingState.CLOSED, ListingState.WITHDRAWN} else {}
    )
    totals = ListingDay.objects.filter(listing=listing).aggregate(total=Sum("views"))
    context = {
        "listing": listing,
        "shape": acts.STATE_SHAPES[listing.state],
        "label": ListingState(listing.state).label,
        "mode": Mode(listing.mode).label,
        "is_editable": listing.state in EDITABLE and access.may_list(actor),
        "is_public": listing.state in PUBLIC,
        "is_sealed": listing.price_mode == PriceMode.SEALED,
        "in_review": listing.state == ListingState.IN_REVIEW,
        "days": working_days_to(listing.due_at),
        "reason": last_reason(listing, "listing.return", "listing.suspend")
        if listing.state in {ListingState.RETURNED, ListingState.SUSPENDED}
        else "",
        "is_returned": listing.state == ListingState.RETURNED,
        "lacks": [lack for found in by_step.values() for lack in found],
        "acts": acts.as_component(open_acts, lambda verb: reverse("listing_act", args=[number, verb])),
        "rights": [(asset, shown_number(asset), status_badge(asset)) for asset in listing.rights],
        "events": full_timeline(listing),
        "views": totals["total"] or 0,
        "enquiries": listing.enquiries.count(),
        "may_copy": access.may_list(actor),
    }
    return render(request, "catalogue/my_listing.html", context)


@require_safe
@login_required
def listing_preview(request: HttpRequest, number: str) -> HttpResponse:
    """The page as the public will see it."""
    listing = access.own_listing(request.actor, number)  # type: ignore[attr-defined]
    return render(request, "catalogue/listing_detail.html", listing_page(listing, is_preview=True))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def listing_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Confirm (GET) and take (POST) one step of the holder's."""
    actor = request.actor  # type: ignore[attr-defined]
    listing = access.own_listing(actor, number)
    take = HOLDER_VERBS.get(verb)
    if take is None:
        raise NotFound()
    act = next((one for one in acts.acts_of(listing, actor) if one.verb == verb), None)
    if request.method == "POST":
        reason = {"reason": request.POST.get("reason", "")[:2000]} if verb in {"withdraw", "close"} else {}
        refusal: DomainError | None = None
        try:
            take(listing_id=listing.pk, by=actor, **reason)
        except DomainError as error:
            refusal = error
        if refusal is None:
            return redirect("my_listing", number)
        return _confirm(request, listing, verb, act, refusal)
    if act is None and not access.may_list(actor):
        raise NotPermitted()
    return _confirm(request, listing, verb, act, act.refusal if act else None)


def _confirm(
    request: HttpRequest, listing: Listing, verb: str, act: acts.Act | None, refusal: DomainError | None
) -> HttpResponse:
    context = {
        "subject": listing,
        "verb": verb,
        "act": act,
        "refusal": refusal,
        "lacks": refusal.lacks if isinstance(refusal, Incomplete) else [],
        "warning": acts.WARNINGS.get(verb, ""),
        "danger": verb in acts.DANGEROUS,
        "state_label": ListingState(listing.state).label,
        "form": ReasonForm() if verb in {"withdraw", "close"} else None,
        "back": reverse("my_listing", args=[listing.number]),
        "trail": [(_("My listings"), reverse("my_listings"))],
    }
    return render(
        request,
        "catalogue/confirm_act.html",
        context,
        status=refusal.status if refusal and request.method == "POST" else 200,
    )


@require_http_methods(["POST"])
@login_required
def listing_copy(request: HttpRequest, number: str) -> HttpResponse:
    """Begin a new draft from this one."""
    actor = request.actor  # type: ignore[attr-defined]
    source = access.own_listing(actor, number)
    made = service.copy_listing(listing_id=source.pk, by=actor)
    return redirect("listing_edit", made.number, "rights")
