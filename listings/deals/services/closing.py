"""From the buyer's money to a recorded right and everybody paid; and the ways back.

What happens elsewhere arrives here: an obligation settled, a recordal approved, a payout gone through or come back, a
dispute decided. Each function reads the deal under its lock and does nothing when the deal has moved on already, so an
event delivered twice, late or in another order ends the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from listings.catalogue.models import Listing
from listings.catalogue.services.listings import close_listing, release_listing, reserve_listing
from listings.catalogue.states import ListingState
from listings.deals import money
from listings.deals.clearing import EXCLUSIVE_MODES
from listings.deals.graphs.deal import DEAL_GRAPH
from listings.deals.guards import RECORDALS
from listings.deals.models import Deal, Dispute, Filing, RefundAgreement
from listings.deals.services import filings, negotiations, royalties
from listings.deals.services.contracts import cancel_obligations, void_contract
from listings.deals.services.disputes import on_decided
from listings.deals.services.transfer import enter_into_register
from listings.deals.splitting import Leg, split
from listings.deals.states import LIVE, DealState, LegPurpose
from listings.deals.telling import told
from listings.rights.services.reservations import release as release_reservations
from marketplace.core import clock, events, lifecycle, timers
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotPermitted, ReasonMissing
from marketplace.core.locks import locked
from marketplace.core.money import Money
from marketplace.payments.services import refunds, releases

FAMILY = "holdback"
PAID_FOR = frozenset({DealState.RECORDING, DealState.RELEASING, DealState.COMPLETED})
#: A completed deal opens again when a payout comes back; its royalties come in all the same.
WITH_ROYALTIES = frozenset({DealState.RELEASING, DealState.COMPLETED})


# ── forward ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def money_arrived(*, deal_id: int) -> None:
    """An obligation was settled: go to the register when all that comes first is held, then as far as it can go."""
    with locked(Deal, deal_id) as deal:
        if deal.state == DealState.PAYING and not money.still_to_come(deal):
            lifecycle.walk(DEAL_GRAPH, deal, "fund", by=SYSTEM, data=told(deal))
            deal.effective_on = clock.today() if not deal.waits_for_the_register else None
            deal.save(update_fields=["effective_on"])
            filings.begin_filings(deal, by=SYSTEM)
            if not deal.waits_for_the_register:
                enter_into_register(deal, on=clock.today())
        _go_on(deal)


def go_on(*, deal_id: int) -> None:
    """Something that stood in the way is gone: a dispute was withdrawn, a payout went through."""
    with locked(Deal, deal_id) as deal:
        _go_on(deal)


def _go_on(deal: Deal) -> None:
    """Take every step that money, register and disputes leave open now: pay out, a milestone's part, completion.

    Each looks at the deal as it is, so whatever came late or early, by whatever way, the deal ends the same. While a
    dispute is open nothing leaves.
    """
    if deal.disputes.unsettled().exists():
        return
    pay_out(deal)
    if deal.state in WITH_ROYALTIES:
        royalties.pay_on(deal)  # before the rest, which would take them for a part of the price
    if deal.state != DealState.RELEASING:
        return
    if money.free(deal).amount > 0:
        _release(deal, money.tranche_legs(deal, money.free(deal)))
    edge = DEAL_GRAPH.edge("complete", deal.state)
    assert edge is not None
    if not money.still_owed(deal) and DEAL_GRAPH.refusal(edge, deal, SYSTEM) is None:
        lifecycle.walk(DEAL_GRAPH, deal, "complete", by=SYSTEM, data=told(deal))
        _end(deal, is_done=True)


@filings.on_recorded
def recorded(deal: Deal, filing: Filing, by: Actor) -> None:
    """The register has it: enter it here too, and pay out. Runs in the transaction that approves the evidence.

    It may come after a decided dispute has moved the money: the right passes all the same.
    """
    if filing.kind not in RECORDALS or deal.state not in PAID_FOR or not deal.waits_for_the_register:
        return
    assert filing.recorded_on is not None
    deal.effective_on = filing.recorded_on
    deal.save(update_fields=["effective_on"])
    enter_into_register(deal, on=filing.recorded_on)
    _go_on(deal)


def pay_out(deal: Deal) -> None:
    """Release what is held, as the frozen terms say, if nothing stands against it (a dispute does)."""
    edge = DEAL_GRAPH.edge("release", deal.state)
    if edge is None or DEAL_GRAPH.refusal(edge, deal, SYSTEM) is not None:
        return
    legs = money.first_legs(deal)
    if any(leg.purpose == LegPurpose.HOLD_BACK for leg in legs):
        deal.held_back_until = clock.today() + timedelta(days=deal.hold_back_days)
        timers.arm(deal, FAMILY, "free", clock.now() + timedelta(days=deal.hold_back_days))
    lifecycle.walk(DEAL_GRAPH, deal, "release", by=SYSTEM, data=told(deal), also=("held_back_until",))
    _release(deal, legs)


def free_hold_back(deal_id: int, act: str) -> None:
    """The hold-back's days are over: it goes to whom it belongs, unless a dispute is open (then the timer waits)."""
    with locked(Deal, deal_id) as deal:
        if deal.state != DealState.RELEASING or deal.held_back_until is None:
            return
        if deal.disputes.unsettled().exists():
            timers.arm(deal, FAMILY, act, clock.now() + timedelta(days=1))
            return
        _release(deal, money.hold_back_legs(deal))
        deal.held_back_until = None
        deal.save(update_fields=["held_back_until"])
        _go_on(deal)


