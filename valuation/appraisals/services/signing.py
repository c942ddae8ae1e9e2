"""From an approved draft to a report before its signers; and back when a signature does not come."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from listings.catalogue.numbering import next_number
from listings.rights.ruling import enforces, rule
from marketplace.core import clock, lifecycle
from marketplace.core.actor import Actor
from marketplace.signing.services.documents import SignerSlot, draft_document, void_document
from valuation.appraisals import twin as twins
from valuation.appraisals.graphs.report import REPORT_GRAPH
from valuation.appraisals.papers import TEMPLATE
from valuation.appraisals.states import STANDING, ReportState
from valuation.appraisals.telling import told_report
from valuation.models import Report, ReportAsset

if TYPE_CHECKING:
    from valuation.models import Order

SERIES = "AR"


def years_after(day: date, years: int) -> date:
    """The same day of the month so many years later; 29 February becomes 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@enforces("APR-VALID")
def valid_until(base_date: date) -> date:
    """The last day of use: a year from the base date, which is its first day."""
    years = int(rule("APR-VALID").value("period", base_date))
    return date.fromordinal(years_after(base_date, years).toordinal() - 1)


@enforces("APR-TWO")
def put_before_signers(order: Order, *, by: Actor) -> Report:
    """Fix the report with its twin and ask for the two appraisers' signatures and the agency's seal, in that order.

    Runs in the transaction that approved the draft and holds the order's lock.
    """
    draft, agency = order.draft, order.agency
    assert agency is not None and draft.conclusion is not None and draft.low is not None and draft.high is not None
    earlier = Report.objects.filter(order=order, state__in=[*STANDING, ReportState.EXPIRED]).first() or order.renews
    number, today = next_number(SERIES), clock.today()
    made = twins.build(order, number=number, report_date=today, valid_until=valid_until(order.base_date))
    report = Report(
        number=number,
        order=order,
        agency=agency,
        client_id=order.client_id,
        purpose=order.purpose,
        value_type=order.value_type,
        base_date=order.base_date,
        report_date=today,
        valid_until=valid_until(order.base_date),
        amount=draft.conclusion,
        low=draft.low,
        high=draft.high,
        currency=order.currency,
        is_statutory=order.is_statutory,
        is_elsewhere=order.is_elsewhere,
        signers=list(draft.signers),
        twin=made,
        twin_sha256=twins.digest(made),
        supersedes=earlier,
    )
    lifecycle.begin(REPORT_GRAPH, report, by=by, data={"number": number, "order": order.pk, "client": order.client_id})
    ReportAsset.objects.bulk_create(
        ReportAsset(report=report, asset_id=one.asset_id, position=one.position, claims=one.claims)
        for one in order.ordered.all()
    )
    report.users.set(order.users.all())
    certificates = {one.user_id: one for one in agency.appraisers.active().filter(user__in=draft.signers)}
    slots = [
        SignerSlot(
            at,
            agency.organisation_id,
            f"资产评估专业人员（证书编号 {certificates[pk].certificate}）",
            f"Appraiser (certificate {certificates[pk].certificate})",
            person_id=pk,
        )
        for at, pk in enumerate(draft.signers, start=1)
    ]
    slots.append(SignerSlot(len(slots) + 1, agency.organisation_id, "评估机构（盖章）", "Valuation agency (seal)"))
    report.document = draft_document(
        subject=report.subject,
        template=TEMPLATE,
        data={"twin": made, "twin_sha256": report.twin_sha256},
        signers=slots,
        by=by,
    )
    report.save(update_fields=["document"])
    return report


def void_unsigned(order: Order, *, by: Actor, reason: str) -> None:
    """End a report that waits for signatures, with its document. The caller holds the order's lock."""
    for report in order.reports.select_for_update(no_key=True, of=("self",)).filter(state=ReportState.SIGNING):
        lifecycle.walk(REPORT_GRAPH, report, "drop", by=by, reason=reason, data=told_report(report))
        if report.document is not None and report.document.is_live:
            void_document(document_id=report.document.pk, by=by, reason=reason)
