"""The operator's review desk: listings and needs, late first; one page a matter, beside the register's facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from listings.catalogue import access, acts, checks
from listings.catalogue.forms import ReasonForm
from listings.catalogue.graphs import REVIEW_WORKING_DAYS
from listings.catalogue.models import Listing, Need
from listings.catalogue.presenting import listing_page, need_page
from listings.catalogue.services import listings as listing_service
from listings.catalogue.services import needs as need_service
from listings.catalogue.states import ListingState, Mode, NeedState
from listings.catalogue.timelines import full_timeline
from listings.catalogue.views.desk import working_days_to
from marketplace.core.errors import DomainError, NotFound

MOST_SHOWN = 200
DESK_VERBS: dict[str, dict[str, Callable[..., Any]]] = {
    "listings": {
        "publish": listing_service.publish_listing,
        "return": listing_service.return_listing,
        "suspend": listing_service.suspend_listing,
        "resume": listing_service.resume_listing,
    },
    "needs": {"publish": need_service.publish_need, "return": need_service.return_need},
}
WITH_REASON = frozenset({"return", "suspend"})


@require_safe
@login_required
def review_list(request: HttpRequest) -> HttpResponse:
    """What waits for a decision; the oldest promise first."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.is_at_desk(actor):
        raise NotFound()
    listings = access.listings_for_review(actor).in_state(ListingState.IN_REVIEW).with_rights()
    needs = access.needs_for_review(actor).in_state(NeedState.IN_REVIEW).select_related("organisation")
    matters = [
        _line(one, "listings", str(Mode(one.mode).label)) for one in listings.order_by("due_at", "pk")[:MOST_SHOWN]
    ]
    matters += [_line(one, "needs", _("Need")) for one in needs.order_by("due_at", "pk")[:MOST_SHOWN]]
    matters.sort(key=lambda line: line["due_at"])
    suspended = access.listings_for_review(actor).in_state(ListingState.SUSPENDED).with_rights()
    context = {
        "matters": matters,
        "promised": REVIEW_WORKING_DAYS,
        "late": sum(line["is_late"] for line in matters),
        "suspended": [
            _line(one, "listings", str(Mode(one.mode).label)) for one in suspended.order_by("-state_since")[:20]
        ],
    }
    return render(request, "catalogue/review_list.html", context)


def _line(subject: Listing | Need, kind: str, what: str) -> dict[str, Any]:
    left = working_days_to(subject.due_at)
    return {
        "subject": subject,
        "what": what,
        "url": reverse("review_detail", args=[kind, subject.number]),
        "due_at": subject.due_at,
        "days": left,
        "is_late": left is not None and left < 0,
        "since": subject.state_since,
    }


def _matter(request: HttpRequest, kind: str, number: str) -> Listing | Need:
    actor = request.actor  # type: ignore[attr-defined]
    if kind == "listings":
        return access.listing_for_review(actor, number)
    if kind == "needs":
        return access.need_for_review(actor, number)
    raise NotFound()


@require_safe
@login_required
def review_detail(request: HttpRequest, kind: str, number: str) -> HttpResponse:
    """One matter: what was handed in, what the register says, what our checks find, and the decision."""
    return _detail(request, _matter(request, kind, number), kind, ReasonForm(), None)


def _detail(
    request: HttpRequest, subject: Listing | Need, kind: str, form: ReasonForm, refusal: DomainError | None
) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    if isinstance(subject, Listing):
        page, lacks = listing_page(subject, is_preview=True), checks.missing_in(subject)
        label, template = ListingState(subject.state).label, "catalogue/review_listing.html"
    else:
        page, lacks = need_page(subject, is_preview=True), checks.missing_in_need(subject)
        label, template = NeedState(subject.state).label, "catalogue/review_need.html"
    open_acts = [act for act in acts.acts_of(subject, actor) if act.verb in DESK_VERBS[kind]]
    context = {
        **page,
        "subject": subject,
        "kind": kind,
        "label": label,
        "shape": acts.STATE_SHAPES[subject.state],
        "days": working_days_to(subject.due_at),
        "waits": subject.state == ListingState.IN_REVIEW,
        "lacks": lacks,
        "decisions": [
            {
                "act": act,
                "url": reverse("review_act", args=[kind, subject.number, act.verb]),
                "needs_reason": act.verb in WITH_REASON,
                "is_main": act.verb in {"publish", "resume"},
            }
            for act in open_acts
        ],
        "asks_reason": any(act.verb in WITH_REASON for act in open_acts),
        "form": form,
        "refusal": refusal,
        "timeline": full_timeline(subject),
    }
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_http_methods(["POST"])
@login_required
def review_act(request: HttpRequest, kind: str, number: str, verb: str) -> HttpResponse:
    """Take one decision of the desk."""
    subject = _matter(request, kind, number)
    take = DESK_VERBS[kind].get(verb)
    if take is None:
        raise NotFound()
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _detail(request, subject, kind, form, None)
    reason = {"reason": form.cleaned_data["reason"]} if verb in WITH_REASON else {}
    key = "listing_id" if isinstance(subject, Listing) else "need_id"
    try:
        take(**{key: subject.pk}, by=request.actor, **reason)  # type: ignore[attr-defined]
    except DomainError as error:
        return _detail(request, subject, kind, form, error)
    if subject.state == ListingState.IN_REVIEW:
        return redirect("review_list")
    return redirect("review_detail", kind, number)
