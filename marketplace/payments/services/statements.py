"""Reading a bank statement into the books: each line once, matched where it is sure, set aside where it is not."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.lifecycle import walk
from marketplace.core.locks import LOCK_TIMEOUT_MS, locked
from marketplace.payments import ledger
from marketplace.payments.gateways.ports import PayoutTruth, RefundTruth
from marketplace.payments.graphs import OBLIGATION_GRAPH, PAYIN_GRAPH
from marketplace.payments.ledger import AccountKey, Posting
from marketplace.payments.matching import Claim, Decision, decide
from marketplace.payments.models import (
    BankAccount,
    Journal,
    Obligation,
    PayIn,
    Payout,
    Receipt,
    Refund,
    StatementImport,
    StatementLine,
)
from marketplace.payments.references import OBLIGATION, PAYOUT, REFUND, plain, references_in
from marketplace.payments.refusals import StatementUnreadable
from marketplace.payments.services.obligations import facts
from marketplace.payments.services.payouts import book_payout
from marketplace.payments.services.receipts import take_back
from marketplace.payments.services.refunds import book_refund
from marketplace.payments.services.walking import Step, walk_many
from marketplace.payments.statements import Row, Statement, Unreadable, read
from marketplace.payments.states import (
    QUARANTINED,
    AccountKind,
    LineState,
    ObligationState,
    PayInState,
    PayoutState,
    RefundState,
)

ZERO = Decimal("0.00")


def import_statement(*, account_id: int, name: str, content: bytes, by: Actor) -> StatementImport:
    """Read a statement file of one of our accounts into the books, and tell what became of its lines.

    Lines known already (from this file read before, an overlapping one, or another form of it) add nothing. What comes
    in goes to the obligation its reference names, or waits unattributed; what leaves is tied to the payout, refund or
    return it carries. All of it is one transaction. Raises StatementUnreadable, NotFound, Busy.
    """
    started = time.monotonic()
    digest = hashlib.sha256(content).hexdigest()
    currency = BankAccount.objects.values_list("currency", flat=True).get(pk=account_id)
    try:
        statement = read(content, currency=currency)
    except Unreadable as error:
        raise StatementUnreadable(field="file", why=str(error)) from error
    with locked(BankAccount, account_id) as account:
        run = StatementImport(
            account=account,
            file_name=name[:200],
            sha256=digest,
            form=statement.form,
            lines_read=len(statement.rows),
            problems=[[line, why[:200]] for line, why in statement.problems[:100]],
            opening=statement.opening,
            closing=statement.closing,
            closing_on=statement.closing_on,
            actor_id=by.user_id,
            at=clock.now(),
        )
        run.save()
        run.problems += _gaps(account, run, statement)
        new = _new_rows(account, statement)
        run.lines_new, run.lines_known = len(new), len(statement.rows) - len(new)
        _book(account, run, new, by)
        run.counts = dict(
            Counter(StatementLine.objects.filter(statement=run).order_by().values_list("state", flat=True))
        )
        run.ledger_after = ledger.clearing(account.provider, account.currency).balance
        run.took_ms = int((time.monotonic() - started) * 1000)
        run.save()
        data = {"new": run.lines_new, "known": run.lines_known, "counts": run.counts, "file": run.file_name}
        events.record("statement.import", run, by, data=data)
        waiting = sum(run.counts.get(state, 0) for state in QUARANTINED)
        if waiting:
            events.record("statement.quarantine", run, by, data={**data, "waiting": waiting})
    return run


# ── each line once ───────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class _New:
    """A row that is new, under the marks it will be known by."""

    row: Row
    fingerprint: str
    ordinal: int
    references: list[str]


def fingerprint(row: Row) -> str:
    """What makes two rows the same movement when the bank gives no id: day, sum, other side, and what was said."""
    other = plain(row.payer_account) or plain(row.payer_name)
    text = "|".join((row.booked_on.isoformat(), f"{row.amount:.2f}", row.currency, other, plain(row.text)))
    return hashlib.sha256(text.encode()).hexdigest()


def _new_rows(account: BankAccount, statement: Statement) -> list[_New]:
    """The rows not kept yet, in their order. A row without movement is left out.

    A row with the bank's id is known by it, or by an equal kept row that had no id (which takes it on). A row without
    one is known if as many equal rows are kept as stand before it in the file.
    """
    marks = [(row, fingerprint(row)) for row in statement.rows]
    kept_ids = set(
        StatementLine.objects.filter(account=account)
        .exclude(external_id="")
        .filter(external_id__in={row.external_id for row in statement.rows if row.external_id})
        .values_list("external_id", flat=True)
    )
    kept: dict[str, list[tuple[int, str]]] = defaultdict(list)
    found = StatementLine.objects.filter(account=account, fingerprint__in={mark for _, mark in marks})
    for mark, pk, external_id in found.order_by("pk").values_list("fingerprint", "pk", "external_id"):
        kept[mark].append((pk, external_id))
    counted = {mark: len(rows) for mark, rows in kept.items()}
    seen: Counter[str] = Counter()
    new = []
    for row, mark in marks:
        if row.external_id:
            if row.external_id in kept_ids:
                continue
            nameless = next((pair for pair in kept.get(mark, []) if not pair[1]), None)
            if nameless is not None:
                StatementLine.objects.filter(pk=nameless[0]).update(external_id=row.external_id)
                kept[mark].remove(nameless)
                continue
        else:
            seen[mark] += 1
            if seen[mark] <= len(kept.get(mark, [])):
                continue
        counted[mark] = counted.get(mark, 0) + 1
        new.append(_New(row, mark, counted[mark], references_in(row.text)))
    return new


def _gaps(account: BankAccount, run: StatementImport, statement: Statement) -> list[list[Any]]:
    """A word where this file does not begin where the last one ended."""
    if statement.opening is None or not statement.rows:
        return []
    first_day = min(row.booked_on for row in statement.rows)
    before = (
        StatementImport.objects.filter(account=account, closing_on__lt=first_day)
        .exclude(pk=run.pk)
        .exclude(closing=None)
        .order_by("-closing_on", "-pk")
        .first()
    )
    if before is None or before.closing == statement.opening:
        return []
    return [[0, f"opens with {statement.opening}, the one before closed with {before.closing}"]]


# ── booking ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _book(account: BankAccount, run: StatementImport, new: Sequence[_New], by: Actor) -> None:
    """Write the lines and what they do: what comes in for obligations all at once, the rest one by one after it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        # The tables grow many times within this transaction: triggers must not keep plans that read them whole.
        cursor.execute("DISCARD PLANS")
        cursor.execute("SET LOCAL enable_seqscan = off")
    wanted = {one for item in new for one in item.references}
    obligations = {
        row.reference: row
        for row in Obligation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("payer")
        .filter(reference__in=[one for one in wanted if one.startswith(OBLIGATION)])
        .order_by("pk")
    }
    plainly: list[_New] = []
    later: list[_New] = []
    for item in new:
        special = any(one.startswith((PAYOUT, REFUND)) for one in item.references)
        (plainly if item.row.amount >= 0 and not special else later).append(item)
    _take_in_all(account, run, plainly, obligations, by)
    for item in later:
        _book_one(account, run, item, by)


