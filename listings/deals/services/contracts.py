"""From an agreed deal to a contract that everybody signed and everybody whose word it needs has consented to."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from listings.deals import money, permission
from listings.deals.contracts.filling import contract_of
from listings.deals.graphs.deal import CONSENT_WORKING_DAYS, DEAL_GRAPH
from listings.deals.guards import payoff_is_awaited, rights_and_consents_stand
from listings.deals.models import Deal
from listings.deals.states import DealState
from listings.deals.telling import told
from listings.rights.ruling import enforces
from marketplace.core import clock, events, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import DomainError, Invalid, NotPermitted
from marketplace.core.lifecycle import WorkingDays
from marketplace.core.locks import locked
from marketplace.core.money import Money
from marketplace.payments.models import Obligation
from marketplace.payments.services.obligations import cancel_obligation, raise_obligation
from marketplace.payments.states import ObligationState
from marketplace.signing.services.consents import ask_missing
from marketplace.signing.services.documents import SignerSlot, draft_document, void_document


@enforces("PAT-ASSIGN-WRITTEN", "LIC-CONTENT")
def draw_up(*, deal_id: int, by: Actor) -> Deal:
    """Fill the contract's template from the deal and put it before the signatories: the seller first, then the buyer.

    Raises RightsRefused when the register no longer allows the deal, Incomplete terms, NotPermitted.
    """
    with locked(Deal, deal_id) as deal:
        lifecycle.walk(DEAL_GRAPH, deal, "draw_up", by=by, data=told(deal))
        contract = contract_of(deal)
        deal.contract = draft_document(
            subject=deal.subject,
            template=contract.template,
            data=contract.data,
            signers=[
                SignerSlot(1, deal.seller_id, *contract.giver),
                SignerSlot(2, deal.buyer_id, *contract.taker),
            ],
            by=by,
        )
        deal.save(update_fields=["contract"])
    return deal


def redraw(*, deal_id: int, reason: str, by: Actor) -> Deal:
    """Go back to drawing up: the version is void with its signatures and consents, and no payment is asked for."""
    with locked(Deal, deal_id) as deal:
        lifecycle.walk(DEAL_GRAPH, deal, "redraw", by=by, reason=reason, data=told(deal))
        void_contract(deal, by=by, reason=reason)
        cancel_obligations(deal)
        deal.contract, deal.payoff = None, None
        deal.save(update_fields=["contract", "payoff"])
    return deal


def void_contract(deal: Deal, *, by: Actor, reason: str) -> None:
    """End the current version, if there is one that still lives."""
    if deal.contract is not None and deal.contract.is_live:
        void_document(document_id=deal.contract.pk, by=by, reason=reason)


def cancel_obligations(deal: Deal) -> None:
    """Nothing more is asked for. What was paid in part ends with its refund."""
    for one in Obligation.objects.about(deal.subject).filter(
        state__in=[ObligationState.OPEN, ObligationState.REOPENED], paid__lte=F("refunded")
    ):
        cancel_obligation(obligation_id=one.pk, by=SYSTEM)


def contract_signed(*, deal_id: int, document_id: int) -> None:
    """All have signed: ask for the consents the law wants on this version, or go on to the payment. Runs twice
    harmlessly.

    A pledgee that sells by itself has nobody to ask, and still has to say what it is owed.
    """
    with locked(Deal, deal_id) as deal:
        if deal.state != DealState.SIGNING or deal.contract_id != document_id:
            return
        wanted = permission.consents_wanted(deal)
        if not wanted and not payoff_is_awaited(deal):
            _call_for_payment(deal)
            return
        lifecycle.walk(DEAL_GRAPH, deal, "ask_consents", by=SYSTEM, data=told(deal))
        ask_missing(
            document_id=document_id,
            wanted=wanted,
            by=SYSTEM,
            answer_by=WorkingDays(CONSENT_WORKING_DAYS)(deal, clock.now()),
        )


def consent_given(*, deal_id: int) -> None:
    """Go on to the payment once every consent stands (and the pledgee said what it is owed). Runs twice harmlessly."""
    with locked(Deal, deal_id) as deal:
        if deal.state == DealState.CONSENTING and is_consented(deal):
            _call_for_payment(deal)


@enforces("PLG-NO-TRANSFER")
def state_payoff(*, deal_id: int, amount: Money, by: Actor) -> Deal:
    """The pledgee says what it is owed; it is paid first out of the price. Raises NotPermitted, Invalid,
    ProceedsTooSmall."""
    with locked(Deal, deal_id) as deal:
        if by.acts_for is None or by.acts_for != deal.pledgee_id or by.on_behalf_of is not None:
            raise NotPermitted()
        if deal.state not in (DealState.SIGNING, DealState.CONSENTING):
            raise Invalid(problem=_("The payoff is stated before the buyer is asked to pay."))
        if amount.currency != deal.currency or amount.amount < 0:
            raise Invalid(field="amount", problem=_("State an amount in the currency of the deal, none below zero."))
        deal.payoff = amount.amount
        money.demand_payoff_fits(deal)
        deal.save(update_fields=["payoff"])
        events.record("deal.payoff", deal, by, data={**told(deal), "payoff": f"{amount.amount:.2f}"})
    consent_given(deal_id=deal_id)
    return deal


def is_consented(deal: Deal) -> bool:
    """Claims that the current contract is signed, every consent to it stands, and the register allows the deal."""
    try:
        rights_and_consents_stand(deal, SYSTEM)
    except DomainError:
        return False
    return True


def _call_for_payment(deal: Deal) -> None:
    """Walk on and ask the buyer for deposit, price and its own broker's commission."""
    lifecycle.walk(DEAL_GRAPH, deal, "call_for_payment", by=SYSTEM, data=told(deal))
    for due in money.payment_plan(deal):
        raise_obligation(
            purpose=due.purpose,
            subject=deal.subject,
            payer_id=deal.buyer_id,
            money=due.money,
            due_at=clock.now() + timedelta(days=due.days),
            title_zh=due.title_zh,
            title_en=due.title_en,
            by=SYSTEM,
        )