def payout_came_back(*, deal_id: int) -> None:
    """A payout failed after it had been taken for paid: the deal is not completed after all."""
    with locked(Deal, deal_id) as deal:
        if deal.state == DealState.COMPLETED:
            lifecycle.walk(DEAL_GRAPH, deal, "reopen", by=SYSTEM, data=told(deal))


def _release(deal: Deal, legs: Sequence[Leg]) -> None:
    """Hand the legs to the ledger in the transaction that decided on them."""
    leaving = [leg for leg in legs if leg.purpose != LegPurpose.HOLD_BACK]
    if leaving:
        releases.release(
            subject=deal.subject,
            legs=[releases.Leg(leg.payee_id, leg.purpose, leg.money) for leg in leaving],
            key=f"deal:{deal.pk}:release:{money.releases(deal) + 1}",
            by=SYSTEM,
        )


def keep_reserved(*, listing_id: int) -> None:
    """A reservation lifted by clock or holder is put back while a deal stands that leaves nothing for others."""
    listing = Listing.objects.get(pk=listing_id)
    stands = listing.deals.live().filter(mode__in=EXCLUSIVE_MODES).exists()
    if stands and listing.state == ListingState.PUBLISHED:
        reserve_listing(listing_id=listing_id, by=SYSTEM)


# ── back ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def cancel(*, deal_id: int, reason: str, by: Actor) -> Deal:
    """End a deal whose price is not held yet. What was paid of it goes back, and the rights are free again."""
    with locked(Deal, deal_id) as deal:
        lifecycle.walk(DEAL_GRAPH, deal, "cancel", by=by, reason=reason, data=told(deal))
        unwind(deal, by=by, reason=reason)
    return deal


def lapsed(*, deal_id: int) -> None:
    """The clock ended a deal: the same as a cancellation. Runs twice harmlessly."""
    with locked(Deal, deal_id) as deal:
        if deal.state == DealState.EXPIRED:
            unwind(deal, by=SYSTEM, reason="lapsed")


def unwind(deal: Deal, *, by: Actor, reason: str) -> None:
    """Void the contract, ask for no more money, give back what came, free the rights and the listing."""
    void_contract(deal, by=by, reason=reason)
    cancel_obligations(deal)
    give_back(deal, money.held(deal), reason=reason)
    _end(deal, is_done=False)


def agree_to_refund(*, deal_id: int, reason: str, by: Actor) -> Deal:
    """One side agrees that the money goes back; when both have, it does. Raises NotPermitted, IllegalTransition."""
    from listings.deals.graphs.parties import EITHER_DECIDES

    if not reason.strip():
        raise ReasonMissing(field="reason")
    with locked(Deal, deal_id) as deal:
        if not EITHER_DECIDES.permits(by, deal) or by.acts_for is None or by.user_id is None:
            raise NotPermitted()
        if deal.state == DealState.RECORDING:
            _made, is_new = RefundAgreement.objects.get_or_create(
                deal=deal,
                organisation_id=by.acts_for,
                defaults={"by_id": by.user_id, "reason": reason.strip(), "at": clock.now()},
            )
            if is_new:
                events.record("deal.agree_refund", deal, by, reason=reason, data=told(deal))
            if deal.refund_agreements.count() < 2:
                return deal
        _refund_all(deal, reason=reason, by=SYSTEM)
    return deal


