"""Appraisal orders: the board, the request, one order, and every step of it on a page of its own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from listings.patents.access import shown_assets
from marketplace.core.access import found
from marketplace.core.errors import DomainError, NotFound, NotPermitted
from marketplace.portal.steps import Step, take
from valuation.appraisals import access, acts, kickbacks
from valuation.appraisals.forms import OrderForm, PostForm
from valuation.appraisals.graphs.parties import AGENCY_WORKS, CLIENT_WORKS
from valuation.appraisals.presenting import card, flag_text, order_page, report_row, sign_row
from valuation.appraisals.services import orders, posting
from valuation.appraisals.states import OrderState
from valuation.models import Agency, Order, Quote, Report, ReviewComment

PER_PAGE = 30
COLUMNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("quotes", (OrderState.REQUESTED, OrderState.QUOTING, OrderState.CHOOSING)),
    ("data", (OrderState.CONTRACTING, OrderState.ENGAGED, OrderState.DATA)),
    ("draft", (OrderState.DRAFTING, OrderState.REVIEWING)),
    ("signing", (OrderState.SIGNING,)),
)
OVER = (OrderState.ISSUED, OrderState.CANCELLED, OrderState.DECLINED, OrderState.TERMINATED)


@require_safe
@login_required
def my_appraisals(request: HttpRequest) -> HttpResponse:
    """The board of running orders by stage, and those that are over."""
    actor = request.actor  # type: ignore[attr-defined]
    mine = access.orders_seen_by(actor).for_page().prefetch_related("ordered__asset").order_by("due_at", "-pk")
    own = access.reads_for(actor)
    running = [card(one, own) for one in mine.running()[:200]]
    columns = [
        {"name": name, "orders": [one for one in running if one["order"].state in states]} for name, states in COLUMNS
    ]
    page = Paginator(mine.in_state(*OVER).order_by("-state_since"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "columns": columns,
        "page": page,
        "rows": [card(one, own) for one in page],
        "is_empty": not running and not page.paginator.count,
        "may_order": _may_order(actor),
        "may_post": access.is_agency(actor) and AGENCY_WORKS.permits(actor, _AsAgency(actor)),
    }
    return render(request, "appraisals/my_appraisals.html", context)


class _AsAgency:
    """What a party rule looks at when there is no order yet: the actor's own organisation as the agency."""

    def __init__(self, actor: Any) -> None:
        self.agency_org_id = actor.org_id


def _may_order(actor: Any) -> bool:
    return actor.acts_for is not None and CLIENT_WORKS.permits(actor, Order(client_id=actor.acts_for))


