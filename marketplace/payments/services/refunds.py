"""Sending money back to its payer: from what is held, and for what has gone out by taking it back first."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from marketplace.core import clock
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import NotFound
from marketplace.core.hints import hint
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked, locked_all
from marketplace.core.money import Money
from marketplace.payments import ledger
from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown, RefundTruth, providers
from marketplace.payments.graphs import OBLIGATION_GRAPH, REFUND_GRAPH, REVERSAL_GRAPH
from marketplace.payments.models import Obligation, PayIn, Payout, Receipt, Refund, Reversal
from marketplace.payments.references import REFUND, new_reference
from marketplace.payments.refusals import KeyUsedDifferently, RefundTooLarge
from marketplace.payments.services import calls
from marketplace.payments.services.calling_back import Back, call_back
from marketplace.payments.services.obligations import facts as obligation_facts
from marketplace.payments.services.receipts import recoverable_from
from marketplace.payments.states import REFUNDS_OVER, AccountKind, ObligationState, PayInState, RefundState

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class _Origin:
    """A way the money came in, and what may still be sent back on it."""

    provider: str
    payin: PayIn | None
    most: Decimal


@transaction.atomic
def refund(*, obligation_id: int, money: Money, key: str, reason: str, by: Actor) -> list[Refund]:
    """Send `money` of an obligation back to its payer, once per `key`: one refund per way it came in, mostly one.

    What is held for the subject goes first. The rest is taken back from payouts and from the platform's fee and tax in
    proportion to what each got; a payout not sent yet is cut, one that was sent is reversed by its provider, and the
    refund waits until the money is back. The worker makes the calls. Raises RefundTooLarge, CannotReverse,
    NotEnoughHeld, IllegalTransition, KeyUsedDifferently.
    """
    with locked(Obligation, obligation_id) as row:
        told = list(Refund.objects.filter(key__in=[key, *(f"{key}:{n}" for n in range(2, 10))]).order_by("pk"))
        if told:
            if sum((one.amount for one in told), ZERO) != money.amount or told[0].obligation_id != row.pk:
                raise KeyUsedDifferently()
            return told
        most = refundable(row)
        if money.currency != row.currency or not 0 < money.amount <= most:
            raise RefundTooLarge(most=f"{most} {row.currency}")
        if row.state != ObligationState.REFUNDING:
            walk(OBLIGATION_GRAPH, row, "start_refund", by=by, reason=reason, data=obligation_facts(row))
        sent = Payout.objects.about(row.subject).filter(currency=row.currency).exclude(release=None)
        payouts = list(sent.select_for_update(no_key=True, of=("self",)).order_by("pk"))  # before accounts: one order
        held = ledger.lock(ledger.held_for(row.subject, row.currency))[0]
        back = call_back(row, payouts, max(ZERO, money.amount + held.balance), by)
        rows, wanted = [], money.amount
        for place, (origin, part) in enumerate(_origins(row, money.amount)):
            name = key if place == 0 else f"{key}:{place + 1}"
            rows.append(_prepare(row, origin, part, back, key=name, reason=reason, by=by))
            wanted -= part
        if wanted:
            raise RefundTooLarge(most=f"{money.amount - wanted} {row.currency}")
        transaction.on_commit(wake_refunds)
    return rows


def refundable(row: Obligation) -> Decimal:
    """What came in for an obligation and is neither refunded nor on its way back."""
    pending = row.refunds.exclude(state__in=REFUNDS_OVER).aggregate(total=Sum("amount"))["total"] or ZERO
    return row.paid - row.refunded - pending


def _origins(row: Obligation, amount: Decimal) -> list[tuple[_Origin, Decimal]]:
    """By which ways `amount` goes back: largest first."""
    sums: dict[tuple[str, int | None], Decimal] = {}
    for provider, payin_id, total in (
        Receipt.objects.filter(obligation=row).order_by().values_list("provider", "payin").annotate(total=Sum("amount"))
    ):
        sums[provider, payin_id] = total
    for provider, payin_id, total in (
        row.refunds.exclude(state=RefundState.OVERTAKEN)
        .order_by()
        .values_list("provider", "payin")
        .annotate(total=Sum("amount"))
    ):
        sums[provider, payin_id] = sums.get((provider, payin_id), ZERO) - total
    payins = PayIn.objects.in_bulk([pk for _, pk in sums if pk is not None])
    ways = [_Origin(provider, payins.get(pk or 0), total) for (provider, pk), total in sums.items() if total > 0]
    found = []
    for way in sorted(ways, key=lambda way: -way.most):
        part = min(amount, way.most)
        if part:
            found.append((way, part))
            amount -= part
    return found


def _prepare(
    row: Obligation, origin: _Origin, amount: Decimal, back: Back, *, key: str, reason: str, by: Actor
) -> Refund:
    """One refund row, with what can be set aside set aside, and its reversals."""
    fee, tax, reversals = back.take(amount)
    later = sum((part for _, part in reversals), ZERO)
    from_held = amount - fee - tax - later
    one = Refund(
        key=key,
        obligation=row,
        payin=origin.payin,
        provider=origin.provider,
        amount=amount,
        currency=row.currency,
        from_held=from_held,
        set_aside=amount - later,
        reason=reason[:240],
        reference=new_reference(REFUND),
        actor_id=by.user_id,
        created_at=clock.now(),
    )
    begin(REFUND_GRAPH, one, by=by, data=facts(one))
    lines = [
        (ledger.held_for(row.subject, row.currency), from_held),
        (ledger.account(AccountKind.FEE, row.currency), fee),
        (ledger.account(AccountKind.TAX, row.currency), tax),
        (payer_account(row), -(amount - later)),
    ]
    if amount - later:
        ledger.post(f"refund:{one.pk}:aside", "refund", lines, by=by, subject=row.subject, memo=one.reference)
    for payout, part in reversals:
        reversal = Reversal(refund=one, payout=payout, amount=part, currency=row.currency, created_at=clock.now())
        begin(REVERSAL_GRAPH, reversal, by=by, data={"subject": list(row.subject), "amount": str(part)})
    if not reversals:
        walk(REFUND_GRAPH, one, "prepare", by=SYSTEM, data=facts(one))
    return one


def payer_account(row: Obligation) -> Any:
    return ledger.payable_to(row.payer_id, row.subject, row.currency)


def wake_refunds() -> None:
    hint("marketplace.payments.tasks.send_refunds")


def due_refunds() -> list[int]:
    rows = Refund.objects.in_state(RefundState.PREPARED, RefundState.SUBMITTED).order_by("checked_at", "pk")
    return list(rows.values_list("pk", flat=True)[:500])


def send_refund(refund_id: int) -> Refund:
    """Send a prepared refund, or ask how it stands; then book the answer. Not within a transaction."""
    with transaction.atomic(durable=True):
        row = (
            Refund.objects.select_for_update(no_key=True, of=("self",))
            .select_related("obligation", "payin")
            .filter(pk=refund_id)
            .first()
        )
        if row is None:
            raise NotFound()
        if row.state not in {RefundState.PREPARED, RefundState.SUBMITTED}:
            return row
        row.checked_at = clock.now()
        row.save(update_fields=["checked_at"])
        key = f"refund:{row.pk}:{row.attempt}"
        call = None
        if row.state == RefundState.PREPARED:
            call = calls.plan(key, provider=row.provider, operation="refund.send", about=row)
    gateway = providers.pay_in(row.provider)
    attempt = row.attempt
    try:
        truth: RefundTruth | None = None
        if call is None or calls.was_sent(call):
            truth = gateway.fetch_refund(row)
        if call is not None and (truth is None or truth.state == "unknown"):
            truth = calls.make(key, lambda: gateway.send_refund(row, key=key), key_life=gateway.capabilities().key_life)
    except ProviderRefused as error:
        truth = RefundTruth("failed", left=row.left, came_back=row.came_back, note=str(error))
    except calls.CallSettled:
        truth = gateway.fetch_refund(row)
    except (ProviderUnknown, calls.CallInFlight, calls.KeyForgotten):
        return row
    assert truth is not None
    return book_refund(row.pk, truth, attempt=attempt)


def book_refund(refund_id: int, truth: RefundTruth, *, attempt: int | None = None) -> Refund:
    """Book what left for a refund and what came back, and walk refund and obligation."""
    found = Refund.objects.filter(pk=refund_id).values_list("obligation", "payin").first()
    if found is None:
        raise NotFound()
    wanted: list[tuple[Any, int]] = [(Obligation, found[0]), (Refund, refund_id)]
    if found[1]:
        wanted.append((PayIn, found[1]))
    with locked_all(wanted) as rows:
        obligation, row = rows[0], rows[1]
        payin = rows[2] if len(rows) > 2 else None
        assert isinstance(obligation, Obligation) and isinstance(row, Refund)
        row.obligation = obligation
        left = max(ZERO, truth.left - row.left)
        back = max(ZERO, truth.came_back - row.came_back)
        row.left += left
        row.came_back += back
        for amount, sign, total in ((left, 1, row.left), (back, -1, row.came_back)):
            if amount:
                lines = [
                    (payer_account(obligation), sign * amount),
                    (ledger.clearing(row.provider, row.currency), -sign * amount),
                ]
                way = "left" if sign == 1 else "back"
                key = f"refund:{row.pk}:{way}:{total}"
                ledger.post(key, "refund", lines, by=SYSTEM, subject=obligation.subject, memo=row.reference)
        row.external_id = truth.external_id or row.external_id
        row.note = truth.note[:240]
        row.checked_at = clock.now()
        row.save(update_fields=["left", "came_back", "external_id", "note", "checked_at"])
        if isinstance(payin, PayIn) and (left or back):
            payin.refunded = max(ZERO, payin.refunded + left - back)
            payin.save(update_fields=["refunded"])
        if attempt is None or attempt == row.attempt:
            _follow(obligation, row, truth)
    return row


def _follow(obligation: Obligation, row: Refund, truth: RefundTruth) -> None:
    if truth.state == "submitted" and row.state == RefundState.PREPARED:
        walk(REFUND_GRAPH, row, "submit", by=SYSTEM, data=facts(row))
    elif truth.state == "complete" and row.state in {RefundState.PREPARED, RefundState.SUBMITTED}:
        walk(REFUND_GRAPH, row, "complete", by=SYSTEM, data=facts(row))
        obligation.refunded += row.amount
        obligation.save(update_fields=["refunded"])
        if obligation.state in {ObligationState.PAID, ObligationState.PART_PAID}:
            # tried again after a dispute that was won: the money came in anew meanwhile
            walk(OBLIGATION_GRAPH, obligation, "start_refund", by=SYSTEM, data=obligation_facts(obligation))
        _settle_obligation(obligation)
    elif truth.state == "failed" and row.state != RefundState.FAILED:
        was_complete = row.state == RefundState.COMPLETE
        walk(REFUND_GRAPH, row, "fail", by=SYSTEM, reason=row.note, data=facts(row))
        if was_complete:
            obligation.refunded -= row.amount
            obligation.save(update_fields=["refunded"])
            if obligation.state == ObligationState.REFUNDED:
                walk(OBLIGATION_GRAPH, obligation, "unrefund", by=SYSTEM, data=obligation_facts(obligation))
        overtake_refunds(obligation)


def _settle_obligation(obligation: Obligation) -> None:
    """After a refund: where the obligation stands, once no other refund of it is under way."""
    if obligation.state != ObligationState.REFUNDING:
        return
    if obligation.refunds.exclude(state__in=REFUNDS_OVER).exists():
        return
    if obligation.refunded == obligation.paid:
        verb = "refund"
    else:
        verb = "keep" if obligation.paid == obligation.amount else "keep_part"
    walk(OBLIGATION_GRAPH, obligation, verb, by=SYSTEM, data=obligation_facts(obligation))


def overtake_refunds(obligation: Obligation) -> None:
    """Give up failed refunds of payments whose payer won the money back at the bank: nobody is paid back twice.

    What was set aside for them first covers what the bank took beyond what was held; the rest is held again. Called
    with the obligation locked, when the dispute is lost and when a refund fails after it.
    """
    lost = obligation.refunds.filter(state=RefundState.FAILED, payin__state=PayInState.RETURNED)
    for row in lost.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        row.obligation = obligation
        aside = row.set_aside - row.left + row.came_back
        payer, owed, held = ledger.lock(
            payer_account(obligation),
            recoverable_from(obligation),
            ledger.held_for(obligation.subject, obligation.currency),
        )
        covered = min(aside, owed.balance)
        lines = [(payer, aside), (owed, -covered), (held, covered - aside)]
        if aside:
            key = f"refund:{row.pk}:overtaken:{row.attempt}"
            ledger.post(key, "refund", lines, by=SYSTEM, subject=obligation.subject, memo=row.reference)
        row.set_aside -= aside
        walk(REFUND_GRAPH, row, "overtake", by=SYSTEM, data=facts(row), also=["set_aside"])


def retry_refund(*, refund_id: int, by: Actor) -> Refund:
    """Try a failed refund again, under a new key. Raises NotPermitted, IllegalTransition."""
    with locked(Refund, refund_id) as row:
        row.attempt += 1
        row.note = ""
        walk(REFUND_GRAPH, row, "retry", by=by, also=["attempt", "note"])
        transaction.on_commit(wake_refunds)
    return row


def facts(row: Refund) -> dict[str, Any]:
    """What every event of a refund tells, amounts as strings."""
    obligation = row.obligation
    return {
        "subject": [obligation.subject_kind, obligation.subject_id],
        "obligation": obligation.pk,
        "payer": obligation.payer_id,
        "provider": row.provider,
        "amount": str(row.amount),
        "currency": row.currency,
        "reference": row.reference,
    }
