"""Payouts: each brought through its provider, booked as it leaves, and back when it does not last."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import IllegalTransition, NotFound
from marketplace.core.hints import hint
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked
from marketplace.core.money import Money
from marketplace.payments import ledger
from marketplace.payments.gateways.ports import PayOutProvider, PayoutTruth, ProviderRefused, ProviderUnknown, providers
from marketplace.payments.graphs import PAYOUT_GRAPH
from marketplace.payments.models import Payout, PayoutAccount, ProviderCall
from marketplace.payments.references import PAYOUT, new_reference
from marketplace.payments.services import calls
from marketplace.payments.states import PayoutAccountState, PayoutState, Subject

ZERO = Decimal("0.00")
FALLBACK = "bank"


def new_payout(
    *,
    subject: Subject,
    payee_id: int | None,
    purpose: str,
    money: Money,
    provider: str,
    by: Actor,
    source_id: int | None = None,
    release_id: int | None = None,
    to_name: str = "",
    to_account: str = "",
) -> Payout:
    """A payout row for money that stands in the payee's account in the ledger already."""
    payout = Payout(
        release_id=release_id,
        subject_kind=subject[0],
        subject_id=subject[1],
        payee_id=payee_id,
        purpose=purpose,
        amount=money.amount,
        currency=money.currency,
        provider=provider if _pays_out(provider) else FALLBACK,
        source_id=source_id,
        to_name=to_name,
        to_account=to_account,
        reference=new_reference(PAYOUT),
        created_at=clock.now(),
    )
    begin(PAYOUT_GRAPH, payout, by=by, data=facts(payout))
    return payout


def _pays_out(provider: str) -> bool:
    try:
        return providers.pay_out(provider).capabilities().pays_out
    except KeyError:
        return False


def wake_payouts() -> None:
    """Hint to the worker; beat looks every minute anyway."""
    hint("marketplace.payments.tasks.send_payouts")


def due_payouts() -> list[int]:
    """Ids of payouts to be sent or asked after, oldest first."""
    rows = Payout.objects.in_state(PayoutState.PREPARED, PayoutState.SUBMITTED).order_by("checked_at", "pk")
    return list(rows.values_list("pk", flat=True)[:500])


def account_for(payout: Payout) -> PayoutAccount | None:
    """Where the payee wants to be paid on this provider's rail, if it is usable."""
    if payout.payee_id is None or payout.to_account:  # sent back to where it came from
        return None
    rail = providers.get(payout.provider).capabilities().rail
    return PayoutAccount.objects.filter(
        organisation=payout.payee_id, rail=rail, state=PayoutAccountState.ACTIVE, is_ready=True
    ).first()


def send_payout(payout_id: int) -> Payout:
    """Bring one payout forward: send it, or ask how it stands if it may have been sent; then book the answer.

    Calls the provider, so it must not be called within a transaction. A payee without a usable account waits. Raises
    NotFound; what the provider refuses ends in state failed, what is unknown stays and is asked after next time.
    """
    with transaction.atomic(durable=True):
        payout = Payout.objects.select_for_update(no_key=True).filter(pk=payout_id).first()
        if payout is None:
            raise NotFound()
        if payout.state not in {PayoutState.PREPARED, PayoutState.SUBMITTED}:
            return payout
        payout.checked_at = clock.now()
        if payout.state == PayoutState.PREPARED:
            payout.account = account_for(payout)
            waits = payout.account is None and not payout.to_account
            payout.note = "no_account" if waits else ""
            payout.save(update_fields=["checked_at", "account", "note"])
            if waits:
                return payout
            key = f"payout:{payout.pk}:{payout.attempt}"
            call = calls.plan(key, provider=payout.provider, operation="payout.submit", about=payout)
        else:
            payout.save(update_fields=["checked_at"])
            key, call = "", None
    gateway = providers.pay_out(payout.provider)
    attempt = payout.attempt
    try:
        truth = _send_or_ask(gateway, payout, key, call)
    except ProviderRefused as error:
        truth = PayoutTruth("failed", left=payout.left, came_back=payout.came_back, note=str(error))
    except (ProviderUnknown, calls.CallInFlight):
        return payout
    except calls.KeyForgotten:
        with locked(Payout, payout.pk) as fresh:
            fresh.note = "ask_by_hand"
            fresh.save(update_fields=["note"])
            events.record("payout.unknown", fresh, SYSTEM, data=facts(fresh))
        return payout
    return book_payout(payout.pk, truth, attempt=attempt)


def _send_or_ask(gateway: PayOutProvider, payout: Payout, key: str, call: ProviderCall | None) -> PayoutTruth:
    if call is None:
        return gateway.fetch_payout(payout)
    if calls.was_sent(call):
        told = gateway.fetch_payout(payout)
        if told.state != "unknown":
            return told
    try:
        return calls.make(
            key,
            lambda: gateway.submit_payout(payout, payout.account, key=key),
            key_life=gateway.capabilities().key_life,
        )
    except calls.CallSettled:
        return gateway.fetch_payout(payout)


