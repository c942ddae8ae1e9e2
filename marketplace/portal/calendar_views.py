"""The calendar page, its file, and the address that calendar programs read."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from marketplace.accounts.acting import standing_of
from marketplace.accounts.models import Membership
from marketplace.core.errors import NotFound
from marketplace.portal import agenda, feeds


@require_safe
@login_required
def calendar(request: HttpRequest) -> HttpResponse:
    """One month of the organisation's days, `?month=2026-11`, and the way to have them in a calendar program."""
    actor = request.actor  # type: ignore[attr-defined]
    first = agenda.month_of(request.GET.get("month", ""))
    days = agenda.shown_days(first)
    entries = agenda.between(actor, days[0], days[-1])
    membership = _membership(request)
    feed = feeds.of(membership) if membership and not actor.on_behalf_of else None
    context = {
        "first": first,
        "before": first - timedelta(days=1),
        "after": agenda.next_month(first),
        "weeks": agenda.weeks(first, entries),
        "count": sum(1 for entry in entries if entry.day.month == first.month),
        "weekdays": [(days[n], n > 4) for n in range(7)],
        "may_feed": membership is not None and not actor.on_behalf_of,
        "feed": feed,
        "feed_url": feeds.address(feed) if feed else "",
    }
    return render(request, "portal/calendar.html", context)


@require_POST
@login_required
def renew_feed(request: HttpRequest) -> HttpResponse:
    """Make the address for calendar programs, or a new one in place of it."""
    feeds.renew(_own_membership(request))
    messages.success(request, _("The address is made. One given out before no longer answers."))
    return redirect("calendar")


@require_POST
@login_required
def end_feed(request: HttpRequest) -> HttpResponse:
    """No calendar program reads any more."""
    feeds.end(_own_membership(request))
    messages.success(request, _("The address no longer answers."))
    return redirect("calendar")


@never_cache
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar program reads; the signed address is the proof."""
    return HttpResponse(feeds.read(token), content_type="text/calendar; charset=utf-8")


def _membership(request: HttpRequest) -> Membership | None:
    standing = standing_of(request)
    return standing.membership if standing else None


def _own_membership(request: HttpRequest) -> Membership:
    membership = _membership(request)
    if membership is None or request.actor.on_behalf_of:  # type: ignore[attr-defined]
        raise NotFound()
    return membership
