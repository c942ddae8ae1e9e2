"""What leaves on a statement, and what comes back: payouts, refunds and returns, line by line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Sum

from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.lifecycle import walk
from marketplace.payments import ledger
from marketplace.payments.gateways.ports import PayoutTruth, RefundTruth
from marketplace.payments.graphs import PAYIN_GRAPH
from marketplace.payments.models import (
    BankAccount,
    Journal,
    Obligation,
    PayIn,
    Payout,
    Receipt,
    Refund,
    StatementImport,
)
from marketplace.payments.references import OBLIGATION, PAYOUT, REFUND
from marketplace.payments.services.lines import NewLine, line_row, moves
from marketplace.payments.services.payouts import book_payout
from marketplace.payments.services.receipts import take_back
from marketplace.payments.services.refunds import book_refund
from marketplace.payments.states import AccountKind, LineState, PayInState, PayoutState, RefundState

ZERO = Decimal("0.00")


def book_one(account: BankAccount, run: StatementImport, item: NewLine, by: Actor) -> None:
    """A line that leaves, or carries the reference of a payout or refund."""
    if not moves(item, account):
        state = LineState.CURRENCY if item.row.amount else LineState.IGNORED
        line_row(account, run, item, state=state).save()
        return
    for reference in item.references:
        act = {PAYOUT: _payout, REFUND: _refund, OBLIGATION: _return}[reference[:2]]
        columns = act(account, item, reference)
        if columns:
            line_row(account, run, item, **columns).save()
            return
    amount = item.row.amount
    key = f"line:{account.pk}:{item.fingerprint}:{item.ordinal}"
    clearing = ledger.clearing(account.provider, account.currency)
    kind = AccountKind.SUSPENSE if amount > 0 else AccountKind.UNEXPLAINED
    other = ledger.account(kind, account.currency, provider=account.provider)
    journal = ledger.post(key, "receive", [(clearing, amount), (other, -amount)], by=by, memo=item.row.text)
    state = LineState.UNMATCHED if amount > 0 else LineState.UNEXPLAINED
    line_row(account, run, item, state=state, rest=abs(amount), journal=journal).save()


def _payout(account: BankAccount, item: NewLine, reference: str) -> dict[str, Any] | None:
    """Our payout leaving, or coming back."""
    row = Payout.objects.filter(reference=reference, provider=account.provider, currency=account.currency).first()
    amount = item.row.amount
    if row is None or abs(amount) != row.amount:
        return None
    if amount < 0:
        if row.state not in {PayoutState.PREPARED, PayoutState.SUBMITTED} or row.left > row.came_back:
            return None
        truth = PayoutTruth("paid", left=row.left - amount, came_back=row.came_back, external_id=item.row.external_id)
        book_payout(row.pk, truth)
        journal = Journal.objects.get(key=f"payout:{row.pk}:left:{row.left - amount}")
        return {"state": LineState.PAYOUT, "payout": row, "journal": journal}
    if row.left - row.came_back < amount:
        return None
    truth = PayoutTruth("failed", left=row.left, came_back=row.came_back + amount, note=item.row.text)
    book_payout(row.pk, truth)
    journal = Journal.objects.get(key=f"payout:{row.pk}:came_back:{row.came_back + amount}")
    return {"state": LineState.PAYOUT_RETURN, "payout": row, "journal": journal}


def _refund(account: BankAccount, item: NewLine, reference: str) -> dict[str, Any] | None:
    """Our refund leaving, or coming back."""
    row = Refund.objects.filter(reference=reference, provider=account.provider, currency=account.currency).first()
    amount = item.row.amount
    if row is None or abs(amount) != row.amount:
        return None
    if amount < 0:
        if row.state not in {RefundState.PREPARED, RefundState.SUBMITTED} or row.left > row.came_back:
            return None
        truth = RefundTruth(
            "complete", left=row.left - amount, came_back=row.came_back, external_id=item.row.external_id
        )
        book_refund(row.pk, truth)
        journal = Journal.objects.get(key=f"refund:{row.pk}:left:{row.left - amount}")
        return {"state": LineState.REFUND, "refund": row, "journal": journal}
    if row.left - row.came_back < amount:
        return None
    book_refund(row.pk, RefundTruth("failed", left=row.left, came_back=row.came_back + amount, note=item.row.text))
    journal = Journal.objects.get(key=f"refund:{row.pk}:back:{row.came_back + amount}")
    return {"state": LineState.PAYOUT_RETURN, "refund": row, "journal": journal}


def _take_back_payin(row: Obligation, provider: str) -> None:
    """The instructions by which it had come in did not last."""
    done = PayIn.objects.filter(obligation=row, provider=provider)
    payin = done.in_state(PayInState.RECEIVED, PayInState.PART_RECEIVED).select_for_update(no_key=True).last()
    if payin is not None:
        data = {"subject": list(row.subject), "obligation": row.pk, "provider": provider}
        walk(PAYIN_GRAPH, payin, "take_back", by=SYSTEM, data=data)


def _return(account: BankAccount, item: NewLine, reference: str) -> dict[str, Any] | None:
    """A payment taken back by its payer's bank: no more of it than came in this way."""
    row = Obligation.objects.filter(reference=reference, currency=account.currency).first()
    if row is None or item.row.amount >= 0:
        return None
    wanted = -item.row.amount
    came = Receipt.objects.filter(obligation=row, provider=account.provider).aggregate(total=Sum("amount"))["total"]
    if wanted > (came or ZERO):
        return None
    key = f"line:{account.pk}:{item.fingerprint}:{item.ordinal}"
    take_back(row, wanted, provider=account.provider, key=key, memo=item.row.text)
    _take_back_payin(row, account.provider)
    journal = Journal.objects.get(key=key)
    return {"state": LineState.RETURNED, "obligation": row, "journal": journal}
