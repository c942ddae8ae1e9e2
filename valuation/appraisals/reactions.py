"""What appraisals do when something happened elsewhere: money, signatures, the register, the market's decisions."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.core.models import Event
from marketplace.core.relay import subscriber
from valuation.appraisals.services import issuing, objections, orders, quotes, reports

ORDER, REPORT, ASSET = "valuation.order", "valuation.report", "assets.asset"
#: Orders that ended without a report.
ENDED = ("appraisal.cancel", "appraisal.lapse", "appraisal.decline", "appraisal.terminate", "appraisal.resign")


@subscriber(
    "appraisals-follow",
    kinds=(
        "obligation.settle",
        "document.complete",
        "document.decline",
        "document.expire",
        "appraisal.close_quotes",
        "objection.settle",
        *ENDED,
    ),
    batch=100,
)
def follow(events: Sequence[Event]) -> None:
    """Take the step each event opens. Every step looks at the order as it is now, so twice or late changes nothing."""
    for event in events:
        kind, pk = (event.data.get("subject") or ("", 0))[:2]
        if event.kind == "obligation.settle" and kind == ORDER:
            orders.fee_arrived(order_id=int(pk))
        elif event.kind == "document.complete" and kind == ORDER:
            orders.contract_signed(order_id=int(pk), document_id=event.subject_id)
        elif event.kind in ("document.decline", "document.expire") and kind == ORDER:
            orders.contract_failed(order_id=int(pk), document_id=event.subject_id, reason=event.reason)
            quotes.quotes_opened(order_id=int(pk))
        elif event.kind == "document.complete" and kind == REPORT:
            issuing.signed(report_id=int(pk))
        elif event.kind in ("document.decline", "document.expire") and kind == REPORT:
            issuing.signature_failed(report_id=int(pk), reason=event.reason)
        elif event.kind == "appraisal.close_quotes":
            quotes.quotes_opened(order_id=event.subject_id)
        elif event.kind == "objection.settle":
            objections.settled_by_clock(objection_id=event.subject_id)
        elif event.kind in ENDED:
            if event.kind == "appraisal.lapse":
                orders.lapsed(order_id=event.subject_id)
            objections.second_opinion_fell_through(order_id=event.subject_id)


@subscriber("appraisals-rights", kinds=("asset.status", "patents.imported"), batch=100)
def follow_rights(events: Sequence[Event]) -> None:
    """A right lapsed, expired, was invalidated or restored: the reports that value it say so."""
    touched = {pk for event in events for kind, pk in event.touched() if kind == ASSET}
    if touched:
        reports.follow_rights(asset_ids=sorted(touched))


@subscriber("appraisals-agencies", kinds=("organisation.suspend", "organisation.reinstate"), batch=20)
def follow_agencies(events: Sequence[Event]) -> None:
    """The market suspended or reinstated an agency."""
    for event in events:
        is_suspended = event.kind == "organisation.suspend"
        reports.follow_agency(organisation_id=event.subject_id, is_suspended=is_suspended)
