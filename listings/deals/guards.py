"""What must hold before a deal, a filing or a dispute moves on; each guard raises the refusal that says what lacks.

Guards read again under the deal's lock; the money they ask about is in the ledger, whose own constraints hold even if a
guard were forgotten.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from listings.deals import money, permission
from listings.deals.refusals import (
    ConsentsMissing,
    ContractNotSigned,
    MoneyMoved,
    MoneyStillHeld,
    NotDecided,
    NoticeMissing,
    NotRecorded,
    PayoffMissing,
    PayoutsOpen,
    PriceNotHeld,
    SamePerson,
    Unsettled,
)
from listings.deals.states import DisputeState, FilingKind, FilingState
from listings.rights.ruling import enforces
from marketplace.core.actor import Actor
from marketplace.signing.states import DocumentState

if TYPE_CHECKING:
    from listings.deals.models import Deal, Dispute, Filing

RECORDALS = (FilingKind.ASSIGNMENT, FilingKind.LICENCE)


# ── the deal ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def rights_still_allow(deal: Deal, actor: Actor) -> None:
    """What may be done to the rights may have changed since the offer was accepted; and whoever must agree can be
    asked."""
    permission.demand_but_for_consents(permission.verdict(deal, lock=True))
    permission.consents_wanted(deal)


@enforces("PAT-ASSIGN-WRITTEN", "ES-RELIABLE")
def contract_is_signed(deal: Deal, actor: Actor) -> None:
    """The current version of the contract carries every signature and the seal."""
    if deal.contract is None or deal.contract.state != DocumentState.COMPLETE:
        raise ContractNotSigned()


@enforces("PAT-COOWN-ALL", "PLG-NO-TRANSFER", "PAT-INVENTOR-FIRST", "XB-RESTRICTED")
def contract_and_consents_stand(deal: Deal, actor: Actor) -> None:
    """Signed, and everybody whose consent the law asks for has given it to this very version."""
    contract_is_signed(deal, actor)
    missing = permission.consents_missing(deal)
    if missing:
        raise ConsentsMissing(names="、".join(missing))
    if payoff_is_awaited(deal):
        raise PayoffMissing()


def payoff_is_awaited(deal: Deal) -> bool:
    """Claims that a pledge burdens the deal and the pledgee has not said what it is owed."""
    return deal.pledgee_id is not None and deal.payoff is None and permission.is_pledged(deal)


def rights_and_consents_stand(deal: Deal, actor: Actor) -> None:
    """Before money is asked for, the register is asked once more, now with the consents given."""
    contract_and_consents_stand(deal, actor)
    permission.verdict(deal, lock=True).demand()


def price_is_held(deal: Deal, actor: Actor) -> None:
    """Everything the buyer owes before the register is asked lies with the platform."""
    missing = money.still_to_come(deal)
    if missing:
        raise PriceNotHeld(amount=missing.amount, currency=missing.currency)


@enforces("PAT-ASSIGN-REG")
def money_may_leave(deal: Deal, actor: Actor) -> None:
    """Held, recorded where the deal waits for the register, undisputed, and consented on the current version."""
    no_dispute_is_open(deal)
    contract_and_consents_stand(deal, actor)
    price_is_held(deal, actor)
    if deal.waits_for_the_register and not _is_recorded(deal):
        raise NotRecorded()


def no_dispute_is_open(deal: Deal) -> None:
    if deal.disputes.unsettled().exists():
        raise Unsettled()


def _is_recorded(deal: Deal) -> bool:
    return deal.filings.filter(kind__in=RECORDALS, state=FilingState.APPROVED).exists()


def dispute_is_decided(deal: Deal, actor: Actor) -> None:
    """A decision gives at least a part of the money to the seller's side."""
    no_dispute_is_open(deal)
    if not deal.disputes.filter(state=DisputeState.DECIDED, seller_pct__gt=0).exists():
        raise NotDecided()


def refund_is_decided(deal: Deal, actor: Actor) -> None:
    """All the money goes back: by a dispute decided for the buyer, or because both sides agreed to it."""
    no_dispute_is_open(deal)
    if deal.disputes.filter(state=DisputeState.DECIDED, seller_pct=Decimal(0)).exists():
        return
    if not {deal.seller_id, deal.buyer_id} <= set(deal.refund_agreements.values_list("organisation_id", flat=True)):
        raise NotDecided()


def everybody_is_paid(deal: Deal, actor: Actor) -> None:
    """Every payout went through and nothing of the deal is held any more."""
    if money.open_payouts(deal):
        raise PayoutsOpen()
    nothing_is_held(deal, actor)


def nothing_is_held(deal: Deal, actor: Actor) -> None:
    held = money.held(deal)
    if held:
        raise MoneyStillHeld(amount=held.amount, currency=held.currency)


def nothing_is_paid(deal: Deal, actor: Actor) -> None:
    """A contract is changed only while no money lies with the platform."""
    held = money.held(deal)
    if held:
        raise MoneyMoved(amount=held.amount, currency=held.currency)


# ── filings and disputes ─────────────────────────────────────────────────────────────────────────────────────────────
def has_evidence(filing: Filing, actor: Actor) -> None:
    if filing.evidence is None or filing.recorded_on is None:
        raise NoticeMissing()


def another_person_approves(filing: Filing, actor: Actor) -> None:
    """Invariant 24: whoever handed the evidence in does not check it, in whatever organisation they act."""
    if actor.user_id is None or actor.user_id == filing.evidenced_by_id:
        raise SamePerson()


def another_person_decides(dispute: Dispute, actor: Actor) -> None:
    if actor.user_id is None or actor.user_id == dispute.proposed_by_id:
        raise SamePerson()