def refund_done(*, deal_id: int) -> None:
    """A refund went through: the deal is closed when nothing is held any more."""
    with locked(Deal, deal_id) as deal:
        _close_refund(deal)


def _close_refund(deal: Deal) -> None:
    if deal.state == DealState.REFUNDING and not money.held(deal) and not money.open_refunds(deal):
        cancel_obligations(deal)  # one that the payer's bank opened anew is not asked for again
        lifecycle.walk(DEAL_GRAPH, deal, "refunded", by=SYSTEM, data=told(deal))


@on_decided
def dispute_decided(deal: Deal, dispute: Dispute, by: Actor) -> None:
    """Divide what is held as decided: the seller's side by the frozen terms, the rest back to the buyer.

    Once the price is paid out, what is held is the hold-back, and the deal goes on to its end.
    """
    assert dispute.seller_pct is not None
    reason = dispute.decision
    if deal.state == DealState.RELEASING:
        _divide_hold_back(deal, dispute.seller_pct, reason)
        return
    if dispute.seller_pct == 0:
        _refund_all(deal, reason=reason, by=by)
        return
    held = money.held(deal)
    to_seller = held.times(dispute.seller_pct / 100)
    lifecycle.walk(DEAL_GRAPH, deal, "settle", by=SYSTEM, reason=reason, data=told(deal))
    give_back(deal, held - to_seller, reason=reason)
    _release(deal, split(to_seller, money.terms_of(deal, hold_back=False)))
    _go_on(deal)


def _divide_hold_back(deal: Deal, seller_pct: Decimal, reason: str) -> None:
    legs = money.hold_back_legs(deal)
    whole = sum((leg.money for leg in legs), Money.zero(deal.currency))
    to_seller = whole.times(seller_pct / 100)
    parts = to_seller.split([int(leg.money.amount * 100) for leg in legs]) if legs else []
    deal.held_back_until = None
    deal.save(update_fields=["held_back_until"])
    give_back(deal, whole - to_seller, reason=reason)
    _release(deal, [replace(leg, money=part) for leg, part in zip(legs, parts, strict=True) if part])
    _go_on(deal)


def _refund_all(deal: Deal, *, reason: str, by: Actor) -> None:
    lifecycle.walk(DEAL_GRAPH, deal, "refund", by=SYSTEM, reason=reason, data=told(deal))
    unwind(deal, by=by, reason=reason)
    _close_refund(deal)  # nothing to wait for where the payer's bank had taken it all back already


def give_back(deal: Deal, total: Money, *, reason: str) -> None:
    """Refund `total` of what came in for the deal, latest payment first."""
    left = total.amount
    for one in reversed(list(money.obligations(deal))):
        part = min(left, refunds.refundable(one))
        if part > 0:
            refunds.refund(
                obligation_id=one.pk,
                money=Money(part, deal.currency),
                key=f"deal:{deal.pk}:refund:{one.pk}:{one.refunded}",
                reason=reason[:240],
                by=SYSTEM,
            )
            left -= part
    if left > Decimal("0.00"):
        raise RuntimeError(f"{deal.number}: {left} is held that no obligation explains.")


def _end(deal: Deal, *, is_done: bool) -> None:
    """Free the rights; the listing is closed as settled, or stands open to others again."""
    release_reservations(subject=deal.subject, by=SYSTEM)
    if not is_done:
        filings.drop_filings(deal, by=SYSTEM)
        negotiations.take_up_again(deal.offer)
    listing = deal.listing
    listing.refresh_from_db()
    if listing.state not in (ListingState.RESERVED, ListingState.PUBLISHED):
        return
    others = listing.deals.filter(state__in=LIVE).exclude(pk=deal.pk).exists()
    if is_done and deal.waits_for_the_register:
        close_listing(listing_id=listing.pk, by=SYSTEM, reason=deal.number)
    elif listing.state == ListingState.RESERVED and not others:
        release_listing(listing_id=listing.pk, by=SYSTEM)


timers.on_timer(FAMILY, free_hold_back)
