"""What appraisals add to shared pages and the floors below: workspace, the ledger's purposes, the documents' matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from listings.catalogue.slots import listing_slot
from listings.patents.slots import slot
from marketplace.accounts.models import Organisation
from marketplace.accounts.profiles import profile_block
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.errors import Sentence
from marketplace.payments import registry as payments
from marketplace.portal import registry as portal
from marketplace.signing import registry as signing
from valuation.appraisals import access, fees, selectors
from valuation.appraisals.states import OrderState, ReportState
from valuation.models import Agency, Order, Quote, Report

ORDER, REPORT = "valuation.order", "valuation.report"
TRADE = _("Trade")
DESK = _("Review desk")
MOST_TODO = 20
TO_DO: dict[str, Sentence] = {
    OrderState.REQUESTED: _("choose agencies to be asked"),
    OrderState.QUOTING: _("quote or decline"),
    OrderState.CHOOSING: _("choose a quote"),
    OrderState.ENGAGED: _("pay the fee into holding"),
    OrderState.DATA: _("gather the data"),
    OrderState.DRAFTING: _("draft the report"),
    OrderState.REVIEWING: _("review the draft"),
    OrderState.SIGNING: _("sign and seal"),
}


def order_title(pk: int) -> str:
    number = Order.objects.filter(pk=pk).values_list("number", flat=True).first()
    return str(_("Appraisal %(number)s") % {"number": number}) if number else ""


def order_url(pk: int) -> str:
    number = Order.objects.filter(pk=pk).values_list("number", flat=True).first()
    return reverse("appraisal", args=[number]) if number else ""


def report_title(pk: int) -> str:
    number = Report.objects.filter(pk=pk).values_list("number", flat=True).first()
    return str(_("Appraisal report %(number)s") % {"number": number}) if number else ""


def report_url(pk: int) -> str:
    number = Report.objects.filter(pk=pk).values_list("number", flat=True).first()
    return reverse("appraisal_report", args=[number]) if number else ""


def may_read_order(actor: Actor, pk: int) -> bool:
    """The engagement contract: the client, the agency chosen and the desk; not who only quoted."""
    order = Order.objects.select_related("agency").filter(pk=pk).first()
    return order is not None and access.is_inside(actor, order)


def may_read_report(actor: Actor, pk: int) -> bool:
    return access.reports_seen_by(actor).filter(pk=pk).exists()


def against_report(pk: int) -> list[str]:
    """For whoever holds the sealed file: that its year is over, its right has ended, and so on."""
    report = Report.objects.filter(pk=pk).first()
    return selectors.warnings_of(report) if report is not None else []


def belongs(actor: Actor) -> bool:
    return access.reads_for(actor) is not None and not access.is_at_desk(actor)


def waiting_for(actor: Actor) -> list[QuerySet[Any]]:
    """Orders in which something is the actor's to do."""
    return [access.to_do(actor)]


def todo_lines(actor: Actor) -> list[dict[str, Any]]:
    """What is the actor's to do, soonest deadline first."""
    return [
        {
            "text": gettext("Appraisal %(number)s: %(what)s") % {"number": order.number, "what": TO_DO[order.state]},
            "url": reverse("appraisal", args=[order.number]),
            "due": order.due_at,
            "note": order.client.name,
        }
        for order in access.to_do(actor).select_related("client").order_by("due_at")[:MOST_TODO]
    ]


def to_watch(actor: Actor) -> list[QuerySet[Any]]:
    """At the desk: quotes that were flagged on orders that still run."""
    return [Quote.objects.exclude(flags=[]).filter(order__in=Order.objects.running())]


def reports_of_asset(asset_id: int) -> dict[str, Any]:
    """For a patent's page: reports that listings show, and the way to order one."""
    return {"reports": selectors.public_about(asset_id), "asset_id": asset_id}


def reports_of_listing(listing_id: int) -> dict[str, Any] | None:
    found = selectors.shown_on(listing_id)
    return {"reports": found} if found else None


def agency_of_organisation(organisation: Organisation, actor: Actor) -> dict[str, Any] | None:
    """For an organisation's public page: the way to its page as an agency."""
    agency = Agency.objects.filter(organisation=organisation).filter(access.agencies_shown()).first()
    return {"agency": agency} if agency is not None else None


def calendar_days(actor: Actor, first: date, last: date) -> Iterator[portal.Entry]:
    """Last days of issued reports, and days by which running orders must go on."""
    for report in access.reports_seen_by(actor).filter(state=ReportState.ISSUED, valid_until__range=(first, last)):
        words = gettext("Appraisal report %(number)s is valid until today") % {"number": report.number}
        yield portal.Entry(report.valid_until, words, reverse("appraisal_report", args=[report.number]))
    after, until = clock.moments(first, last)
    for order in access.orders_seen_by(actor).running().filter(due_at__gt=after, due_at__lte=until):
        assert order.due_at is not None
        words = gettext("Appraisal order %(number)s, last day: %(state)s")
        yield portal.Entry(
            clock.last_day(order.due_at),
            words % {"number": order.number, "state": OrderState(order.state).label},
            reverse("appraisal", args=[order.number]),
        )


def contribute() -> None:
    """Called once the app is ready."""
    portal.place(40, _("Valuation agencies"), "agency_list", has_search=False)
    portal.desk(TRADE, 34, _("Appraisals"), "my_appraisals", shows=belongs, count=waiting_for)
    portal.desk(TRADE, 35, _("Appraisal reports"), "my_reports", shows=belongs)
    portal.desk(TRADE, 36, _("Agency profile"), "agency_profile", shows=access.is_agency)
    portal.desk(DESK, 40, _("Appraisals to watch"), "desk_appraisals", shows=access.is_at_desk, count=to_watch)
    portal.todo(25, todo_lines)
    portal.calendar(calendar_days)
    slot(30, "appraisals/asset_order.html", reports_of_asset, column="aside")
    listing_slot(10, "appraisals/asset_reports.html", reports_of_listing)
    profile_block(40, "appraisals/profile_agency.html", agency_of_organisation)
    signing.matter(REPORT, title=report_title, url=report_url, may_read=may_read_report, stands_against=against_report)
    signing.matter(ORDER, title=order_title, url=order_url, may_read=may_read_order)
    payments.purpose(fees.PURPOSE, _("Appraisal fee"))
    payments.subject_kind(ORDER, label=order_title, url=order_url)
