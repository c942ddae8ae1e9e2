"""Doubts about a report: the agency explains, another gives a second opinion (Appraisal Law, articles 30 and 31)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from marketplace.core import files, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Invalid, NotFound, NotPermitted
from marketplace.core.locks import locked_all
from valuation.appraisals.graphs.parties import DECIDERS
from valuation.appraisals.graphs.report import OBJECTION_GRAPH, REPORT_GRAPH
from valuation.appraisals.refusals import ObjectionOpen, ReportNotStanding
from valuation.appraisals.services.orders import Wanted, request_appraisal
from valuation.appraisals.states import STANDING, ObjectionState, OrderState, ReportState
from valuation.appraisals.telling import told_report
from valuation.models import Objection, Order, Report

FILE_PURPOSE = "appraisal_objection"


def may_object(report: Report, by: Actor) -> bool:
    """The client, the users named, and whoever holds a right it values; acting for themselves, and binding."""
    if by.acts_for is None or by.on_behalf_of is not None or not DECIDERS & by.roles:
        return False
    if by.acts_for == report.client_id or report.users.filter(pk=by.acts_for).exists():
        return True
    return report.assets.filter(holder=by.acts_for).exists()


def object_to(*, report_id: int, doubt: str, upload: UploadedFile[Any] | None, by: Actor) -> Objection:
    """Doubt a report; it says so wherever it is used until the doubt is settled.

    Raises NotPermitted, ReportNotStanding, ObjectionOpen, Invalid.
    """
    if not doubt.strip():
        raise Invalid(field="doubt", problem=_("Say what you doubt, and why."))
    with locked_all([(Report, report_id)]) as (report,):
        assert isinstance(report, Report)
        if not may_object(report, by) or by.acts_for is None:
            raise NotPermitted()
        if report.state not in STANDING:
            raise ReportNotStanding()
        if report.objections.unsettled().exists():
            raise ObjectionOpen()
        objection = Objection(report=report, raised_by_id=by.acts_for, doubt=doubt.strip()[:8000])
        lifecycle.begin(OBJECTION_GRAPH, objection, by=by, data=told_report(report))
        if upload is not None:
            objection.paper = files.keep(upload, purpose=FILE_PURPOSE, subject_id=objection.pk, by=by)
            objection.save(update_fields=["paper"])
        if report.state == ReportState.ISSUED:
            lifecycle.walk(REPORT_GRAPH, report, "dispute", by=SYSTEM, data=told_report(report))
    return objection


@contextmanager
def _both(objection_id: int) -> Iterator[tuple[Report, Objection]]:
    report_id = Objection.objects.filter(pk=objection_id).values_list("report_id", flat=True).first()
    if report_id is None:
        raise NotFound()
    with locked_all([(Report, report_id), (Objection, objection_id)]) as (report, objection):
        assert isinstance(report, Report) and isinstance(objection, Objection)
        objection.report = report
        yield report, objection


def explain(*, objection_id: int, explanation: str, by: Actor) -> Objection:
    """The agency answers. Raises NotPermitted, IllegalTransition, Invalid."""
    if not explanation.strip():
        raise Invalid(field="explanation", problem=_("Write the explanation."))
    with _both(objection_id) as (report, objection):
        objection.explanation, objection.explained_by_id = explanation.strip()[:8000], by.user_id
        data = told_report(report)
        lifecycle.walk(OBJECTION_GRAPH, objection, "explain", by=by, data=data, also=("explanation", "explained_by"))
    return objection


def settle(*, objection_id: int, by: Actor) -> Objection:
    """Whoever doubted accepts the explanation. Raises NotPermitted, IllegalTransition."""
    return _end("settle", objection_id, by, "")


def withdraw(*, objection_id: int, reason: str, by: Actor) -> Objection:
    """Raises NotPermitted, IllegalTransition, ReasonMissing."""
    return _end("withdraw", objection_id, by, reason)


def _end(verb: str, objection_id: int, by: Actor, reason: str) -> Objection:
    with _both(objection_id) as (report, objection):
        lifecycle.walk(OBJECTION_GRAPH, objection, verb, by=by, reason=reason, data=told_report(report))
        _calm(report)
    return objection


def settled_by_clock(*, objection_id: int) -> None:
    """Silence after an explanation settles an objection: the report is in force again. Runs twice harmlessly."""
    with _both(objection_id) as (report, objection):
        if objection.state == ObjectionState.SETTLED:
            _calm(report)


def _calm(report: Report) -> None:
    """In force again when no objection is open."""
    if report.state == ReportState.DISPUTED and not report.objections.unsettled().exists():
        lifecycle.walk(REPORT_GRAPH, report, "settle", by=SYSTEM, data=told_report(report))


def ask_second(*, objection_id: int, wanted: Wanted, by: Actor) -> Order:
    """Order a second opinion of the same rights from another agency.

    Raises NotPermitted, IllegalTransition, and whatever an order refuses.
    """
    with _both(objection_id) as (report, objection):
        if set(wanted.asset_ids) != set(report.valued.values_list("asset_id", flat=True)):
            raise Invalid(field="assets", problem=_("A second opinion is about the same rights."))
        if by.acts_for != objection.raised_by_id:
            raise NotPermitted()
        order = request_appraisal(by=by, wanted=wanted, second_of=report)
        objection.second_order = order
        data = told_report(report, second=order.number)
        lifecycle.walk(OBJECTION_GRAPH, objection, "ask_second", by=by, data=data, also=("second_order",))
    return order


def second_opinion_given(*, order_id: int) -> None:
    """The other agency's report is issued: both stand side by side and the objection is over. Runs twice harmlessly."""
    found = Objection.objects.filter(second_order=order_id, second_order__state=OrderState.ISSUED).first()
    if found is None:
        return
    with _both(found.pk) as (report, objection):
        if objection.state == ObjectionState.SECOND:
            lifecycle.walk(OBJECTION_GRAPH, objection, "conclude", by=SYSTEM, data=told_report(report))
            _calm(report)


def second_opinion_fell_through(*, order_id: int) -> None:
    """The second order ended without a report: the objection ends with it. Runs twice harmlessly."""
    ended = (OrderState.CANCELLED, OrderState.DECLINED, OrderState.TERMINATED)
    found = Objection.objects.filter(second_order=order_id, second_order__state__in=ended).first()
    if found is None:
        return
    with _both(found.pk) as (report, objection):
        if objection.state == ObjectionState.SECOND:
            data = told_report(report)
            reason = "the second opinion was not given"
            lifecycle.walk(OBJECTION_GRAPH, objection, "withdraw", by=SYSTEM, reason=reason, data=data)
            _calm(report)