def book_payout(payout_id: int, truth: PayoutTruth, *, attempt: int | None = None, by: Actor = SYSTEM) -> Payout:
    """Book what left and what came back, and walk the payout; an old answer that comes late changes nothing.

    `attempt` is the one the answer was asked for: after a retry it is no longer about this payout's present.
    """
    with locked(Payout, payout_id) as payout:
        move = _moves(payout, truth)
        for kind, amount in move:
            total = payout.left if kind == "left" else payout.came_back
            sign = 1 if kind == "left" else -1
            lines = [
                (ledger.payable_to(payout.payee_id, payout.subject, payout.currency), sign * amount),
                (ledger.clearing(payout.provider, payout.currency), -sign * amount),
            ]
            key = f"payout:{payout.pk}:{kind}:{total}"
            ledger.post(key, "payout", lines, by=by, subject=payout.subject, memo=payout.reference)
        if truth.external_id:
            payout.external_id = truth.external_id
        payout.note = truth.note[:240] if truth.note else payout.note
        payout.checked_at = clock.now()
        payout.save(update_fields=["left", "came_back", "external_id", "note", "checked_at"])
        if attempt is None or attempt == payout.attempt:
            _follow(payout, truth)
    return payout


def _moves(payout: Payout, truth: PayoutTruth) -> list[tuple[str, Decimal]]:
    left = max(ZERO, truth.left - payout.left)
    back = max(ZERO, truth.came_back - payout.came_back)
    moves = []
    if left:
        payout.left += left
        moves.append(("left", left))
    if back:
        payout.came_back += back
        moves.append(("came_back", back))
    return moves


def _follow(payout: Payout, truth: PayoutTruth) -> None:
    if truth.state == "submitted" and payout.state == PayoutState.PREPARED:
        walk(PAYOUT_GRAPH, payout, "submit", by=SYSTEM, data=facts(payout))
    elif truth.state == "paid" and payout.state in {PayoutState.PREPARED, PayoutState.SUBMITTED}:
        payout.paid_at = clock.now()
        walk(PAYOUT_GRAPH, payout, "pay", by=SYSTEM, data=facts(payout), also=["paid_at"])
    elif truth.state == "failed" and payout.state in {
        PayoutState.PREPARED,
        PayoutState.SUBMITTED,
        PayoutState.PAID,
    }:
        was_paid = payout.state == PayoutState.PAID
        walk(PAYOUT_GRAPH, payout, "fail", by=SYSTEM, reason=payout.note, data=facts(payout, was_paid=was_paid))


def retry_payout(*, payout_id: int, by: Actor) -> Payout:
    """Send a failed payout once more, under a new key. Raises NotPermitted, IllegalTransition."""
    with locked(Payout, payout_id) as payout:
        payout.attempt += 1
        payout.note = ""
        walk(PAYOUT_GRAPH, payout, "retry", by=by, data=facts(payout), also=["attempt", "note"])
        transaction.on_commit(wake_payouts)
    return payout


def cancel_payout(*, payout_id: int, by: Actor) -> Payout:
    """Take a payout that has not gone out back into holding. Raises IllegalTransition when it may have gone out."""
    with locked(Payout, payout_id) as payout:
        may_be_out = ProviderCall.objects.filter(
            about_kind="payments.payout", about_id=payout.pk, state__in=["sent", "unknown", "answered"]
        ).exists()
        if payout.left > payout.came_back or (may_be_out and payout.state == PayoutState.PREPARED):
            raise IllegalTransition(state=PayoutState.SUBMITTED.label)
        walk(PAYOUT_GRAPH, payout, "cancel", by=by, data=facts(payout))
        lines = [
            (ledger.payable_to(payout.payee_id, payout.subject, payout.currency), payout.amount),
            (ledger.held_for(payout.subject, payout.currency), -payout.amount),
        ]
        ledger.post(f"payout:{payout.pk}:cancel", "payout_cancel", lines, by=by, subject=payout.subject)
    return payout


def stuck_payouts() -> Any:
    """For the desk: failed ones, those waiting for an account, those nobody can tell about."""
    old = clock.now() - timedelta(days=3)
    return Payout.objects.filter(
        Q(state=PayoutState.FAILED)
        | Q(state=PayoutState.PREPARED) & ~Q(note="")
        | Q(state=PayoutState.SUBMITTED, state_since__lt=old)
    )


def facts(payout: Payout, **more: Any) -> dict[str, Any]:
    """What every event of a payout tells, amounts as strings."""
    return {
        "subject": [payout.subject_kind, payout.subject_id],
        "payee": payout.payee_id,
        "purpose": payout.purpose,
        "provider": payout.provider,
        "amount": str(payout.amount),
        "currency": payout.currency,
        "reference": payout.reference,
        **more,
    }
