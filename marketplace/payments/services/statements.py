"""Reading a bank statement into the books: each line once, matched where it is sure, set aside where it is not."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import connection

from marketplace.accounts.models import Organisation
from marketplace.core import clock, events
from marketplace.core.actor import Actor
from marketplace.core.locks import LOCK_TIMEOUT_MS, locked
from marketplace.payments import ledger
from marketplace.payments.models import BankAccount, Obligation, StatementImport, StatementLine
from marketplace.payments.references import OBLIGATION, PAYOUT, REFUND
from marketplace.payments.refusals import StatementUnreadable
from marketplace.payments.services.incoming import take_in_all
from marketplace.payments.services.lines import NewLine, new_lines
from marketplace.payments.services.outgoing import book_one
from marketplace.payments.statements import Fault, Statement, Unreadable, read
from marketplace.payments.states import QUARANTINED

MOST_PROBLEMS = 100


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
        raise StatementUnreadable(field="file", why=error.fault) from error
    with locked(BankAccount, account_id) as account:
        run = StatementImport(
            account=account,
            file_name=name[:200],
            sha256=digest,
            form=statement.form,
            lines_read=len(statement.rows),
            problems=[fault.kept(line) for line, fault in statement.problems[:MOST_PROBLEMS]],
            opening=statement.opening,
            closing=statement.closing,
            closing_on=statement.closing_on,
            actor_id=by.user_id,
            at=clock.now(),
        )
        run.save()
        run.problems += _gaps(account, run, statement)
        new = new_lines(account, statement)
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


def _gaps(account: BankAccount, run: StatementImport, statement: Statement) -> list[list[Any]]:
    """What is wrong where this file does not begin where the last one ended."""
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
    gap = Fault("gap", {"opening": str(statement.opening), "closing": str(before.closing)})
    return [gap.kept(0)]


def _book(account: BankAccount, run: StatementImport, new: Sequence[NewLine], by: Actor) -> None:
    """Write the lines and what they do: what comes in for obligations all at once, the rest one by one after it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        # The tables grow many times within this transaction: triggers must not keep plans that read them whole.
        cursor.execute("DISCARD PLANS")
        cursor.execute("SET LOCAL enable_seqscan = off")
    wanted = {one for item in new for one in item.references}
    obligations = {
        row.reference: row
        for row in Obligation.objects.select_for_update(no_key=True)
        .filter(reference__among=[one for one in wanted if one.startswith(OBLIGATION)])
        .order_by("pk")
    }
    payers = Organisation.objects.in_bulk({row.payer_id for row in obligations.values()})
    for row in obligations.values():  # few pay much: each is read once
        row.payer = payers[row.payer_id]
    plainly: list[NewLine] = []
    later: list[NewLine] = []
    for item in new:
        special = any(one.startswith((PAYOUT, REFUND)) for one in item.references)
        (plainly if item.row.amount >= 0 and not special else later).append(item)
    take_in_all(account, run, plainly, obligations, by)
    for item in later:
        book_one(account, run, item, by)
