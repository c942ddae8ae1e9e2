"""Reads for other floors and pages: which reports a decision may rest on, what stands against one, where it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

from django.utils import timezone
from django.utils.translation import gettext as _

from listings.deals.models import Deal
from listings.deals.states import DealState
from marketplace.core import clock
from valuation.appraisals.states import ReportState
from valuation.models import Agency, Report, Showing
from valuation.models.report import ReportQuerySet


@dataclass(frozen=True, slots=True)
class Warned:
    """A report with everything a reader of it must be told first; no warnings mean that it is in force."""

    report: Report
    warnings: list[str] = field(default_factory=list)


def usable_for(asset_ids: Sequence[int]) -> ReportQuerySet:
    """Reports that value exactly these rights and that a decision of today may rest on, newest base date first."""
    wanted = set(asset_ids)
    found = Report.objects.usable(clock.today()).about(list(wanted)).prefetch_related("valued")
    fitting = [one.pk for one in found if {row.asset_id for row in one.valued.all()} == wanted]
    return Report.objects.filter(pk__in=fitting).order_by("-base_date", "-pk")


def warnings_of(report: Report) -> list[str]:
    """What stands against relying on a report today, in the active language."""
    said = {
        ReportState.SIGNING: _("Not signed yet."),
        ReportState.DROPPED: _("Never signed."),
        ReportState.DISPUTED: _("Disputed: an objection is open."),
        ReportState.SUSPENDED: _("The market has suspended its agency."),
        ReportState.RIGHT_ENDED: _("A right it values has ended."),
        ReportState.EXPIRED: _("Its year of use is over."),
        ReportState.SUPERSEDED: _("A newer report has replaced it."),
        ReportState.WITHDRAWN: _("The agency has withdrawn it."),
    }
    found = [said[ReportState(report.state)]] if report.state in said else []
    if report.state != ReportState.EXPIRED and report.valid_until < clock.today():
        found.append(said[ReportState.EXPIRED])
    return found


def shown_on(listing_id: int) -> list[Warned]:
    """The reports a listing shows, each with what stands against it today."""
    rows = Showing.objects.filter(listing=listing_id, ended_at__isnull=True).select_related(
        "report__agency__organisation"
    )
    return [Warned(row.report, warnings_of(row.report)) for row in rows.order_by("-from_at")]


def public_about(asset_id: int) -> list[Warned]:
    """The reports about a right that some public listing shows, for its page."""
    rows = (
        Report.objects.filter(assets=asset_id, showings__ended_at__isnull=True, showings__listing__state="published")
        .select_related("agency__organisation")
        .distinct()
        .order_by("-base_date")
    )
    return [Warned(row, warnings_of(row)) for row in rows]


# ── appraised and realised ───────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Realised:
    """A report and the price at which the same rights were sold while it was valid; `ratio_pct` is price ÷ value."""

    report: Report
    price: Decimal
    on: object
    ratio_pct: Decimal


@dataclass(frozen=True, slots=True)
class Record:
    """How near an agency's values came to prices: each pair, for the desk alone, and the median ratio (None under
    three: one or two would tell somebody's price)."""

    pairs: list[Realised]
    median_pct: Decimal | None


LEAST_PAIRS = 3


def record_of(agency: Agency) -> Record:
    """Reports of the agency whose very rights were sold on this market between base date and last day of use.

    Only completed sales count, in the report's currency, and each report once, by its first sale.
    """
    reports = list(
        Report.objects.filter(agency=agency, issued_at__isnull=False).prefetch_related("valued").order_by("-base_date")
    )
    rights = {one.pk: frozenset(row.asset_id for row in one.valued.all()) for one in reports}
    wanted = {pk for found in rights.values() for pk in found}
    sold = (
        Deal.objects.filter(dealt__asset__in=wanted, state=DealState.COMPLETED, mode__in=["transfer", "disposal"])
        .prefetch_related("dealt")
        .distinct()
        .order_by("agreed_at")
    )
    deals = [(frozenset(row.asset_id for row in deal.dealt.all()), deal) for deal in sold]
    pairs = []
    for report in reports:
        for found, deal in deals:
            day = timezone.localdate(deal.agreed_at)
            is_valid = report.base_date <= day <= report.valid_until
            if found == rights[report.pk] and is_valid and deal.currency == report.currency:
                ratio = (deal.price * 100 / report.amount).quantize(Decimal("0.1"))
                pairs.append(Realised(report, deal.price, day, ratio))
                break
    usual = median(one.ratio_pct for one in pairs) if len(pairs) >= LEAST_PAIRS else None
    return Record(pairs, usual)
