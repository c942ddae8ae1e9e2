"""What becomes of an issued report: withdrawn, revised, shown on a listing, stopped by the register or the market."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from listings.assets.models import Asset
from listings.assets.states import ENDED
from listings.catalogue.graphs import HOLDER
from listings.catalogue.models import Listing
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, events, lifecycle, timers
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.locks import locked
from valuation.appraisals.graphs.order import ORDER_GRAPH
from valuation.appraisals.graphs.report import REPORT_GRAPH
from valuation.appraisals.refusals import ReportNotStanding
from valuation.appraisals.services.issuing import FAMILY
from valuation.appraisals.states import STANDING, Purpose, ReportState
from valuation.appraisals.telling import told, told_report
from valuation.models import Order, Report, Showing


def withdraw(*, report_id: int, reason: str, by: Actor) -> Report:
    """The agency takes its report back for good. Raises NotPermitted, IllegalTransition, ReasonMissing."""
    with locked(Report, report_id) as report:
        lifecycle.walk(REPORT_GRAPH, report, "withdraw", by=by, reason=reason, data=told_report(report))
        timers.disarm(report, FAMILY)
    return report


def revise(*, order_id: int, reason: str, by: Actor) -> Order:
    """Back to drafting; the report in force stands until its successor is signed. Raises NotPermitted,
    IllegalTransition, ReportNotStanding, ReasonMissing."""
    with locked(Order, order_id) as order:
        lifecycle.walk(ORDER_GRAPH, order, "revise", by=by, reason=reason, data=told(order))
    return order


# ── shown on a listing ───────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def show(*, report_id: int, listing_id: int, by: Actor) -> Showing:
    """The holder decides that a listing of these rights shows the report. Raises NotFound, NotPermitted,
    ReportNotStanding."""
    with locked(Report, report_id) as report:
        listing = Listing.objects.filter(pk=listing_id).first()
        if listing is None or not set(listing.listed.values_list("asset_id", flat=True)) & set(
            report.valued.values_list("asset_id", flat=True)
        ):
            raise NotFound()
        if not HOLDER.permits(by, listing):
            raise NotPermitted()
        if not report.is_usable:
            raise ReportNotStanding()
        made, is_new = Showing.objects.get_or_create(
            report=report,
            listing=listing,
            ended_at=None,
            defaults={"decided_by_id": by.user_id, "from_at": clock.now()},
        )
        if is_new:
            events.record("report.show", report, by, data=told_report(report, listing=listing.number))
    return made


@transaction.atomic
def hide(*, report_id: int, listing_id: int, by: Actor) -> None:
    """Show it no longer. Raises NotFound, NotPermitted."""
    with locked(Report, report_id) as report:
        made = (
            Showing.objects.select_related("listing")
            .filter(report=report, listing=listing_id, ended_at__isnull=True)
            .first()
        )
        if made is None:
            raise NotFound()
        if not HOLDER.permits(by, made.listing):
            raise NotPermitted()
        made.ended_at = clock.now()
        made.save(update_fields=["ended_at"])
        events.record("report.hide", report, by, data=told_report(report, listing=made.listing.number))


# ── stopped from outside ─────────────────────────────────────────────────────────────────────────────────────────────
def follow_rights(*, asset_ids: Collection[int]) -> int:
    """A right's status changed: reports that value an ended one stop, those whose rights all live again speak again.

    Litigation is about the past, so its reports go on. Runs twice harmlessly; returns how many changed.
    """
    about = Report.objects.filter(valued__asset__in=list(asset_ids)).exclude(purpose=Purpose.LITIGATION).distinct()
    changed = 0
    for pk in about.filter(state__in=[*STANDING, ReportState.RIGHT_ENDED]).order_by("pk").values_list("pk", flat=True):
        with locked(Report, pk) as report:
            has_ended = Asset.objects.filter(valued__report=report, status__in=ENDED).exists()
            if has_ended and report.state in STANDING:
                verb = "end_right"
            elif not has_ended and report.state == ReportState.RIGHT_ENDED:
                verb = "revive"
            else:
                continue
            lifecycle.walk(REPORT_GRAPH, report, verb, by=SYSTEM, data=told_report(report))
            _what_else_stands_against(report)
            changed += 1
    return changed


def _what_else_stands_against(report: Report) -> None:
    """A report in force again may still be stopped by something else that happened meanwhile."""
    if report.state != ReportState.ISSUED:
        return
    if report.agency.organisation.state == OrganisationState.SUSPENDED:
        lifecycle.walk(REPORT_GRAPH, report, "suspend", by=SYSTEM, data=told_report(report))
    elif report.objections.unsettled().exists():
        lifecycle.walk(REPORT_GRAPH, report, "dispute", by=SYSTEM, data=told_report(report))


def follow_agency(*, organisation_id: int, is_suspended: bool) -> int:
    """The agency was suspended or reinstated: its reports with it. Runs twice harmlessly; returns how many changed."""
    states = [ReportState.ISSUED, ReportState.DISPUTED] if is_suspended else [ReportState.SUSPENDED]
    about = Report.objects.filter(agency__organisation=organisation_id, state__in=states)
    changed = 0
    for pk in about.order_by("pk").values_list("pk", flat=True):
        with locked(Report, pk) as report:
            if report.state in states:
                verb = "suspend" if is_suspended else "reinstate"
                lifecycle.walk(REPORT_GRAPH, report, verb, by=SYSTEM, data=told_report(report))
                _what_else_stands_against(report)
                changed += 1
    return changed
