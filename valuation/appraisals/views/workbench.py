"""The drafting workbench: words, methods with their live result, weights."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.core.errors import DomainError, NotFound, NotPermitted, OutOfRange
from valuation.appraisals import access, asking, worksheets
from valuation.appraisals.figures import outcome_view
from valuation.appraisals.forms import TextForm, worksheet_data
from valuation.appraisals.graphs.parties import AGENCY_WORKS
from valuation.appraisals.sections import BY_NAME
from valuation.appraisals.services import drafting
from valuation.appraisals.services.drafting import Working
from valuation.appraisals.workbench_page import workbench_page
from valuation.appraisals.worksheets import BY_METHOD, Entry, Worksheet, figure_of, read, written
from valuation.models import Order
from valuation.reading import AMOUNT, POSITIVE_AMOUNT, POSITIVE_RATE, RATE, SHARE


def _draft_of(request: HttpRequest, number: str) -> Order:
    """The order whose draft the actor's agency writes; NotFound for everybody else, the client too."""
    actor = request.actor  # type: ignore[attr-defined]
    order = access.order_of(actor, number)
    if not access.is_appraising(actor, order) or not hasattr(order, "draft"):
        raise NotFound()
    return order


def _writable(request: HttpRequest, number: str) -> Order:
    order = _draft_of(request, number)
    if not AGENCY_WORKS.permits(request.actor, order):  # type: ignore[attr-defined]
        raise NotPermitted()
    return order


@require_safe
@login_required
def appraisal_workbench(request: HttpRequest, number: str) -> HttpResponse:
    """The draft as a whole: what stands, what is missing, what each method comes to."""
    order = _draft_of(request, number)
    return render(request, "appraisals/workbench.html", workbench_page(order, request.actor))  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_text(request: HttpRequest, number: str, section: str) -> HttpResponse:
    """One part of the report in words, in both languages."""
    order = _writable(request, number)
    if section not in BY_NAME:
        raise NotFound()
    stored = order.draft.texts.get(section) or {}
    form = TextForm(request.POST or None, initial={"zh": stored.get("zh", ""), "en": stored.get("en", "")})
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            drafting.write_text(
                order_id=order.pk,
                section=section,
                zh=form.cleaned_data["zh"],
                en=form.cleaned_data["en"],
                by=request.actor,  # type: ignore[attr-defined]
            )
            return redirect("appraisal_workbench", number)
        except DomainError as error:
            refusal = error
    context = {"order": order, "section": BY_NAME[section], "form": form, "refusal": refusal}
    return render(request, "appraisals/text.html", context, status=refusal.status if refusal else 200)


def _working(method: str, data: Any) -> Working:
    inputs, reasons, ranges, why = worksheet_data(method, data)
    ranges = {name: {key: figure_of(one) for key, one in bounds.items()} for name, bounds in ranges.items()}
    return Working(method=method, input=read(BY_METHOD[method], inputs), reasons=reasons, uncertain=ranges, why=why)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_method(request: HttpRequest, number: str, method: str) -> HttpResponse:
    """One method: inputs and reasons on the left, the live result on the right; saving computes and keeps it."""
    order = _writable(request, number)
    if method not in BY_METHOD:
        raise NotFound()
    refusal: DomainError | None = None
    stored = order.methods.filter(method=method).first()
    if request.method == "POST":
        working = _working(method, request.POST)
        try:
            drafting.use_method(order_id=order.pk, working=working, by=request.actor)  # type: ignore[attr-defined]
            messages.success(request, _("The method is computed and kept."))
            return redirect("appraisal_workbench", number)
        except DomainError as error:
            refusal = error
    elif stored is not None:
        working = Working(method, stored.input, stored.reasons, stored.uncertain, stored.why)
    else:
        working = Working(method, {}, {}, {}, "")
    context = {
        "order": order,
        "sheet": BY_METHOD[method],
        "fields": _fields(BY_METHOD[method], working, request.POST, refusal),
        "why": working.why,
        "refusal": refusal,
        "problems": [_problem(method, refusal)] if refusal else [],
        **_live(order, working, request.POST),
    }
    return render(request, "appraisals/method.html", context, status=refusal.status if refusal else 200)


def _fields(sheet: Worksheet, working: Working, posted: Any, refusal: DomainError | None) -> list[dict[str, Any]]:
    """The left side: every entry with what stands in it as it was typed, its reason, its range and what is wrong."""
    typed = written(sheet, working.input)
    wrong, place = worksheets.place_of(refusal.field) if refusal else ("", "")

    def bound(name: str, part: str) -> str:
        return str(posted.get(f"{name}__{part}", working.uncertain.get(name, {}).get(part, "")))

    return [
        {
            "entry": one,
            "value": posted.get(one.name, "" if posted else typed.get(one.name, "")),
            "reason": working.reasons.get(one.name, ""),
            "spread": bound(one.name, "spread"),
            "low": bound(one.name, "low"),
            "high": bound(one.name, "high"),
            "is_list": one.sort in ("amounts", "rows"),
            "error": " ".join(x for x in (place, _said(one, refusal)) if x) if refusal and one.name == wrong else "",
        }
        for one in sheet.entries
    ]


def _said(entry: Entry, refusal: DomainError) -> str:
    """A refusal as a form says it: where rates are typed in percent and amounts with commas, so are their bounds."""
    bounds = str(refusal.params.get("range", "")) if isinstance(refusal, OutOfRange) else ""
    words = {
        ("rate", str(RATE)): _("From 0% to under 100%."),
        ("rate", str(POSITIVE_RATE)): _("Above 0% and under 100%."),
        ("rate", str(SHARE)): _("From 0% to 100%."),
        ("amount", str(AMOUNT)): _("Zero or more."),
        ("amount", str(POSITIVE_AMOUNT)): _("More than zero."),
    }
    sort = "rate" if entry.sort == "rate" else "amount"
    return words.get((sort, bounds), refusal.message)


def _problem(method: str, refusal: DomainError) -> dict[str, str]:
    """What is wrong, for the head of the page and the live side: the entry by its label, and the way to it."""
    name, place = worksheets.place_of(refusal.field)
    entry = BY_METHOD[method].entry(name)
    said = " ".join(one for one in (place, _said(entry, refusal) if entry else refusal.message) if one)
    if entry is None:
        return {"text": said, "href": "", "field": refusal.field, "cure": refusal.cure}
    text = _("%(label)s: %(problem)s") % {"label": entry.label, "problem": said}
    return {"text": text, "href": f"#in-{name}", "field": refusal.field, "cure": refusal.cure}


def _live(order: Order, working: Working, posted: Any) -> dict[str, Any]:
    """The right side: what the inputs come to now, or the field that keeps them from it; asked about an amount or not,
    which is not kept."""
    typed = str(posted.get(asking.FIELD, ""))
    asked = {"under": typed, "under_error": ""}
    try:
        amount = asking.amount_of(typed)
    except DomainError as error:
        amount, asked["under_error"] = None, error.message
    if not working.input:
        return {"live": None, "problem": None, **asked}
    try:
        found = drafting.outcome(working, seed=order.pk, amount=amount)
    except DomainError as error:
        return {"live": None, "problem": _problem(working.method, error), **asked}
    return {"live": outcome_view(working.method, found, order.currency, amount), "problem": None, **asked}


@require_POST
@login_required
def appraisal_live(request: HttpRequest, number: str, method: str) -> HttpResponse:
    """The live result for htmx: computed, not kept."""
    order = _writable(request, number)
    if method not in BY_METHOD:
        raise NotFound()
    return render(request, "appraisals/live.html", _live(order, _working(method, request.POST), request.POST))
