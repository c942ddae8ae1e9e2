"""The matches of a need, for those who posted it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from listings.catalogue import access as catalogue
from listings.matching import access
from listings.matching.factors import FactorCode
from listings.matching.models import Match, Verdict
from listings.matching.presenting import BEST, ORDERS, match_rows, matches_url, order_tabs, weight_rows
from listings.matching.services import decisions
from marketplace.core.errors import NotFound

PER_PAGE = 10


@require_safe
@login_required
def need_matches(request: HttpRequest, number: str) -> HttpResponse:
    """What was found, why, and in which order."""
    actor = request.actor  # type: ignore[attr-defined]
    need = catalogue.own_need(actor, number)
    order = request.GET.get("order", BEST)
    order = order if order in ORDERS else BEST
    mine = access.own_matches(actor).filter(need=need)
    with_dismissed = request.GET.get("dismissed") == "1"
    shown = mine if with_dismissed else mine.standing()
    page = Paginator(shown.order_by(*ORDERS[order]), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "need": need,
        "rows": match_rows(need, list(page.object_list)),
        "tabs": order_tabs(order),
        "number": page.number,
        "last": page.paginator.num_pages,
        "dismissed": mine.filter(verdict=Verdict.DISMISSED).count(),
        "with_dismissed": with_dismissed,
        "weights": weight_rows(need),
        "may_decide": access.may_decide(actor),
        "reasons": FactorCode.choices,
        "is_matched": access.is_matched(need),
    }
    return render(request, "matching/need_matches.html", context)


@require_POST
@login_required
def match_decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Keep, dismiss, or take back what was decided."""
    actor = request.actor  # type: ignore[attr-defined]
    match: Match
    if verb == "shortlist":
        match = decisions.shortlist_match(match_id=pk, by=actor)
    elif verb == "dismiss":
        match = decisions.dismiss_match(match_id=pk, by=actor, reasons=request.POST.getlist("reasons"))
    elif verb == "undo":
        match = decisions.take_back_decision(match_id=pk, by=actor)
    else:
        raise NotFound()
    return redirect(matches_url(match.need))


@require_POST
@login_required
def weights_reset(request: HttpRequest, number: str) -> HttpResponse:
    """Forget what was learned."""
    actor = request.actor  # type: ignore[attr-defined]
    decisions.reset_weights(number=number, by=actor)
    return redirect("need_matches", number)


@require_safe
def matching_criteria(request: HttpRequest) -> HttpResponse:
    """How matches are found and ordered, for everybody."""
    return render(request, "matching/criteria.html", {"factors": FactorCode.choices})