def _take_in_all(
    account: BankAccount, run: StatementImport, items: Sequence[_New], obligations: dict[str, Obligation], by: Actor
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
    moving = [(item, decision) for item, decision in zip(items, decisions, strict=True) if _moves(item, account)]
    journals = dict(
        zip(
            [id(item) for item, _ in moving],
            ledger.post_many(_postings(account, moving, by_id), by=by),
            strict=True,
        )
    )
    now = clock.now()
    StatementLine.objects.bulk_create(
        [
            _line(
                account,
                run,
                item,
                state=decision.state,
                rest=decision.rest,
                journal_id=journals.get(id(item)),
                obligation_id=decision.parts[0][0].obligation_id
                if decision.parts
                else (decision.owner.obligation_id if decision.owner else None),
            )
            for item, decision in zip(items, decisions, strict=True)
        ],
        batch_size=2000,
    )
    receipts = [
        (claim.obligation_id, journals[id(item)], part) for item, decision in moving for claim, part in decision.parts
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_receipt (obligation_id, journal_id, amount, provider, at) "
            "SELECT o, j, a, %s, %s FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[]) AS v(o, j, a)",
            [account.provider, now, *columns_of(receipts, 3)],
        )
    _walk_all([decision for _, decision in moving], by_id, account.provider)


def columns_of(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows turned into the lists that `unnest` takes."""
    return [[row[place] for row in rows] for place in range(width)]


def _moves(item: _New, account: BankAccount) -> bool:
    """Whether the line belongs in the books of this account: it moves money of its currency."""
    return bool(item.row.amount) and item.row.currency == account.currency


def _postings(
    account: BankAccount, moving: Sequence[tuple[_New, Decision]], by_id: dict[int, Obligation]
) -> list[Posting]:
    """The journals of the lines: clearing against what is held, and against what waits."""
    clearing = AccountKey(AccountKind.CLEARING, account.currency, account.provider)
    plans: list[list[tuple[AccountKey, Decimal]]] = []
    for item, decision in moving:
        lines = [(clearing, item.row.amount)]
        for claim, part in decision.parts:
            subject = by_id[claim.obligation_id].subject
            lines.append((AccountKey(AccountKind.HELD, account.currency, "", subject), -part))
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
    live = PayIn.objects.live().filter(obligation__in=touched).select_for_update(no_key=True).order_by("pk")
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


def _line(account: BankAccount, run: StatementImport, item: _New, **columns: Any) -> StatementLine:
    rest = columns.get("rest", ZERO)
    is_open = columns["state"] in QUARANTINED and (rest or columns["state"] == LineState.CURRENCY)
    return StatementLine(
        account=account,
        statement=run,
        external_id=item.row.external_id,
        fingerprint=item.fingerprint,
        ordinal=item.ordinal,
        booked_on=item.row.booked_on,
        amount=item.row.amount,
        currency=item.row.currency,
        payer_name=item.row.payer_name,
        payer_account=item.row.payer_account,
        text=item.row.text,
        settled_at=None if is_open else clock.now(),
        **columns,
    )


# ── what leaves, and what comes back ─────────────────────────────────────────────────────────────────────────────────
def _book_one(account: BankAccount, run: StatementImport, item: _New, by: Actor) -> None:
    """A line that leaves, or carries the reference of a payout or refund."""
    if not _moves(item, account):
        state = LineState.CURRENCY if item.row.amount else LineState.IGNORED
        _line(account, run, item, state=state).save()
        return
    for reference in item.references:
        act = {PAYOUT: _payout, REFUND: _refund, OBLIGATION: _return}[reference[:2]]
        columns = act(account, item, reference)
        if columns:
            _line(account, run, item, **columns).save()
            return
    amount = item.row.amount
    key = f"line:{account.pk}:{item.fingerprint}:{item.ordinal}"
    clearing = ledger.clearing(account.provider, account.currency)
    kind = AccountKind.SUSPENSE if amount > 0 else AccountKind.UNEXPLAINED
    other = ledger.account(kind, account.currency, provider=account.provider)
    journal = ledger.post(key, "receive", [(clearing, amount), (other, -amount)], by=by, memo=item.row.text)
    state = LineState.UNMATCHED if amount > 0 else LineState.UNEXPLAINED
    _line(account, run, item, state=state, rest=abs(amount), journal=journal).save()


def _payout(account: BankAccount, item: _New, reference: str) -> dict[str, Any] | None:
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


def _refund(account: BankAccount, item: _New, reference: str) -> dict[str, Any] | None:
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


def _return(account: BankAccount, item: _New, reference: str) -> dict[str, Any] | None:
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
