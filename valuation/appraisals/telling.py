"""What every event of an appraisal says, for notices, timelines and subscribers; no personal data, no value."""

from __future__ import annotations

from typing import Any

from valuation.models import Order, Report


def told(order: Order, **more: Any) -> dict[str, Any]:
    """Id, number, client, agency and the rights."""
    return {
        "order": order.pk,
        "number": order.number,
        "client": order.client_id,
        "agency": order.agency_org_id,
        "touched": {"assets.asset": list(order.ordered.values_list("asset_id", flat=True))},
        **more,
    }


def told_report(report: Report, **more: Any) -> dict[str, Any]:
    """Id, number, client, agency, the rights and the last day of use."""
    return {
        "report": report.pk,
        "order": report.order_id,
        "number": report.number,
        "client": report.client_id,
        "agency": report.agency_org_id,
        "valid_until": report.valid_until,
        "touched": {"assets.asset": list(report.valued.values_list("asset_id", flat=True))},
        **more,
    }
