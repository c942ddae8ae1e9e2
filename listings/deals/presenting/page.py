"""The context of the page: the facts, and each part of the page made from them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from listings.catalogue.naming import shown_number
from listings.catalogue.states import Mode
from listings.deals import acts
from listings.deals.models import Deal
from listings.deals.presenting.facts import Facts, read
from listings.deals.presenting.parties import parties
from listings.deals.presenting.picture import money_picture
from listings.deals.presenting.rows import dispute_row, filing_row, offers, papers, royalty_row
from listings.deals.presenting.shapes import SHAPES
from listings.deals.presenting.turns import turn
from listings.deals.states import ENDED_WITHOUT, DealState, FilingState
from listings.deals.timelines import deal_timeline
from marketplace.core.actor import Actor
from marketplace.core.errors import Sentence

#: Which step of the rail a state stands on.
STEP_OF = {
    DealState.AGREED: 3,
    DealState.SIGNING: 3,
    DealState.CONSENTING: 4,
    DealState.PAYING: 5,
    DealState.RECORDING: 6,
    DealState.RELEASING: 7,
    DealState.COMPLETED: 9,
}
RAIL: tuple[tuple[str, Sentence], ...] = (
    ("enquiry", gettext_lazy("Enquiry")),
    ("nda", gettext_lazy("Confidentiality")),
    ("offer", gettext_lazy("Offer")),
    ("contract", gettext_lazy("Contract")),
    ("consents", gettext_lazy("Consents")),
    ("payment", gettext_lazy("Payment")),
    ("register", pgettext_lazy("step", "Register")),
    ("payout", pgettext_lazy("step", "Payout")),
    ("done", pgettext_lazy("step", "Done")),
)


def deal_page(deal: Deal, actor: Actor) -> dict[str, Any]:
    """Context of deals/deal.html."""
    facts = read(deal, actor)
    for one in facts.disputes:
        one.deal = deal
    for filing in facts.filings:
        filing.deal = deal
    return {
        "deal": deal,
        "shape": SHAPES[deal.state],
        "label": DealState(deal.state).label,
        "mode": Mode(deal.mode).label,
        "rights": [(shown_number(one), one.title) for one in facts.small.rights],
        "rail": rail(facts),
        "turn": turn(facts),
        "money": money_picture(facts),
        "parties": parties(facts),
        "papers": papers(facts),
        "filings": [filing_row(facts, one) for one in facts.filings],
        "disputes": [dispute_row(facts, one) for one in facts.disputes],
        "offers": offers(facts),
        "events": deal_timeline(facts.rows, facts.names),
        "acts": [
            {"state": "allowed", "label": step.label, "url": facts.url(step.verb), "button": step.label, "why": ""}
            for step in acts.deal_steps(deal, actor)
        ],
        "negotiation": deal.offer.negotiation,
        "sees_talks": actor.acts_for in {deal.seller_id, deal.buyer_id},
        "royalties": [royalty_row(facts, one) for one in facts.small.royalties],
        "reviews": [one for one in facts.small.reviews if one.published_at or one.by_id == actor.acts_for],
    }


def rail(facts: Facts) -> list[dict[str, Any]]:
    """The nine steps, each done, current, skipped or to come, with the day it was done."""
    deal = facts.deal
    current = STEP_OF.get(DealState(deal.state), 6 if deal.state in {DealState.REFUNDING, DealState.REFUNDED} else 3)
    is_over = deal.state in ENDED_WITHOUT
    paid = [one.state_since for one in facts.obligations if not one.outstanding]
    recorded = [one.recorded_on for one in facts.filings if one.state == FilingState.APPROVED and one.recorded_on]
    given = [one.answered_at for one in facts.consents if one.answered_at]
    days: dict[str, date | datetime | None] = {
        "enquiry": deal.offer.negotiation.opened_at,
        "nda": deal.nda_at,  # type: ignore[attr-defined]
        "offer": deal.agreed_at,
        "contract": deal.contract.sealed_at if deal.contract else None,
        "consents": max(given, default=None),
        "payment": max(paid, default=None) if current > 5 else None,
        "register": min(recorded, default=None),
        "payout": max((one.paid_at for one in facts.payouts if one.paid_at), default=None) if current > 7 else None,
        "done": deal.state_since if deal.state == DealState.COMPLETED else None,
    }
    steps = []
    for at, (name, label) in enumerate(RAIL):
        if at == current and not is_over and deal.state != DealState.COMPLETED:
            state = "now"
        elif at < current:
            state = "go" if days[name] or name not in {"nda", "consents", "register"} else "skipped"
        else:
            state = "off"
        steps.append({"name": name, "label": label, "state": state, "on": days[name]})
    return steps
