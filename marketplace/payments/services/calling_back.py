"""Taking back what has gone out for a subject, so that it can be refunded: from payouts, fee and tax in proportion."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.money import Money
from marketplace.payments import ledger
from marketplace.payments.gateways.ports import providers
from marketplace.payments.models import Entry, Obligation, Payout, Release
from marketplace.payments.refusals import CannotReverse, NotEnoughHeld
from marketplace.payments.services.payouts import cancel_payout, new_payout
from marketplace.payments.states import AccountKind, PayoutState, ReversalState, Subject

ZERO = Decimal("0.00")


@dataclass
class Back:
    """What is called back for a refund: from the books at once, and from payouts by reversal."""

    fee: Decimal = ZERO
    tax: Decimal = ZERO
    payouts: list[tuple[Payout, Decimal]] | None = None
    cut: Decimal = ZERO

    def take(self, most: Decimal) -> tuple[Decimal, Decimal, list[tuple[Payout, Decimal]]]:
        """The next `most` of it, for one refund."""
        fee = min(self.fee, most)
        tax = min(self.tax, most - fee)
        self.fee -= fee
        self.tax -= tax
        most -= fee + tax
        parts = []
        rest = []
        for payout, amount in self.payouts or []:
            part = min(amount, most)
            most -= part
            if part:
                parts.append((payout, part))
            if amount - part:
                rest.append((payout, amount - part))
        self.payouts = rest
        return fee, tax, parts


def call_back(row: Obligation, sent: list[Payout], short: Decimal, by: Actor) -> Back:
    """Plan where `short`, which is not held any more, is taken back from; unsent payouts are cut at once."""
    if not short:
        return Back(payouts=[])
    subject = row.subject
    payouts = [payout for payout in sent if payout.state != PayoutState.CANCELLED]
    gone = {payout.pk: _out(payout) for payout in payouts}
    fee, tax = _kept_by_us(subject, row.currency)
    weights = [*gone.values(), fee, tax]
    total = sum(weights, ZERO)
    if total < short:
        raise NotEnoughHeld(held=f"{total} {row.currency}", wanted=f"{short} {row.currency}")
    shares = [one.amount for one in Money(short, row.currency).split([int(weight * 100) for weight in weights])]
    back = Back(fee=min(shares[-2], fee), tax=min(shares[-1], tax), payouts=[])
    for payout, share in zip(payouts, shares, strict=False):
        if not share:
            continue
        if payout.state == PayoutState.PREPARED and not payout.left:
            _cut(payout, share, by)
            back.cut += share
            continue
        if payout.state != PayoutState.PAID:
            raise CannotReverse(provider=str(providers.get(payout.provider).label))
        if not providers.get(payout.provider).capabilities().reverses:
            raise CannotReverse(provider=str(providers.get(payout.provider).label))
        assert back.payouts is not None
        back.payouts.append((payout, share))
    return back


def _out(payout: Payout) -> Decimal:
    """What of a payout is still with its payee or on its way there, not called back already."""
    pending = payout.reversals.exclude(state=ReversalState.DONE).aggregate(total=Sum("amount"))["total"] or ZERO
    if payout.state == PayoutState.PAID:
        return payout.left - payout.came_back - pending
    return payout.amount - pending


def _kept_by_us(subject: Subject, currency: str) -> tuple[Decimal, Decimal]:
    """Fee and tax booked for a subject, net of what was given back."""
    rows = dict(
        Entry.objects.filter(
            journal__subject_kind=subject[0],
            journal__subject_id=subject[1],
            account__currency=currency,
            account__kind__in=[AccountKind.FEE, AccountKind.TAX],
        )
        .order_by()
        .values_list("account__kind")
        .annotate(total=Sum("amount"))
    )
    return -rows.get(AccountKind.FEE, ZERO), -rows.get(AccountKind.TAX, ZERO)


def _cut(payout: Payout, share: Decimal, by: Actor) -> None:
    """Take `share` of an unsent payout back into holding; what remains goes out under a new row."""
    cancel_payout(payout_id=payout.pk, by=by)
    rest = payout.amount - share
    if not rest:
        return
    lines = [
        (ledger.held_for(payout.subject, payout.currency), rest),
        (ledger.payable_to(payout.payee_id, payout.subject, payout.currency), -rest),
    ]
    journal = ledger.post(f"payout:{payout.pk}:rest", "release", lines, by=by, subject=payout.subject)
    kept = Release.objects.create(
        key=f"payout:{payout.pk}:rest",
        subject_kind=payout.subject_kind,
        subject_id=payout.subject_id,
        journal=journal,
        currency=payout.currency,
        total=rest,
        legs=[
            {
                "payee": payout.payee_id,
                "purpose": payout.purpose,
                "amount": str(rest),
                "sources": [{"provider": payout.provider, "payin": payout.source_id or 0, "amount": str(rest)}],
            }
        ],
        actor_id=by.user_id,
        at=clock.now(),
    )
    new_payout(
        subject=payout.subject,
        payee_id=payout.payee_id,
        purpose=payout.purpose,
        money=Money(rest, payout.currency),
        provider=payout.provider,
        source_id=payout.source_id,
        release_id=kept.pk,
        by=by,
    )
