"""The engagement contract: drawn up when a quote is chosen, signed by client and agency before any fee is asked for."""

from __future__ import annotations

from typing import Any

from listings.rights.ruling import enforces, rule
from marketplace.accounts.models import Organisation
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.signing.models import Document
from marketplace.signing.services.documents import SignerSlot, draft_document, void_document
from valuation.appraisals.papers import contract
from valuation.models import Order


@enforces("APR-ARCHIVE")
def archive_years(is_statutory: bool) -> int:
    """Years for which the papers of an appraisal are kept: 15, or 30 where the law required it."""
    return int(rule("APR-ARCHIVE").value("statutory" if is_statutory else "ordinary", clock.today()))


def draw_up(order: Order, *, by: Actor) -> Document:
    """Put the contract before both: the client signs first, then the agency. The caller holds the order's lock.

    Required by the Appraisal Law, article 23: the client makes a contract of engagement with the agency.
    """
    assert order.agency is not None
    return draft_document(
        subject=order.subject,
        template=contract.TEMPLATE,
        data=facts_of(order),
        signers=[
            SignerSlot(1, order.client_id, *contract.CLIENT),
            SignerSlot(2, order.agency.organisation_id, *contract.AGENCY),
        ],
        by=by,
    )


def facts_of(order: Order) -> dict[str, Any]:
    """Everything the contract states, as JSON; the order has its agency and its quote."""
    quote, agency = order.quote, order.agency
    assert quote is not None and agency is not None and quote.fee is not None and order.report_due is not None
    users = [{"zh": one.name_zh or one.name_en, "en": one.name_en or one.name_zh} for one in order.users.order_by("pk")]
    if order.other_users:
        users.append({"zh": order.other_users, "en": order.other_users})
    return {
        "number": order.number,
        "client": _side(order.client),
        "agency": {**_side(agency.organisation), "filing": agency.filing_number},
        "rights": [
            {
                "number": one.asset.number,
                "title_zh": one.asset.title_zh or one.asset.title_en,
                "title_en": one.asset.title_en or one.asset.title_zh,
                "claims": one.claims,
            }
            for one in order.ordered.select_related("asset").order_by("position")
        ],
        "purpose": order.purpose,
        "value_type": order.value_type,
        "base_date": order.base_date.isoformat(),
        "users": users,
        "days": quote.days,
        "report_due": order.report_due.isoformat(),
        "methods": list(quote.methods),
        "fee": f"{quote.fee:.2f}",
        "currency": quote.currency,
        "tax_pct": f"{quote.tax_pct.normalize():f}",
        "work_done_pct": quote.work_done_pct,
        "archive_years": archive_years(order.is_statutory),
    }


def _side(one: Organisation) -> dict[str, str]:
    return {
        "name_zh": one.name_zh or one.name_en,
        "name_en": one.name_en or one.name_zh,
        "code": one.uscc,
        "address_zh": one.address,
        "address_en": one.address_en or one.address,
    }


def void_contract(order: Order, *, by: Actor, reason: str) -> None:
    """End the contract that waits for signatures, if there is one."""
    if order.contract is not None and order.contract.is_live:
        void_document(document_id=order.contract.pk, by=by, reason=reason)
