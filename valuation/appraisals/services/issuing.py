"""What follows when everybody has signed: the report is issued, the order is done, the agency is paid."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from marketplace.core import clock, events, lifecycle, timers
from marketplace.core.actor import SYSTEM
from marketplace.core.locks import locked_all
from valuation.appraisals.graphs.order import ORDER_GRAPH
from valuation.appraisals.graphs.report import REPORT_GRAPH
from valuation.appraisals.services import objections, orders
from valuation.appraisals.services.engaging import archive_years
from valuation.appraisals.services.signing import void_unsigned, years_after
from valuation.appraisals.states import STANDING, OrderState, ReportState
from valuation.appraisals.telling import told, told_report
from valuation.models import Order, Report

#: Days before the last day of use at which a re-appraisal is offered.
OFFERS = (60, 30, 7)
FAMILY = "reappraisal"


def signed(*, report_id: int) -> None:
    """The document is complete: issue, replace the report before it, end the order and pay. Runs twice harmlessly."""
    seen = Report.objects.filter(pk=report_id).values_list("order_id", "supersedes_id").first()
    if seen is None:
        return
    order_id, earlier_id = seen
    wanted = [(Order, order_id), (Report, report_id), *([(Report, earlier_id)] if earlier_id else [])]
    with locked_all(wanted) as rows:
        order, report = rows[0], rows[1]
        assert isinstance(order, Order) and isinstance(report, Report)
        if report.state != ReportState.SIGNING or order.state != OrderState.SIGNING:
            return
        if len(rows) > 2:
            _replace(rows[2])  # type: ignore[arg-type]
        report.issued_at = clock.now()
        report.archive_until = years_after(clock.today(), archive_years(report.is_statutory))
        lifecycle.walk(
            REPORT_GRAPH, report, "issue", by=SYSTEM, data=told_report(report), also=("issued_at", "archive_until")
        )
        lifecycle.walk(ORDER_GRAPH, order, "issue", by=SYSTEM, data=told(order, report=report.number))
        orders.pay_agency(order)
        _arm_offers(report)
    objections.second_opinion_given(order_id=order_id)


def _replace(earlier: Report) -> None:
    if earlier.state in {*STANDING, ReportState.EXPIRED, ReportState.RIGHT_ENDED}:
        lifecycle.walk(REPORT_GRAPH, earlier, "supersede", by=SYSTEM, data=told_report(earlier))
        timers.disarm(earlier, FAMILY)


def _arm_offers(report: Report) -> None:
    """Offers of a re-appraisal at 60, 30 and 7 days before the end; those already past are left out."""
    for days in OFFERS:
        day = report.valid_until - timedelta(days=days)
        due = timezone.make_aware(datetime.combine(day, time.min))
        if due > clock.now():
            timers.arm(report, FAMILY, f"t{days}", due)


def offer_again(report_id: int, act: str) -> None:
    """What a due timer does: offer a re-appraisal to the client while the report still stands."""
    with locked_all([(Report, report_id)]) as (report,):
        assert isinstance(report, Report)
        if report.state in STANDING:
            days = int(act.removeprefix("t"))
            events.record("report.offer_again", report, SYSTEM, data=told_report(report, days=days))


def signature_failed(*, report_id: int, reason: str) -> None:
    """Somebody declined, or the time is over: back to the drafter. Runs twice harmlessly."""
    order_id = Report.objects.filter(pk=report_id).values_list("order_id", flat=True).first()
    if order_id is None:
        return
    with locked_all([(Order, order_id)]) as (order,):
        assert isinstance(order, Order)
        waiting = order.reports.filter(pk=report_id, state=ReportState.SIGNING).exists()
        if order.state == OrderState.SIGNING and waiting:
            lifecycle.walk(ORDER_GRAPH, order, "take_back", by=SYSTEM, reason=reason or "not signed", data=told(order))
            void_unsigned(order, by=SYSTEM, reason=reason or "not signed")


timers.on_timer(FAMILY, offer_again)