def _rights(request: HttpRequest) -> list[int]:
    """Ids from ?asset=1&asset=2, or the hidden field of the form sent back."""
    raw = request.POST.get("rights", "").split(",") if request.method == "POST" else request.GET.getlist("asset")
    return [int(one) for one in raw if one.strip().isdigit()][:50]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_new(request: HttpRequest) -> HttpResponse:
    """A client's request, with the agencies to be asked."""
    actor = request.actor  # type: ignore[attr-defined]
    if not _may_order(actor):
        raise NotPermitted()
    ids = _rights(request)
    form = OrderForm(request.POST or None, initial={**OrderForm.usual(), "rights": ",".join(map(str, ids))})
    renews = Report.objects.filter(number=request.GET.get("renews", ""), client=actor.acts_for).first()
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                order = orders.request_appraisal(by=actor, wanted=form.wanted(), renews=renews)
                if form.cleaned_data["agencies"]:
                    ids = [one.pk for one in form.cleaned_data["agencies"]]
                    orders.invite(order_id=order.pk, agency_ids=ids, by=actor)
            return redirect("appraisal", order.number)
        except DomainError as error:
            refusal = error
            if error.field in form.fields:
                form.add_error(error.field, error.message)
    held = shown_assets().filter(holder=actor.acts_for).order_by("-pk")[:200]
    context = {
        "form": form,
        "refusal": refusal,
        "rights": shown_assets().filter(pk__in=ids),
        "held": held if not ids else [],
        "is_posting": False,
        "agencies_known": Agency.objects.filter(access.agencies_shown()).exists(),
    }
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(request, "appraisals/appraisal_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_post(request: HttpRequest) -> HttpResponse:
    """An agency enters a report that was engaged elsewhere."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.is_agency(actor):
        raise NotFound()
    if not AGENCY_WORKS.permits(actor, _AsAgency(actor)):
        raise NotPermitted()
    ids = _rights(request)
    form = PostForm(request.POST or None, initial={**OrderForm.usual(), "rights": ",".join(map(str, ids))})
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            order = posting.post_elsewhere(client_id=form.cleaned_data["client"].pk, wanted=form.wanted(), by=actor)
            return redirect("appraisal_workbench", order.number)
        except DomainError as error:
            refusal = error
    context = {"form": form, "refusal": refusal, "rights": shown_assets().filter(pk__in=ids), "is_posting": True}
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(request, "appraisals/appraisal_new.html", context, status=status)


@require_safe
@login_required
def appraisal_detail(request: HttpRequest, number: str) -> HttpResponse:
    """Where the order stands, whose turn it is, quotes, data, money, history."""
    actor = request.actor  # type: ignore[attr-defined]
    order = access.order_of(actor, number)
    return render(request, "appraisals/appraisal.html", order_page(order, actor))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """One step of the order."""
    actor = request.actor  # type: ignore[attr-defined]
    order = access.order_of(actor, number)
    if not access.is_inside(actor, order):
        raise NotFound()
    acts.demand_part(order, actor)
    back = "appraisal_workbench" if verb in WORKBENCH and access.is_appraising(actor, order) else "appraisal"
    return take_step(request, order, acts.ORDER_STEPS.get(verb), about=order, back=reverse(back, args=[number]))


WORKBENCH = frozenset({"frame", "weigh", "drop_method", "compute_scores", "give_score", "comment"})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_quote_act(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """One step of a quote."""
    actor = request.actor  # type: ignore[attr-defined]
    order = access.order_of(actor, number)
    quote = access.quote_of(actor, order, pk)
    step = acts.QUOTE_STEPS.get(verb)
    if step is None:
        raise NotFound()
    acts.demand_part_in(quote, actor)
    return take_step(request, quote, step, about=order, back=reverse("appraisal", args=[number]))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_data_act(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """One step of a data request."""
    actor = request.actor  # type: ignore[attr-defined]
    order = access.order_of(actor, number)
    asked = access.request_of(actor, order, pk)
    acts.demand_part(order, actor)
    back = reverse("appraisal", args=[number]) + "#data"
    return take_step(request, asked, acts.DATA_STEPS.get(verb), about=order, back=back)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_comment_act(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """Answer a comment of the review."""
    actor = request.actor  # type: ignore[attr-defined]
    order = access.order_of(actor, number)
    if not access.is_appraising(actor, order):
        raise NotFound()
    acts.demand_part(order, actor)
    comment = found(ReviewComment.objects.filter(order=order), pk=pk)
    back = reverse("appraisal_workbench", args=[number])
    return take_step(request, comment, acts.COMMENT_STEPS.get(verb), about=order, back=back)


def take_step(
    request: HttpRequest, subject: Any, step: Step | None, *, about: Order | Report, back: str
) -> HttpResponse:
    quote = subject if isinstance(subject, Quote) else None
    return take(request, subject, step, template="appraisals/act.html", back=back, about=about, quote=quote)


@require_safe
@login_required
def desk_appraisals(request: HttpRequest) -> HttpResponse:
    """For the operator: flagged quotes, signs of kickbacks, disputed reports, what is late."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.is_at_desk(actor):
        raise NotFound()
    flagged = Quote.objects.exclude(flags=[]).select_related("order", "agency__organisation").order_by("-pk")[:50]
    disputed = Report.objects.in_state("disputed", "suspended", "right_ended").for_page().order_by("-state_since")[:50]
    late = Order.objects.running().for_page().prefetch_related("ordered__asset").order_by("due_at")[:50]
    signs = kickbacks.signs()
    agencies = Agency.objects.select_related("organisation").in_bulk({one.agency_id for one in signs})
    context = {
        "flagged": [{"quote": one, "why": [flag_text(flag) for flag in one.flags]} for one in flagged],
        "signs": [sign_row(one, agencies) for one in signs],
        "disputed": [report_row(one) for one in disputed],
        "running": [card(one, None) for one in late],
    }
    return render(request, "appraisals/desk.html", context)
