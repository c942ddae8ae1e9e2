"""Payouts taken back at their provider: asked for, booked, tried again."""

from __future__ import annotations

from django.db import transaction

from marketplace.core import events
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound
from marketplace.core.lifecycle import walk
from marketplace.core.locks import locked, locked_all
from marketplace.payments import ledger
from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown, ReversalTruth, providers
from marketplace.payments.graphs import REFUND_GRAPH, REVERSAL_GRAPH
from marketplace.payments.models import Obligation, Payout, Refund, Reversal
from marketplace.payments.services import calls
from marketplace.payments.services.refunds import facts, payer_account, wake_refunds
from marketplace.payments.states import RefundState, ReversalState


def due_reversals() -> list[int]:
    rows = Reversal.objects.in_state(ReversalState.PREPARED, ReversalState.SUBMITTED).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:500])


def send_reversal(reversal_id: int) -> Reversal:
    """Take money of a payout back at its provider, or ask how that stands; then book it. Not within a transaction."""
    with transaction.atomic(durable=True):
        row = (
            Reversal.objects.select_for_update(no_key=True, of=("self",))
            .select_related("payout", "refund")
            .filter(pk=reversal_id)
            .first()
        )
        if row is None:
            raise NotFound()
        if row.state not in {ReversalState.PREPARED, ReversalState.SUBMITTED}:
            return row
        key = f"reversal:{row.pk}:{row.attempt}"
        call = calls.plan(key, provider=row.payout.provider, operation="payout.reverse", about=row)
    gateway = providers.pay_out(row.payout.provider)
    try:
        truth: ReversalTruth | None = None
        if calls.was_sent(call):
            truth = gateway.fetch_reversal(row)
        if truth is None or truth.state == "unknown":
            truth = calls.make(
                key, lambda: gateway.send_reversal(row, key=key), key_life=gateway.capabilities().key_life
            )
    except ProviderRefused as error:
        truth = ReversalTruth("failed", note=str(error))
    except calls.CallSettled:
        truth = gateway.fetch_reversal(row)
    except (ProviderUnknown, calls.CallInFlight, calls.KeyForgotten):
        return row
    return book_reversal(row.pk, truth)


def book_reversal(reversal_id: int, truth: ReversalTruth) -> Reversal:
    """Book money that came back: straight into the payer's account, tied to the refund it is for."""
    ids = Reversal.objects.filter(pk=reversal_id).values_list("refund", "payout", "refund__obligation").first()
    if ids is None:
        raise NotFound()
    wanted = [(Obligation, ids[2]), (Payout, ids[1]), (Refund, ids[0]), (Reversal, reversal_id)]
    with locked_all(wanted) as (obligation, payout, one, row):
        assert isinstance(obligation, Obligation) and isinstance(payout, Payout)
        assert isinstance(one, Refund) and isinstance(row, Reversal)
        one.obligation = obligation
        row.external_id = truth.external_id or row.external_id
        row.note = truth.note[:240]
        row.save(update_fields=["external_id", "note"])
        data = {"subject": list(obligation.subject), "amount": str(row.amount), "refund": one.pk, "payout": payout.pk}
        if truth.state == "submitted" and row.state == ReversalState.PREPARED:
            walk(REVERSAL_GRAPH, row, "submit", by=SYSTEM, data=data)
        elif truth.state == "failed" and row.state in {ReversalState.PREPARED, ReversalState.SUBMITTED}:
            walk(REVERSAL_GRAPH, row, "fail", by=SYSTEM, reason=row.note, data=data)
            events.record("refund.stall", one, SYSTEM, reason=row.note, data=facts(one))
        elif truth.state == "done" and row.state in {ReversalState.PREPARED, ReversalState.SUBMITTED}:
            lines = [
                (ledger.clearing(payout.provider, row.currency), row.amount),
                (payer_account(obligation), -row.amount),
            ]
            ledger.post(f"reversal:{row.pk}", "reversal", lines, by=SYSTEM, subject=obligation.subject)
            payout.came_back += row.amount
            payout.save(update_fields=["came_back"])
            one.set_aside += row.amount
            one.save(update_fields=["set_aside"])
            walk(REVERSAL_GRAPH, row, "finish", by=SYSTEM, data=data)
            if one.set_aside == one.amount and one.state == RefundState.REVERSING:
                walk(REFUND_GRAPH, one, "prepare", by=SYSTEM, data=facts(one))
                transaction.on_commit(wake_refunds)
    return row


def retry_reversal(*, reversal_id: int, by: Actor) -> Reversal:
    """Try a failed reversal again, under a new key."""
    with locked(Reversal, reversal_id) as row:
        row.attempt += 1
        walk(REVERSAL_GRAPH, row, "retry", by=by, also=["attempt"])
        transaction.on_commit(wake_refunds)
    return row
