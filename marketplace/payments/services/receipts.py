"""What comes in for an obligation and what is taken back: the journal, the receipt and the new state, in one piece.

Called with the obligation locked. Every way of paying ends here, so that all of them book alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from marketplace.core import clock
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.lifecycle import walk
from marketplace.payments import ledger
from marketplace.payments.graphs import OBLIGATION_GRAPH
from marketplace.payments.models import Account, Obligation, PayIn, Receipt
from marketplace.payments.services.obligations import close_payins, facts
from marketplace.payments.states import AccountKind, ObligationState, Subject

ZERO = Decimal("0.00")


def take_in(
    row: Obligation,
    amount: Decimal,
    *,
    provider: str,
    key: str,
    by: Actor = SYSTEM,
    payin: PayIn | None = None,
    debit: Account | None = None,
    memo: str = "",
) -> Decimal:
    """Book that `amount` came in for `row` at `provider`; what is more than outstanding waits as the payer's excess.

    What had been taken away after it was released is made good first, and is not held a second time.

    `debit` is the account it comes from when it is not the provider's clearing account (money that waited
    unattributed). Returns the excess. Money for an obligation that is not payable (any more) is all excess.
    """
    taken = min(amount, row.outstanding) if row.is_payable else ZERO
    excess = amount - taken
    recovered = min(taken, lost_on([row]).get((row.subject, row.payer_id, row.currency), ZERO))
    held = ledger.held_for(row.subject, row.currency)
    lines = [(debit or ledger.clearing(provider, row.currency), amount), (held, recovered - taken)]
    if recovered:
        lines.append((recoverable_from(row), -recovered))
    if excess:
        lines.append((excess_of(row, provider), -excess))
    journal = ledger.post(key, "receive", lines, by=by, subject=row.subject, memo=memo or row.reference)
    if taken:
        Receipt.objects.create(
            obligation=row, journal=journal, provider=provider, payin=payin, amount=taken, at=clock.now()
        )
        row.paid += taken
        verb = "settle" if row.paid == row.amount else "part_settle"
        data = facts(row, received=taken, provider=provider)
        walk(OBLIGATION_GRAPH, row, verb, by=SYSTEM, data=data, also=["paid"])
        if row.state == ObligationState.PAID:
            close_payins(row, but=payin)
    return excess


def take_back(
    row: Obligation, amount: Decimal, *, provider: str, key: str, payin: PayIn | None = None, memo: str = ""
) -> Decimal:
    """Book that the provider took `amount` of what came in for `row` away again, and open the obligation anew.

    What is no longer held (it was released) is booked as to be recovered from the payer. Returns that part.
    """
    held, owed = ledger.lock(ledger.held_for(row.subject, row.currency), recoverable_from(row))
    undone = min(amount, row.paid - row.refunded)
    from_held = min(undone, -held.balance)
    lost = amount - from_held
    lines = [(held, from_held), (owed, lost), (ledger.clearing(provider, row.currency), -amount)]
    journal = ledger.post(key, "take_back", lines, by=SYSTEM, subject=row.subject, memo=memo or row.reference)
    if undone:
        Receipt.objects.create(
            obligation=row, journal=journal, provider=provider, payin=payin, amount=-undone, at=clock.now()
        )
        row.paid -= undone
        data = facts(row, taken_back=amount, lost=lost, provider=provider)
        if row.state == ObligationState.REOPENED:
            row.save(update_fields=["paid"])
        else:
            walk(OBLIGATION_GRAPH, row, "reopen", by=SYSTEM, data=data, also=["paid"])
    return lost


def give_again(
    row: Obligation, amount: Decimal, *, provider: str, key: str, payin: PayIn | None = None, memo: str = ""
) -> None:
    """Book that what was taken away came again (a dispute won): first it covers what was to be recovered."""
    owed = ledger.lock(recoverable_from(row))[0]
    recovered = min(amount, owed.balance)
    lines = [(ledger.clearing(provider, row.currency), recovered), (owed, -recovered)]
    if recovered:
        journal = ledger.post(f"{key}:recovered", "recover", lines, by=SYSTEM, subject=row.subject, memo=memo)
        made_good = min(recovered, row.outstanding) if row.is_payable else ZERO
        if made_good:
            Receipt.objects.create(
                obligation=row, journal=journal, provider=provider, payin=payin, amount=made_good, at=clock.now()
            )
            row.paid += made_good
            verb = "settle" if row.paid == row.amount else "part_settle"
            walk(OBLIGATION_GRAPH, row, verb, by=SYSTEM, data=facts(row, received=made_good), also=["paid"])
    if amount > recovered:
        take_in(row, amount - recovered, provider=provider, key=key, payin=payin, memo=memo)


def excess_of(row: Obligation, provider: str) -> Account:
    """What a payer paid too much at a provider, owed back."""
    return ledger.account(
        AccountKind.SUSPENSE, row.currency, provider=provider, subject=row.subject, party_id=row.payer_id
    )


def lost_on(rows: Sequence[Obligation]) -> dict[tuple[Subject, int | None, str], Decimal]:
    """What is still to be recovered, {(subject, payer, currency): sum}, for the matters of these obligations."""
    found = Account.objects.filter(
        kind=AccountKind.RECEIVABLE, balance__gt=0, subject_id__in={row.subject_id for row in rows}
    )
    return {((one.subject_kind, one.subject_id or 0), one.party_id, one.currency): one.balance for one in found}


def recoverable_from(row: Obligation) -> Account:
    """What the payer owes us, because money was taken back after it had been released."""
    return ledger.account(AccountKind.RECEIVABLE, row.currency, subject=row.subject, party_id=row.payer_id)
