"""Papers, filings, disputes, royalties and offers, a row each."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from listings.deals import acts
from listings.deals.graphs.royalty import ROYALTY_GRAPH
from listings.deals.models import Dispute, Filing, RoyaltyPeriod
from listings.deals.presenting.facts import Facts
from listings.deals.presenting.shapes import DISPUTE_SHAPES, FILING_SHAPES, ROYALTY_SHAPES
from listings.deals.states import DisputeState, FilingKind, FilingState, PeriodState
from marketplace.signing.registry import consent_label
from marketplace.signing.states import ConsentState, DocumentState


def papers(facts: Facts) -> list[dict[str, Any]]:
    """Contract, consents and the offices' notices, with hash and seal."""
    deal = facts.deal
    rows: list[dict[str, Any]] = []
    if deal.contract is not None:
        is_done = deal.contract.sealed_at is not None
        rows.append(
            {
                "title": deal.contract.title,
                "note": _("Version %(version)s") % {"version": deal.contract.version},
                "hash": deal.contract.sha256,
                "url": reverse("signing_document", args=[deal.contract.number]),
                "seal": "sealed" if is_done else "",
                "shape": "go" if is_done else "now",
                "said": DocumentState(deal.contract.state).label,
                "on": deal.contract.sealed_at,
            }
        )
        rows += [
            {
                "title": _("Consent of %(name)s") % {"name": one.party_name or consent_label(one.kind)},
                "note": _("To version %(version)s of the contract") % {"version": deal.contract.version},
                "hash": one.sha256_zh,
                "url": "",
                "seal": "signed" if one.answered_at else "",
                "shape": "go" if one.answered_at else "wait",
                "said": ConsentState(one.state).label,
                "on": one.answered_at,
            }
            for one in facts.consents
        ]
    rows += [
        {
            "title": FilingKind(one.kind).label,
            "note": _("The office’s notice"),
            "hash": one.evidence.sha256,
            "url": reverse("file", args=[one.evidence_id]),
            "seal": "",
            "shape": FILING_SHAPES[one.state],
            "said": FilingState(one.state).label,
            "on": one.recorded_on,
        }
        for one in facts.filings
        if one.evidence is not None
    ]
    return rows


def filing_row(facts: Facts, filing: Filing) -> dict[str, Any]:
    return {
        "filing": filing,
        "label": FilingKind(filing.kind).label,
        "state": FilingState(filing.state).label,
        "shape": FILING_SHAPES[filing.state],
        "who": facts.names.get(filing.owed_by_id, ""),
        "acts": [
            {"label": one.label, "url": reverse("filing_act", args=[facts.deal.number, filing.pk, one.verb])}
            for one in acts.filing_steps(filing, facts.actor)
        ],
    }


def dispute_row(facts: Facts, dispute: Dispute) -> dict[str, Any]:
    return {
        "dispute": dispute,
        "state": DisputeState(dispute.state).label,
        "shape": DISPUTE_SHAPES[dispute.state],
        "who": dispute.raised_by.name if dispute.raised_by else _("The buyer’s bank"),
        "statements": list(dispute.statements.all()),
        "acts": [
            {"label": one.label, "url": reverse("dispute_act", args=[facts.deal.number, dispute.pk, one.verb])}
            for one in acts.dispute_steps(dispute, facts.actor)
        ],
    }


def royalty_row(facts: Facts, period: RoyaltyPeriod) -> dict[str, Any]:
    period.deal = facts.deal
    is_open = bool(ROYALTY_GRAPH.edge("state", period.state)) and facts.is_buyer
    return {
        "period": period,
        "state": PeriodState(period.state).label,
        "shape": ROYALTY_SHAPES[PeriodState(period.state)],
        "url": reverse("royalty_act", args=[facts.deal.number, period.pk, "state"]) if is_open else "",
    }


def offers(facts: Facts) -> list[dict[str, Any]]:
    """The versions that led here, newest first."""
    return [
        {
            "version": one.version,
            "on": one.made_at,
            "by": facts.names.get(one.maker_id, ""),
            "price": one.price,
            "currency": one.currency,
            "is_accepted": one.pk == facts.deal.offer_id,
        }
        for one in facts.small.offers
    ]
