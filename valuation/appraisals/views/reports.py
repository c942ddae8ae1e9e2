"""Reports: one's own and those one may rely on; one report with its recomputation; objections to it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.core.errors import DomainError, NotFound
from valuation.appraisals import access, acts
from valuation.appraisals import twin as twins
from valuation.appraisals.forms import OrderForm
from valuation.appraisals.presenting import report_row
from valuation.appraisals.report_page import report_page
from valuation.appraisals.services import objections
from valuation.appraisals.views.orders import take_step
from valuation.appraisals.worksheets import label_of
from valuation.models import Report

PER_PAGE = 30


@require_safe
@login_required
def my_reports(request: HttpRequest) -> HttpResponse:
    """Reports the organisation ordered, wrote, may rely on, or that value its rights."""
    actor = request.actor  # type: ignore[attr-defined]
    found = access.reports_seen_by(actor).for_page().order_by("-pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [report_row(one) for one in page]
    return render(request, "appraisals/my_reports.html", {"page": page, "rows": rows})


@require_safe
@login_required
def appraisal_report(request: HttpRequest, number: str) -> HttpResponse:
    """The report for those who rely on it."""
    actor = request.actor  # type: ignore[attr-defined]
    report = access.report_of(actor, number)
    return render(request, "appraisals/report.html", report_page(report, actor, request.GET.get("under", "")))


@require_POST
@login_required
def appraisal_recompute(request: HttpRequest, number: str) -> HttpResponse:
    """Compute the report again from its stored inputs and show both figures; changes nothing."""
    actor = request.actor  # type: ignore[attr-defined]
    report = access.report_of(actor, number)
    again = twins.recompute(report.twin)
    context = {"report": report, "again": again, "rows": _again_rows(again)}
    if request.headers.get("HX-Request"):
        return render(request, "appraisals/recomputed.html", context)
    return render(request, "appraisals/report.html", {**report_page(report, actor), **context})


def _again_rows(again: twins.Recomputed) -> list[dict[str, Any]]:
    return [{"label": label_of(one.method), "row": one} for one in again.methods]


@require_safe
@login_required
def appraisal_twin(request: HttpRequest, number: str) -> HttpResponse:
    """The machine-readable twin, byte for byte what was hashed."""
    actor = request.actor  # type: ignore[attr-defined]
    report = access.report_of(actor, number)
    answer = HttpResponse(twins.canonical(report.twin), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{report.number}.json"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_report_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """One step of a report."""
    actor = request.actor  # type: ignore[attr-defined]
    report = access.report_of(actor, number)
    acts.demand_more_than_looking(actor)
    back = reverse("appraisal_report", args=[number])
    return take_step(request, report, acts.REPORT_STEPS.get(verb), about=report, back=back)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def appraisal_objection_act(request: HttpRequest, number: str, pk: int, verb: str) -> HttpResponse:
    """One step of an objection; a second opinion is ordered by the form of an order."""
    actor = request.actor  # type: ignore[attr-defined]
    report = access.report_of(actor, number)
    objection = access.objection_of(actor, report, pk)
    acts.demand_more_than_looking(actor)
    if verb == "second":
        return _second(request, report, objection.pk)
    back = reverse("appraisal_report", args=[number])
    return take_step(request, objection, acts.OBJECTION_STEPS.get(verb), about=report, back=back)


def _second(request: HttpRequest, report: Report, objection_id: int) -> HttpResponse:
    ids = ",".join(str(one.pk) for one in report.rights)
    usual = {**OrderForm.usual(), "rights": ids, "purpose": report.purpose, "base_date": report.base_date}
    form = OrderForm(request.POST or None, initial=usual)
    refusal: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            order = objections.ask_second(objection_id=objection_id, wanted=form.wanted(), by=request.actor)  # type: ignore[attr-defined]
            return redirect("appraisal_act", order.number, "invite")
        except DomainError as error:
            refusal = error
    if report.state in ("signing", "dropped"):
        raise NotFound()
    context = {"form": form, "refusal": refusal, "rights": report.rights, "is_posting": False, "second_of": report}
    status = refusal.status if refusal else 422 if request.method == "POST" else 200
    return render(request, "appraisals/appraisal_new.html", context, status=status)
