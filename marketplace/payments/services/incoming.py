"""What comes in on a statement: matched to obligations, booked and walked for all lines of a file at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.bulk import insert
from marketplace.core.walking import Step, walk_many
from marketplace.payments import ledger
from marketplace.payments.graphs import OBLIGATION_GRAPH, PAYIN_GRAPH
from marketplace.payments.ledger import AccountKey, Posting
from marketplace.payments.matching import Claim, Decision, decide
from marketplace.payments.models import BankAccount, Obligation, PayIn, Receipt, StatementImport, StatementLine
from marketplace.payments.services.lines import NewLine, moves, told
from marketplace.payments.services.obligations import facts
from marketplace.payments.services.receipts import lost_on
from marketplace.payments.states import AccountKind, LineState, ObligationState, PayInState

ZERO = Decimal("0.00")


def take_in_all(
    account: BankAccount, run: StatementImport, items: Sequence[NewLine], obligations: dict[str, Obligation], by: Actor
) -> None:
    claims = {
        reference: Claim(
            obligation_id=row.pk,
            currency=row.currency,
            outstanding=row.outstanding,
            is_payable=row.is_payable,
            payer_id=row.payer_id,
            payer_names=(row.payer.name_zh, row.payer.name_en),
        )
        for reference, row in obligations.items()
    }
    by_id = {row.pk: row for row in obligations.values()}
    decisions = [
        decide(
            amount=item.row.amount,
            currency=item.row.currency,
            payer_name=item.row.payer_name,
            references=item.references,
            claims=claims,
        )
        if item.row.amount and item.row.currency == account.currency
        else Decision(LineState.IGNORED if not item.row.amount else LineState.CURRENCY)
        for item in items
    ]
    moving = [(item, decision) for item, decision in zip(items, decisions, strict=True) if moves(item, account)]
    journals = dict(
        zip(
            [id(item) for item, _ in moving],
            ledger.post_many(_postings(account, moving, by_id), by=by),
            strict=True,
        )
    )
    now = clock.now()
    insert(
        StatementLine,
        [
            told(
                account,
                run,
                item,
                state=decision.state.value,
                rest=decision.rest,
                journal_id=journals.get(id(item)),
                obligation_id=decision.parts[0][0].obligation_id
                if decision.parts
                else (decision.owner.obligation_id if decision.owner else None),
            )
            for item, decision in zip(items, decisions, strict=True)
        ],
    )
    insert(
        Receipt,
        [
            {
                "obligation_id": claim.obligation_id,
                "journal_id": journals[id(item)],
                "amount": part,
                "provider": account.provider,
                "at": now,
            }
            for item, decision in moving
            for claim, part in decision.parts
        ],
    )
    _walk_all([decision for _, decision in moving], by_id, account.provider)


def _postings(
    account: BankAccount, moving: Sequence[tuple[NewLine, Decision]], by_id: dict[int, Obligation]
) -> list[Posting]:
    """The journals of the lines: clearing against what is held, was lost before, or waits."""
    lost = lost_on(list(by_id.values()))
    clearing = AccountKey(AccountKind.CLEARING, account.currency, account.provider)
    plans: list[list[tuple[AccountKey, Decimal]]] = []
    for item, decision in moving:
        lines = [(clearing, item.row.amount)]
        for claim, part in decision.parts:
            owed = by_id[claim.obligation_id]
            place = (owed.subject, owed.payer_id, account.currency)
            recovered = min(part, lost.get(place, ZERO))
            if recovered:
                lost[place] -= recovered
                of_payer = AccountKey(AccountKind.RECEIVABLE, account.currency, "", owed.subject, owed.payer_id)
                lines.append((of_payer, -recovered))
            lines.append((AccountKey(AccountKind.HELD, account.currency, "", owed.subject), recovered - part))
        if decision.rest:
            lines.append((_waiting_key(account, decision, by_id), -decision.rest))
        plans.append(lines)
    rows = ledger.accounts(key for lines in plans for key, _ in lines)
    return [
        Posting(
            key=f"line:{account.pk}:{item.fingerprint}:{item.ordinal}",
            kind="receive",
            lines=[(rows[key], amount) for key, amount in lines],
            subject=by_id[decision.parts[0][0].obligation_id].subject if decision.parts else None,
            memo=item.row.text,
        )
        for (item, decision), lines in zip(moving, plans, strict=True)
    ]


def _waiting_key(account: BankAccount, decision: Decision, by_id: dict[int, Obligation]) -> AccountKey:
    if decision.owner is None:
        return AccountKey(AccountKind.SUSPENSE, account.currency, account.provider)
    row = by_id[decision.owner.obligation_id]
    return AccountKey(AccountKind.SUSPENSE, account.currency, account.provider, row.subject, row.payer_id)


def _walk_all(decisions: Sequence[Decision], by_id: dict[int, Obligation], provider: str) -> None:
    """Obligations and their open payments in, step by step: an obligation paid by three lines takes three steps."""
    rounds: list[list[Step]] = []
    turn: Counter[int] = Counter()
    for decision in decisions:
        for claim, part in decision.parts:
            if turn[claim.obligation_id] == len(rounds):
                rounds.append([])
            rounds[turn[claim.obligation_id]].append(Step(by_id[claim.obligation_id], "", {"received": part}))
            turn[claim.obligation_id] += 1
    touched: dict[int, Obligation] = {}
    for steps in rounds:
        ready = []
        for step in steps:
            row, part = step.subject, step.data["received"]
            assert isinstance(row, Obligation)
            row.paid += part
            verb = "settle" if row.paid == row.amount else "part_settle"
            ready.append(Step(row, verb, facts(row, received=part, provider=provider)))
            touched[row.pk] = row
        walk_many(OBLIGATION_GRAPH, ready, also=["paid"])
    _walk_payins(touched, provider)


def _walk_payins(touched: dict[int, Obligation], provider: str) -> None:
    """The instructions that were out for these obligations: done, partly done, or no longer needed."""
    live = PayIn.objects.live().filter(obligation_id__among=touched).select_for_update(no_key=True).order_by("pk")
    steps: list[Step] = []
    for payin in live:
        row = touched[payin.obligation_id]
        data = {"subject": list(row.subject), "obligation": row.pk, "provider": payin.provider}
        if payin.provider == provider:
            payin.received = min(payin.amount, payin.amount - row.outstanding)
            verb = "receive" if row.state == ObligationState.PAID else "part_receive"
            if payin.state == PayInState.PREPARED and verb == "part_receive":
                continue
        elif row.state == ObligationState.PAID:
            verb = "expire"
        else:
            continue
        steps.append(Step(payin, verb, data))
    walk_many(PAYIN_GRAPH, steps, also=["received"])
