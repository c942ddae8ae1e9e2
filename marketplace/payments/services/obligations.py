"""Raising and cancelling what has to be paid."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from marketplace.core import clock, events, timers
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.lifecycle import begin, rearm, walk
from marketplace.core.locks import locked
from marketplace.core.money import Money
from marketplace.payments.graphs import OBLIGATION_GRAPH, PAYIN_GRAPH
from marketplace.payments.models import Obligation, PayIn
from marketplace.payments.references import OBLIGATION, new_reference
from marketplace.payments.refusals import MoneyHasMoved
from marketplace.payments.states import Subject

REMIND_DAYS_BEFORE = 3
REMINDERS = "obligation_reminder"


@transaction.atomic
def raise_obligation(
    *,
    purpose: str,
    subject: Subject,
    payer_id: int,
    money: Money,
    due_at: datetime,
    title_zh: str,
    title_en: str,
    by: Actor,
) -> Obligation:
    """Make `payer_id` owe `money` into holding for `subject` by `due_at`; the payer is told.

    The floor that calls has checked that it may. Raises ValueError for a sum that is not positive.
    """
    if money.amount <= 0:
        raise ValueError("An obligation is for some money.")
    row = Obligation(
        purpose=purpose,
        subject_kind=subject[0],
        subject_id=subject[1],
        payer_id=payer_id,
        amount=money.amount,
        currency=money.currency,
        reference=new_reference(OBLIGATION),
        pay_by=due_at,
        title_zh=title_zh[:200],
        title_en=title_en[:200],
        created_at=clock.now(),
    )
    begin(OBLIGATION_GRAPH, row, by=by, data=facts(row))
    arm_reminders(row)
    return row


def cancel_obligation(*, obligation_id: int, by: Actor, reason: str = "") -> Obligation:
    """Nothing is owed any more. Raises MoneyHasMoved (refund instead), IllegalTransition."""
    with locked(Obligation, obligation_id) as row:
        if row.paid > row.refunded:
            raise MoneyHasMoved()
        walk(OBLIGATION_GRAPH, row, "cancel", by=by, reason=reason, data=facts(row))
        timers.disarm(row, REMINDERS)
        close_payins(row)
    return row


def put_off(*, obligation_id: int, due_at: datetime, by: Actor) -> Obligation:
    """Move the day by which it is to be paid."""
    with locked(Obligation, obligation_id) as row:
        before, row.pay_by = row.pay_by, due_at
        row.save(update_fields=["pay_by"])
        rearm(OBLIGATION_GRAPH, row)
        arm_reminders(row)
        events.record("obligation.put_off", row, by, data={**facts(row), "from": before, "to": due_at})
    return row


def facts(row: Obligation, **more: Any) -> dict[str, Any]:
    """What every event of an obligation tells, amounts as strings."""
    return {
        "subject": [row.subject_kind, row.subject_id],
        "purpose": row.purpose,
        "payer": row.payer_id,
        "amount": str(row.amount),
        "currency": row.currency,
        "paid": str(row.paid),
        "refunded": str(row.refunded),
        "reference": row.reference,
        "title_zh": row.title_zh,
        "title_en": row.title_en,
        **{key: str(value) for key, value in more.items()},
    }


def close_payins(row: Obligation, *, but: PayIn | None = None) -> None:
    """Nobody is asked to pay any more, `but` by the way that has just brought the money. What comes all the same is
    booked as what it is."""
    others = PayIn.objects.live().filter(obligation=row).exclude(pk=but.pk if but else 0)
    for payin in others.select_for_update(no_key=True).order_by("pk"):
        walk(PAYIN_GRAPH, payin, "expire", by=SYSTEM, data={"subject": [row.subject_kind, row.subject_id]})


def arm_reminders(row: Obligation) -> None:
    """A word some days before the last day, and on its end."""
    timers.disarm(row, REMINDERS)
    early = row.pay_by - timedelta(days=REMIND_DAYS_BEFORE)
    if early > clock.now():
        timers.arm(row, REMINDERS, "remind", early)
    timers.arm(row, REMINDERS, "fall_due", row.pay_by)


def remind(obligation_id: int, act: str) -> None:
    """What a due reminder does: an event for those who tell people, if it is still to be paid."""
    with locked(Obligation, obligation_id) as row:
        if row.is_payable:
            events.record(f"obligation.{act}", row, SYSTEM, data=facts(row))


timers.on_timer(REMINDERS, remind)
