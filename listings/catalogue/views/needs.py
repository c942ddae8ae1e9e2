"""The seeker's desk: my needs, one form a need, its steps."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from listings.catalogue import access, acts, checks
from listings.catalogue.forms import NeedForm, ReasonForm
from listings.catalogue.lacks import Incomplete
from listings.catalogue.models import Need
from listings.catalogue.presenting import need_page
from listings.catalogue.pricing import budget_of
from listings.catalogue.refusals import AlreadySubmitted
from listings.catalogue.services import needs as service
from listings.catalogue.states import NEED_EDITABLE, NeedState
from listings.catalogue.timelines import full_timeline, last_reason
from listings.catalogue.views.desk import working_days_to
from marketplace.core.errors import DomainError, NotFound, NotPermitted

PER_PAGE = 25

SEEKER_VERBS: dict[str, Callable[..., Need]] = {
    "submit": service.submit_need,
    "recall": service.recall_need,
    "amend": service.amend_need,
    "withdraw": service.withdraw_need,
    "meet": service.meet_need,
}
WITH_REASON = frozenset({"withdraw", "meet"})


@require_safe
@login_required
def my_needs(request: HttpRequest) -> HttpResponse:
    """Every need of the organisation acted for."""
    actor = request.actor  # type: ignore[attr-defined]
    mine = access.own_needs(actor)
    counts = dict(mine.order_by().values_list("state").annotate(Count("pk")))
    state = request.GET.get("state", "")
    shown = mine.in_state(state) if state in NeedState.values else mine
    page = Paginator(shown.order_by("-updated_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "need": need,
            "shape": acts.STATE_SHAPES[need.state],
            "label": NeedState(need.state).label,
            "url": reverse("my_need", args=[need.number]),
            "budget": budget_of(need)[0],
            "days": working_days_to(need.due_at) if need.state == NeedState.IN_REVIEW else None,
        }
        for need in page.object_list
    ]
    tabs = [{"label": _("All"), "url": "?", "count": sum(counts.values()), "current": state not in NeedState.values}]
    tabs += [
        {"label": label, "url": f"?state={value}", "count": counts[value], "current": value == state}
        for value, label in NeedState.choices
        if counts.get(value)
    ]
    context = {
        "rows": rows,
        "tabs": tabs,
        "number": page.number,
        "last": page.paginator.num_pages,
        "may_seek": access.may_seek(actor),
    }
    return render(request, "catalogue/my_needs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def need_new(request: HttpRequest) -> HttpResponse:
    """Begin a need."""
    actor = request.actor  # type: ignore[attr-defined]
    if not access.may_seek(actor):
        raise NotPermitted()
    form = NeedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        need = service.create_need(by=actor, values=form.values)
        return redirect("my_need", need.number)
    context = {"form": form, "need": None}
    return render(request, "catalogue/need_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def need_edit(request: HttpRequest, number: str) -> HttpResponse:
    """Change a draft."""
    actor = request.actor  # type: ignore[attr-defined]
    need = access.own_need(actor, number)
    if not access.may_seek(actor):
        raise NotPermitted()
    if need.state not in NEED_EDITABLE:
        raise AlreadySubmitted()
    form = NeedForm(request.POST or None, instance=need)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            service.save_need(need_id=need.pk, by=actor, values=form.values, seen_version=form.seen)
        except DomainError as error:
            refusal = error
        else:
            return redirect("my_need", number)
    status = refusal.status if refusal else 422 if form.errors else 200
    context = {"form": form, "need": need, "refusal": refusal, "lacks": checks.missing_in_need(need)}
    return render(request, "catalogue/need_edit.html", context, status=status)


@require_safe
@login_required
def my_need(request: HttpRequest, number: str) -> HttpResponse:
    """One need: where it stands and what may be done."""
    actor = request.actor  # type: ignore[attr-defined]
    need = access.own_need(actor, number)
    context = {
        **need_page(need, is_preview=True),
        "label": NeedState(need.state).label,
        "shape": acts.STATE_SHAPES[need.state],
        "is_editable": need.state in NEED_EDITABLE and access.may_seek(actor),
        "is_public": need.state == NeedState.PUBLISHED,
        "in_review": need.state == NeedState.IN_REVIEW,
        "days": working_days_to(need.due_at),
        "reason": last_reason(need, "need.return") if need.state == NeedState.RETURNED else "",
        "lacks": checks.missing_in_need(need) if need.state in NEED_EDITABLE else [],
        "acts": acts.as_component(acts.acts_of(need, actor), lambda verb: reverse("need_act", args=[number, verb])),
        "events": full_timeline(need),
    }
    return render(request, "catalogue/my_need.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def need_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Confirm (GET) and take (POST) one step of the seeker's."""
    actor = request.actor  # type: ignore[attr-defined]
    need = access.own_need(actor, number)
    take = SEEKER_VERBS.get(verb)
    if take is None:
        raise NotFound()
    act = next((one for one in acts.acts_of(need, actor) if one.verb == verb), None)
    if act is None and not access.may_seek(actor):
        raise NotPermitted()
    refusal = act.refusal if act else None
    if request.method == "POST":
        reason = {"reason": request.POST.get("reason", "")[:2000]} if verb in WITH_REASON else {}
        try:
            take(need_id=need.pk, by=actor, **reason)
        except DomainError as error:
            refusal = error
        else:
            return redirect("my_need", number)
    context = {
        "subject": need,
        "verb": verb,
        "act": act,
        "refusal": refusal,
        "lacks": refusal.lacks if isinstance(refusal, Incomplete) else [],
        "warning": acts.WARNINGS.get(verb, ""),
        "danger": verb in acts.DANGEROUS,
        "state_label": NeedState(need.state).label,
        "form": ReasonForm() if verb in WITH_REASON else None,
        "back": reverse("my_need", args=[number]),
        "trail": [(_("My needs"), reverse("my_needs"))],
    }
    status = refusal.status if refusal and request.method == "POST" else 200
    return render(request, "catalogue/confirm_act.html", context, status=status)
