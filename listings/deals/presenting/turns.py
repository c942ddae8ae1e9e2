"""Whose turn it is: the one thing owed next, in words for whoever looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from listings.catalogue.views.desk import working_days_to
from listings.deals import acts
from listings.deals.presenting.facts import Facts
from listings.deals.states import DealState, DisputeState, FilingKind, FilingState
from marketplace.accounts.models import in_language
from marketplace.core import formats
from marketplace.signing.registry import consent_label


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done next, by whom, by when, and where the actor does it (empty when it is not theirs)."""

    title: str
    text: str
    is_mine: bool
    due: datetime | None = None
    url: str = ""
    button: str = ""

    @property
    def days(self) -> int | None:
        return working_days_to(self.due)


def turn(facts: Facts) -> Turn | None:
    """The next thing owed on the deal, said to whoever looks."""
    deal = facts.deal
    if any(one.state in {DisputeState.OPEN, DisputeState.DECIDING} for one in facts.disputes):
        return Turn(_("A dispute is open"), _("No money leaves the deal until it is settled."), False)
    if deal.state == DealState.AGREED:
        mine = facts.is_seller or facts.is_buyer
        return Turn(
            _("Draw up the contract"),
            _("The offer is accepted. The contract is filled from what was agreed."),
            mine,
            deal.due_at,
            facts.url("draw_up") if mine else "",
            _("Draw up the contract"),
        )
    if deal.state == DealState.SIGNING:
        return _signing_turn(facts)
    if deal.state == DealState.CONSENTING:
        return _consent_turn(facts)
    if deal.state == DealState.PAYING:
        return _paying_turn(facts)
    if deal.state == DealState.RECORDING:
        return _filing_turn(facts)
    if deal.state == DealState.RELEASING and deal.held_back_until is not None:
        until = {"day": formats.day(deal.held_back_until, get_language() or "zh-hans")}
        return Turn(
            _("A part is held back until %(day)s") % until,
            _("Then it is paid out. Until then either side may raise a dispute about it."),
            False,
            deal.due_at,
        )
    if deal.state == DealState.RELEASING:
        return Turn(
            _("The money is on its way"), _("Nothing is to be done; the deal closes by itself."), False, deal.due_at
        )
    if deal.state == DealState.REFUNDING:
        return Turn(
            _("The money is going back"), _("Nothing is to be done; the deal closes by itself."), False, deal.due_at
        )
    return None


def _signing_turn(facts: Facts) -> Turn:
    waiting = next((one for one in facts.signatures if one.signed_at is None), None)
    mine = waiting is not None and waiting.organisation_id == facts.actor.acts_for
    who = waiting.name if waiting else ""
    return Turn(
        _("Sign the contract") if mine else _("Waiting for the signature of %(name)s") % {"name": who},
        _("Signatories sign in their order, with a second factor."),
        mine,
        facts.deal.due_at,
        reverse("signing_document", args=[facts.deal.contract.number]) if facts.deal.contract else "",
        _("Read and sign") if mine else _("Read the contract"),
    )


def _consent_turn(facts: Facts) -> Turn:
    deal, actor = facts.deal, facts.actor
    open_ones = [one for one in facts.consents if one.answered_at is None]
    mine = next(
        (
            one
            for one in open_ones
            if actor.acts_for
            and (
                one.organisation_id == actor.acts_for or (one.brought_by_id == actor.acts_for and one.paper_id is None)
            )
        ),
        None,
    )
    if deal.pledgee_id and deal.payoff is None and actor.acts_for == deal.pledgee_id:
        text = _("State what you are owed to the day of payment; it is paid first out of the price.")
        return Turn(_("State what you are owed"), text, True, deal.due_at, facts.url("payoff"), _("State the amount"))
    if mine is not None:
        return Turn(
            _("Bring the written consent") if mine.is_on_paper else _("Your consent is asked for"),
            in_language(mine.why_zh, mine.why_en),
            True,
            deal.due_at,
            reverse("consent_answer", args=[mine.pk]),
            _("Read and answer"),
        )
    names = "、".join(one.party_name or consent_label(one.kind) for one in open_ones) or facts.names.get(
        deal.pledgee_id or 0, ""
    )
    return Turn(_("Waiting for consents"), _("Still missing: %(names)s") % {"names": names}, False, deal.due_at)


def _paying_turn(facts: Facts) -> Turn:
    owed = next((one for one in facts.obligations if one.is_payable), None)
    due = owed.pay_by if owed else facts.deal.due_at
    if owed is not None and facts.is_buyer:
        return Turn(
            _("Pay into holding"),
            _("The platform holds the money until the register has recorded the change; it is not an escrow agent.")
            if facts.deal.waits_for_the_register
            else _("The platform holds the money until the whole has arrived, and pays it out then as agreed."),
            True,
            due,
            reverse("obligation", args=[owed.reference]),
            _("Pay now"),
        )
    return Turn(
        _("Waiting for the buyer’s payment"), _("The deal goes on by itself when the money is held."), False, due
    )


def _filing_turn(facts: Facts) -> Turn:
    first = next(
        (one for one in facts.filings if one.kind in {FilingKind.ASSIGNMENT, FilingKind.LICENCE}),
        None,
    )
    if first is None:
        return Turn(_("Waiting for the register"), "", False, facts.deal.due_at)
    steps = acts.filing_steps(first, facts.actor)
    mine = first.owed_by_id == facts.actor.acts_for
    words = {
        FilingState.DUE: _("File it at the register"),
        FilingState.FILED: _("Waiting for the register’s answer"),
        FilingState.REFUSED: _("Correct the filing and hand it in again"),
        FilingState.EVIDENCED: _("The operator checks the register’s notice"),
    }
    due = first.due_at
    step = steps[0] if steps and (mine or first.state == FilingState.EVIDENCED) else None
    return Turn(
        words.get(FilingState(first.state), _("Waiting for the register")),
        first.refusal or _("The change takes effect when the register records it (Patent Law, article 10)."),
        step is not None,
        due,
        reverse("filing_act", args=[facts.deal.number, first.pk, step.verb]) if step else "",
        str(step.label) if step else "",
    )
