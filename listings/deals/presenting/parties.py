"""Who owes what, by when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from listings.deals.presenting.facts import Facts
from listings.deals.states import DealState, FilingKind, FilingState
from marketplace.core.errors import Sentence


def parties(facts: Facts) -> list[dict[str, Any]]:
    """Who owes what, by when."""
    deal = facts.deal
    rows: dict[int, dict[str, Any]] = {}

    def owe(who: int | None, what: Sentence, due: datetime | date | None, shape: str, said: Sentence) -> None:
        if who is not None:
            name = facts.names.get(who, "")
            rows[who] = {
                "name": name,
                "is_me": who == facts.actor.acts_for,
                "what": what,
                "due": due,
                "shape": shape,
                "said": said,
            }

    for who in facts.names:
        owe(who, _("Nothing now"), None, "go", _("Done"))
    for signature in facts.signatures:
        if signature.signed_at is None and deal.state == DealState.SIGNING:
            owe(signature.organisation_id, _("Sign the contract"), deal.due_at, "now", _("Open"))
    for consent in facts.consents:
        if consent.answered_at is None:
            who = consent.organisation_id or consent.brought_by_id
            what = _("Bring the written consent") if consent.is_on_paper else _("Answer the request for consent")
            owe(who, what, consent.answer_by, "now", _("Open"))
    if any(one.is_payable for one in facts.obligations):
        owe(deal.buyer_id, _("Pay into holding"), deal.due_at, "now", _("Open"))
    for filing in facts.filings:
        if filing.state in {FilingState.DUE, FilingState.REFUSED}:
            shape = "wait" if filing.state == FilingState.REFUSED else "off"
            owe(filing.owed_by_id, FilingKind(filing.kind).label, filing.due_on, shape, FilingState(filing.state).label)
    if deal.state == DealState.AGREED:
        owe(deal.seller_id, _("Draw up the contract"), deal.due_at, "now", _("Open"))
    found = list(rows.values())
    checked = next((one for one in facts.filings if one.state == FilingState.EVIDENCED), None)
    if checked is not None:
        found.append(
            {
                "name": _("The operator"),
                "is_me": False,
                "what": _("Check the office’s notice as a second person"),
                "due": checked.due_at,
                "shape": "now",
                "said": _("Open"),
            }
        )
    return found
