"""Letting held money go: one journal, one payout a leg, and each payout through its provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, Sum

from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import IllegalTransition, NotFound
from marketplace.core.hints import hint
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked
from marketplace.core.money import Money
from marketplace.payments import ledger
from marketplace.payments.gateways.ports import (
    PayOutProvider,
    PayoutTruth,
    ProviderRefused,
    ProviderUnknown,
    providers,
)
from marketplace.payments.graphs import HOLDBACK_GRAPH, PAYOUT_GRAPH
from marketplace.payments.models import Holdback, Payout, PayoutAccount, ProviderCall, Release
from marketplace.payments.references import PAYOUT, new_reference
from marketplace.payments.refusals import HeldBack, KeyUsedDifferently, NotEnoughHeld
from marketplace.payments.services import calls
from marketplace.payments.sources import available, draw
from marketplace.payments.states import (
    AccountKind,
    HoldbackState,
    PayoutAccountState,
    PayoutState,
    Subject,
)

ZERO = Decimal("0.00")
TAX = "tax"
FALLBACK = "bank"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a release: to a party; or with no payee to the platform, or for purpose "tax" to the tax office."""

    payee_id: int | None
    purpose: str
    money: Money


# ── letting go ───────────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def release(*, subject: Subject, legs: Sequence[Leg], key: str, by: Actor) -> Release:
    """Move held money to those it belongs to: HELD to PAYABLE, FEE and TAX in one journal, one payout a leg.

    Once per `key`; a second time gives back the first. The floor that calls holds its own lock and has checked its own
    conditions. The worker sends the payouts after the commit. A leg whose money lies at two providers becomes two
    payouts. Raises NotEnoughHeld, HeldBack, KeyUsedDifferently, ValueError (no legs, mixed currencies, sums not
    positive).
    """
    if not legs or any(leg.money.amount <= 0 for leg in legs):
        raise ValueError("A release has legs, each of some money.")
    total = legs[0].money
    for leg in legs[1:]:
        total = total + leg.money
    currency = total.currency
    held = ledger.lock(ledger.held_for(subject, currency))[0]  # serialises releases and refunds of the subject
    wanted = [[leg.payee_id, leg.purpose, str(leg.money.amount)] for leg in legs]
    first = Release.objects.filter(key=key).first()
    if first is not None:
        told = [[leg["payee"], leg["purpose"], leg["amount"]] for leg in first.legs]
        if told != wanted or (first.subject_kind, first.subject_id) != tuple(subject) or first.currency != currency:
            raise KeyUsedDifferently()
        return first
    stands = -held.balance
    if stands < total.amount:
        raise NotEnoughHeld(held=f"{stands} {currency}", wanted=f"{total.amount} {currency}")
    kept_back = held_back(subject, currency)
    if stands - kept_back < total.amount:
        raise HeldBack(amount=f"{kept_back} {currency}")
    lines = [(held, total.amount), *((_target(leg, subject), -leg.money.amount) for leg in legs)]
    journal = ledger.post(f"release:{key}", "release", lines, by=by, subject=subject)
    left = available(subject, currency)
    drawn = {
        place: draw(left, legs[place].money.amount)
        # Parties first: what stays with the platform takes what their providers leave.
        for place in sorted(range(len(legs)), key=lambda place: legs[place].payee_id is None)
    }
    row = Release.objects.create(
        key=key,
        subject_kind=subject[0],
        subject_id=subject[1],
        journal=journal,
        currency=currency,
        total=total.amount,
        legs=[
            {
                "payee": leg.payee_id,
                "purpose": leg.purpose,
                "amount": str(leg.money.amount),
                "sources": [
                    {"provider": source.provider, "payin": source.payin_id, "amount": str(part)}
                    for source, part in drawn[place]
                ],
            }
            for place, leg in enumerate(legs)
        ],
        actor_id=by.user_id,
        at=clock.now(),
    )
    for place, leg in enumerate(legs):
        if leg.payee_id is None:
            continue
        for source, part in drawn[place]:
            _prepare(row, leg, part, provider=source.provider, payin_id=source.payin_id or None, by=by)
    events.record(
        "release.make",
        row,
        by,
        data={"subject": list(subject), "total": str(total.amount), "currency": currency, "legs": wanted},
    )
    transaction.on_commit(wake_payouts)
    return row


def _target(leg: Leg, subject: Subject) -> Any:
    if leg.payee_id is not None:
        return ledger.payable_to(leg.payee_id, subject, leg.money.currency)
    kind = AccountKind.TAX if leg.purpose == TAX else AccountKind.FEE
    return ledger.account(kind, leg.money.currency)


def _prepare(row: Release, leg: Leg, amount: Decimal, *, provider: str, payin_id: int | None, by: Actor) -> Payout:
    return new_payout(
        subject=(row.subject_kind, row.subject_id),
        payee_id=leg.payee_id,
        purpose=leg.purpose,
        money=Money(amount, leg.money.currency),
        provider=provider,
        source_id=payin_id,
        release_id=row.pk,
        by=by,
    )


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


# ── holding back ─────────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def hold_back(
    *, subject: Subject, money: Money, until: datetime, reason_zh: str, reason_en: str, by: Actor
) -> Holdback:
    """Keep part of what is held from every release until it is freed, or until `until`. Raises NotEnoughHeld."""
    held = ledger.lock(ledger.held_for(subject, money.currency))[0]
    if -held.balance < held_back(subject, money.currency) + money.amount:
        raise NotEnoughHeld(held=f"{-held.balance} {money.currency}", wanted=f"{money.amount} {money.currency}")
    row = Holdback(
        subject_kind=subject[0],
        subject_id=subject[1],
        amount=money.amount,
        currency=money.currency,
        until=until,
        reason_zh=reason_zh,
        reason_en=reason_en,
        created_at=clock.now(),
    )
    begin(HOLDBACK_GRAPH, row, by=by, data={"subject": list(subject), "amount": str(money.amount)})
    return row


def free_holdback(*, holdback_id: int, by: Actor) -> Holdback:
    """Let it be released like the rest. Raises IllegalTransition."""
    with locked(Holdback, holdback_id) as row:
        data = {"subject": [row.subject_kind, row.subject_id], "amount": str(row.amount), "currency": row.currency}
        walk(HOLDBACK_GRAPH, row, "free", by=by, data=data)
    return row


def held_back(subject: Subject, currency: str) -> Decimal:
    """The sum of all that is held back now."""
    rows = Holdback.objects.filter(
        subject_kind=subject[0], subject_id=subject[1], currency=currency, state=HoldbackState.HELD_BACK
    )
    return rows.aggregate(total=Sum("amount"))["total"] or ZERO


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────
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
