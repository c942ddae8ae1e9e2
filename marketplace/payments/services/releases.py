"""Letting held money go: one journal, one payout a leg; and keeping part of it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked
from marketplace.core.money import Money
from marketplace.payments import ledger
from marketplace.payments.graphs import HOLDBACK_GRAPH
from marketplace.payments.models import Holdback, Payout, Release
from marketplace.payments.refusals import HeldBack, KeyUsedDifferently, NotEnoughHeld
from marketplace.payments.services.payouts import new_payout, wake_payouts
from marketplace.payments.sources import available, draw
from marketplace.payments.states import AccountKind, HoldbackState, Subject

ZERO = Decimal("0.00")
TAX = "tax"


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a release: to a party; or with no payee to the platform, or for purpose "tax" to the tax office."""

    payee_id: int | None
    purpose: str
    money: Money


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
