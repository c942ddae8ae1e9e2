"""The steps of a deal that people take: its form, its one service, what is said before it cannot be undone."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.deals import forms
from listings.deals.graphs.deal import DEAL_GRAPH
from listings.deals.graphs.dispute import DISPUTE_GRAPH
from listings.deals.graphs.filing import FILING_GRAPH
from listings.deals.graphs.parties import DECIDERS, EITHER_DECIDES, EITHER_WORKS, OPERATORS
from listings.deals.models import Deal, Dispute, Filing
from listings.deals.services import closing, contracts, disputes, filings, reviews, royalties
from listings.deals.states import UNFUNDED, DealState
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted
from marketplace.core.money import Money
from marketplace.portal.steps import NoForm, ReasonForm, Step, by_verb


def _payoff(deal: Deal, data: dict[str, Any], by: Actor) -> object:
    return contracts.state_payoff(deal_id=deal.pk, amount=Money(data["amount"], deal.currency), by=by)


DEAL_STEPS = by_verb(
    Step(
        "draw_up",
        _("Draw up the contract"),
        NoForm,
        lambda deal, data, by: contracts.draw_up(deal_id=deal.pk, by=by),
        _("The contract is filled from what was agreed, and both signatories are asked to sign."),
    ),
    Step(
        "redraw",
        _("Change the contract"),
        ReasonForm,
        lambda deal, data, by: contracts.redraw(deal_id=deal.pk, reason=data["reason"], by=by),
        _("This version becomes void with its signatures and consents."),
        is_dangerous=True,
    ),
    Step(
        "payoff",
        _("State what you are owed"),
        forms.PayoffForm,
        _payoff,
        _("It is paid to you first out of the price (Civil Code, article 444)."),
    ),
    Step(
        "cancel",
        _("Cancel the deal"),
        ReasonForm,
        lambda deal, data, by: closing.cancel(deal_id=deal.pk, reason=data["reason"], by=by),
        _("The deal ends, the rights are free again, and what was paid in goes back. It cannot be undone."),
        is_dangerous=True,
    ),
    Step(
        "refund",
        _("Agree that the money goes back"),
        ReasonForm,
        lambda deal, data, by: closing.agree_to_refund(deal_id=deal.pk, reason=data["reason"], by=by),
        _("When both sides have agreed, all the money held goes back to the buyer and the deal ends."),
        is_dangerous=True,
    ),
    Step(
        "dispute",
        _("Raise a dispute"),
        forms.ComplaintForm,
        lambda deal, data, by: disputes.raise_dispute(deal_id=deal.pk, complaint=data["complaint"], by=by),
        _("No money leaves the deal until the dispute is settled."),
        is_dangerous=True,
    ),
    Step(
        "review",
        _("Review the other side"),
        forms.ReviewForm,
        lambda deal, data, by: reviews.write_review(deal_id=deal.pk, stars=data["stars"], text=data["text"], by=by),
        _("A review stays as written. The other side sees it once it has written its own, or after fourteen days."),
    ),
)

FILING_STEPS = by_verb(
    Step(
        "file",
        _("Say that it was filed"),
        forms.FiledForm,
        lambda filing, data, by: filings.say_filed(filing_id=filing.pk, by=by, **data),
    ),
    Step(
        "refuse",
        _("The office found something wanting"),
        forms.RefusedForm,
        lambda filing, data, by: filings.say_refused(filing_id=filing.pk, by=by, **data),
    ),
    Step(
        "prove",
        _("Hand in the office’s notice"),
        forms.EvidenceForm,
        lambda filing, data, by: filings.hand_in_evidence(
            filing_id=filing.pk, recorded_on=data["recorded_on"], upload=data["file"], by=by
        ),
        _("Another person of the operator checks it; then the money is paid out."),
    ),
    Step(
        "approve",
        _("Confirm that it is recorded"),
        NoForm,
        lambda filing, data, by: filings.approve_evidence(filing_id=filing.pk, by=by),
        _("The right passes in this register, and the money is paid out. It cannot be undone."),
    ),
    Step(
        "return",
        _("Return the evidence"),
        ReasonForm,
        lambda filing, data, by: filings.return_evidence(filing_id=filing.pk, reason=data["reason"], by=by),
    ),
)

DISPUTE_STEPS = by_verb(
    Step(
        "state",
        _("Add a statement"),
        forms.StatementForm,
        lambda dispute, data, by: disputes.add_statement(
            dispute_id=dispute.pk, text=data["text"], upload=data["file"], by=by
        ),
    ),
    Step(
        "propose",
        _("Propose a decision"),
        forms.DecisionForm,
        lambda dispute, data, by: disputes.propose_decision(dispute_id=dispute.pk, by=by, **data),
    ),
    Step(
        "decide",
        _("Confirm the decision"),
        NoForm,
        lambda dispute, data, by: disputes.confirm_decision(dispute_id=dispute.pk, by=by),
        _("The money held moves as decided. It cannot be undone."),
        is_dangerous=True,
    ),
    Step(
        "withdraw",
        _("Withdraw the dispute"),
        ReasonForm,
        lambda dispute, data, by: disputes.withdraw_dispute(dispute_id=dispute.pk, reason=data["reason"], by=by),
    ),
)

ROYALTY_STEPS = {
    "state": Step(
        "state",
        _("State the royalty base"),
        forms.StatementOfRoyaltyForm,
        lambda period, data, by: royalties.state_royalty(period_id=period.pk, base=data["base"], by=by),
        _("The royalty is reckoned from it and asked for. The licensor may inspect the books if so agreed."),
    )
}


def demand_part(deal: Deal, actor: Actor) -> None:
    """Raises NotPermitted for those who may look at a deal and do nothing: read-only members, brokers, co-owners."""
    is_pledgee = actor.acts_for == deal.pledgee_id and bool(DECIDERS & actor.roles)
    who = (EITHER_WORKS, EITHER_DECIDES, OPERATORS)
    if not is_pledgee and not any(one.permits(actor, deal) for one in who):
        raise NotPermitted()


def deal_steps(deal: Deal, actor: Actor) -> list[Step]:
    """The steps open to the actor on the deal now."""
    found: list[Step] = []
    for verb in ("draw_up", "redraw", "cancel"):
        edge = DEAL_GRAPH.edge(verb, deal.state)
        if edge is not None and edge.who.permits(actor, deal):
            found.append(DEAL_STEPS[verb])
    is_side = EITHER_DECIDES.permits(actor, deal)
    if actor.acts_for == deal.pledgee_id and deal.pledgee_id and deal.state in UNFUNDED - {DealState.PAYING}:
        found.append(DEAL_STEPS["payoff"])
    if is_side and deal.may_be_disputed:
        found.append(DEAL_STEPS["dispute"])
    if is_side and deal.state == DealState.RECORDING:
        found.append(DEAL_STEPS["refund"])
    if is_side and deal.state == DealState.COMPLETED and not _has_reviewed(deal, actor):
        found.append(DEAL_STEPS["review"])
    return found


def _has_reviewed(deal: Deal, actor: Actor) -> bool:
    return any(one.by_id == actor.acts_for for one in deal.reviews.all())


def filing_steps(filing: Filing, actor: Actor) -> list[Step]:
    """The steps open to the actor on a filing now."""
    return [FILING_STEPS[edge.verb] for edge in FILING_GRAPH.open_to(actor, filing) if edge.verb in FILING_STEPS]


def dispute_steps(dispute: Dispute, actor: Actor) -> list[Step]:
    """The steps open to the actor on a dispute now."""
    open_now = [DISPUTE_STEPS[edge.verb] for edge in DISPUTE_GRAPH.open_to(actor, dispute)]
    may_state = EITHER_DECIDES.permits(actor, dispute.deal) or OPERATORS.permits(actor, dispute.deal)
    is_open = bool(DISPUTE_GRAPH.leaving(dispute.state))
    return [*([DISPUTE_STEPS["state"]] if may_state and is_open else []), *open_now]
