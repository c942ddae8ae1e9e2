"""Races over money on a real PostgreSQL: many threads, each with its own connection, a barrier, and a control.

Invariants 23, 25 (as far as this floor goes), 35 and 37. Each control takes the guard away and shows that the race is
real; only then does the guarded run prove anything.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import Busy, DomainError
from marketplace.payments import ledger
from marketplace.payments.models import (
    Account,
    BankAccount,
    Holdback,
    Invoice,
    InvoiceSeries,
    Journal,
    Receipt,
    StatementLine,
)
from marketplace.payments.services import books, invoices, quarantine, releases, statements
from marketplace.payments.services.refunds import refund
from marketplace.payments.services.releases import hold_back
from marketplace.payments.sources import Source
from tests import cast
from tests.payments.makers import (
    HEAD,
    a_bank_account,
    a_line,
    an_obligation,
    cny,
    held,
    imported,
    leg,
    paid,
    released,
)
from tests.payments.test_bank_story import a_colleague

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.usefixtures("no_stripe")]


@pytest.fixture
def no_stripe() -> Iterator[None]:
    """Without the provider that answers over a wire."""
    from marketplace.payments.gateways.ports import providers

    kept = {one.code: one for one in providers.known()}
    providers.unregister("stripe")
    yield
    if "stripe" in kept:
        providers.register(kept["stripe"])


def race(*jobs: Callable[[], Any]) -> list[Any]:
    """All jobs at once behind a barrier, each on its own connection: what each returned, or the error it ended with."""
    ends: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(at: int, job: Callable[[], Any]) -> None:
        try:
            start.wait(60)
            ends[at] = job()
        except Exception as error:
            ends[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at, job)) for at, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    return ends


def winners(ends: list[Any]) -> list[Any]:
    return [end for end in ends if not isinstance(end, Exception)]


def only_refusals(ends: list[Any]) -> None:
    """Whoever lost was told why, in words."""
    assert not [end for end in ends if isinstance(end, Exception) and not isinstance(end, DomainError)], ends


@contextmanager
def without_constraint(table: str, name: str) -> Iterator[None]:
    """The table without one of its constraints or unique indexes; put back afterwards for what is written then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass",
            [name, table],
        )
        found = cursor.fetchone()
        if found:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        else:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
            definition = cursor.fetchone()[0]
            cursor.execute(f"DROP INDEX {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(f"TRUNCATE {table} CASCADE")
            cursor.execute("SET session_replication_role = origin")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {found[0]}" if found else definition)


def pausing_lock(parties: int) -> Callable[..., list[Account]]:
    """What `ledger.lock` would be without its lock: everybody reads, and only then goes on."""
    meet = threading.Barrier(parties)

    def look(*accounts: Account) -> list[Account]:
        rows = {row.pk: row for row in Account.objects.filter(pk__in=[one.pk for one in accounts])}
        meet.wait(30)
        return [rows[one.pk] for one in accounts]

    return look


# ── 23: releases and refunds never exceed what was paid in ───────────────────────────────────────────────────────────
def a_paid_obligation():
    return paid(an_obligation(cast.bo(), "100.00"))


def release_and_refund(obligation) -> list[Any]:
    payee = cast.ines()
    return race(
        lambda: released(obligation, leg(payee, "100.00"), key="out"),
        lambda: refund(obligation_id=obligation.pk, money=cny("100.00"), key="back", reason="race", by=SYSTEM),
    )


def two_releases(obligation) -> list[Any]:
    one, other = leg(cast.ines(), "100.00"), leg(cast.lena(), "100.00")
    return race(lambda: released(obligation, one, key="one"), lambda: released(obligation, other, key="other"))


def without_the_guards_of_the_code(monkeypatch) -> None:
    """No lock; and where the money lies is read before the other one has taken it."""
    monkeypatch.setattr(ledger, "lock", pausing_lock(2))
    monkeypatch.setattr(releases, "available", lambda subject, currency: {Source("bank"): Decimal("100.00")})


def test_control_without_lock_and_constraint_the_same_money_leaves_twice(monkeypatch):
    obligation = a_paid_obligation()
    without_the_guards_of_the_code(monkeypatch)
    with without_constraint("payments_account", "no_more_goes_out_than_is_held_or_owed"):
        ends = two_releases(obligation)
        assert len(winners(ends)) == 2, ends
        assert held(obligation) == -100


def test_without_the_lock_the_constraint_still_holds(monkeypatch):
    obligation = a_paid_obligation()
    without_the_guards_of_the_code(monkeypatch)
    ends = two_releases(obligation)
    only_refusals(ends)
    assert (len(winners(ends)), held(obligation)) == (1, 0)


@pytest.mark.parametrize("turn", range(8))
def test_release_and_refund_of_the_whole_sum_have_one_outcome_and_the_books_add_up(turn):
    obligation = a_paid_obligation()
    ends = release_and_refund(obligation)
    only_refusals(ends)
    # A refund after the release is no race lost: it cuts the unsent payout. So both may win, and never pay twice.
    assert held(obligation) == 0
    owed = ledger.balances(obligation.subject)["payable", "CNY"]
    assert (len(winners(ends)) in {1, 2}, owed) == (True, 100)
    wrong = [one for one in books.check().findings if not one.what.startswith("bank")]
    assert wrong == []


def test_of_twelve_releases_of_the_whole_sum_one_wins():
    obligation = a_paid_obligation()
    payee = leg(cast.ines(), "100.00")
    ends = race(*[lambda n=n: released(obligation, payee, key=f"key{n}") for n in range(12)])
    only_refusals(ends)
    assert (len(winners(ends)), held(obligation)) == (1, 0)


def test_of_twelve_releases_under_one_key_all_get_the_same():
    obligation = a_paid_obligation()
    payee = leg(cast.ines(), "60.00")
    ends = race(*[lambda: released(obligation, payee, key="same") for _ in range(12)])
    assert {getattr(end, "pk", end) for end in ends} == {ends[0].pk}
    assert held(obligation) == 40


# ── 25: what is frozen is not released ───────────────────────────────────────────────────────────────────────────────
def freeze_and_release(obligation) -> list[Any]:
    payee = leg(cast.ines(), "100.00")
    until = clock.now() + timedelta(days=30)
    return race(
        lambda: hold_back(
            subject=obligation.subject,
            money=cny("100.00"),
            until=until,
            reason_zh="争议",
            reason_en="Dispute",
            by=SYSTEM,
        ),
        lambda: released(obligation, payee, key="out"),
    )


def test_control_without_the_lock_frozen_money_is_released(monkeypatch):
    obligation = a_paid_obligation()
    monkeypatch.setattr(ledger, "lock", pausing_lock(2))
    ends = freeze_and_release(obligation)
    assert len(winners(ends)) == 2
    assert (held(obligation), Holdback.objects.count()) == (0, 1)


@pytest.mark.parametrize("turn", range(8))
def test_freezing_and_releasing_have_one_winner(turn):
    obligation = a_paid_obligation()
    ends = freeze_and_release(obligation)
    only_refusals(ends)
    assert len(winners(ends)) == 1
    assert (held(obligation) == 100) == Holdback.objects.exists()


# ── 35: a line of a statement counts once ────────────────────────────────────────────────────────────────────────────
def the_same_file(obligation, parties: int) -> list[Any]:
    account = a_bank_account()
    lines = [
        a_line("60.00", obligation.reference),
        a_line("7.00", "no reference"),
        a_line("40.00", obligation.reference),
    ]
    content = (HEAD + "".join(lines)).encode()

    def read_in():
        return statements.import_statement(account_id=account.pk, name="same.csv", content=content, by=SYSTEM)

    return race(*[read_in] * parties)


@contextmanager
def no_lock(model: type, pk: int) -> Iterator[Any]:
    """What `locked` would be without its lock."""
    with transaction.atomic():
        yield model.objects.get(pk=pk)  # type: ignore[attr-defined]


def test_control_without_lock_and_constraints_a_line_counts_twice(monkeypatch):
    obligation = an_obligation(cast.bo(), "1000.00")
    meet = threading.Barrier(2)
    new_rows = statements.new_lines

    def look_then_wait(*args):
        found = new_rows(*args)
        meet.wait(30)
        return found

    def without_key(postings, *, by):
        changed = [
            ledger.Posting(f"{one.key}:{random.random()}", one.kind, one.lines, one.subject, one.memo)
            for one in postings
        ]
        return post_many(changed, by=by)

    post_many = ledger.post_many
    monkeypatch.setattr(statements, "locked", no_lock)
    monkeypatch.setattr(statements, "new_lines", look_then_wait)
    monkeypatch.setattr(ledger, "post_many", without_key)
    with without_constraint("payments_statementline", "a_bank_line_is_kept_once_by_its_content"):
        ends = the_same_file(obligation, 2)
        assert len(winners(ends)) == 2, ends
        assert StatementLine.objects.count() == 6
        assert Account.objects.get(kind="clearing").balance == 214


def test_without_the_lock_of_the_account_the_constraints_still_hold(monkeypatch):
    obligation = an_obligation(cast.bo(), "1000.00")
    meet = threading.Barrier(2)
    new_rows = statements.new_lines

    def look_then_wait(*args):
        found = new_rows(*args)
        meet.wait(30)
        return found

    monkeypatch.setattr(statements, "locked", no_lock)
    monkeypatch.setattr(statements, "new_lines", look_then_wait)
    ends = the_same_file(obligation, 2)
    assert len(winners(ends)) == 1
    assert Account.objects.get(kind="clearing").balance == 107


def test_one_file_read_by_eight_at_once_counts_once():
    obligation = an_obligation(cast.bo(), "1000.00")
    ends = the_same_file(obligation, 8)
    assert not [end for end in ends if isinstance(end, Exception) and not isinstance(end, Busy)], ends
    obligation.refresh_from_db()
    assert (StatementLine.objects.count(), obligation.paid) == (3, 100)
    assert sum(run.lines_new for run in winners(ends)) == 3


def a_proposal():
    obligation = an_obligation(cast.bo(), "100.00")
    imported(a_line("100.00", obligation.reference, "别人有限公司", bank_id="1"))
    line = StatementLine.objects.get()
    match = quarantine.propose(
        line_id=line.pk, act="attribute", obligation_id=obligation.pk, reason="group", by=cast.ops().actor
    )
    return obligation, match


def test_one_proposal_decided_by_six_at_once_is_booked_once():
    obligation, match = a_proposal()
    second = a_colleague().actor
    ends = race(*[lambda: quarantine.decide_proposal(match_id=match.pk, approve=True, by=second) for _ in range(6)])
    only_refusals(ends)
    assert len(winners(ends)) == 1
    assert (Receipt.objects.count(), held(obligation)) == (1, 100)


# ── 37: invoice numbers have no gap ──────────────────────────────────────────────────────────────────────────────────
class Changed(Exception):
    """Something else failed after the invoice was written."""


def fifty_invoices() -> list[Any]:
    buyer = cast.bo().organisation.pk
    line = invoices.Line("服务费", "Fee", cny("100.00"), Decimal(6))
    dice = random.Random(37)
    falls = [dice.random() < 0.4 for _ in range(50)]

    def issue(falls_back: bool):
        for _ in range(40):
            try:
                with transaction.atomic():
                    row = invoices.issue_invoice(
                        series="FEE",
                        issuer_id=None,
                        buyer_id=buyer,
                        lines=[line],
                        subject=("deals.deal", 1),
                        by=SYSTEM,
                    )
                    if falls_back:
                        raise Changed
                    return row.sequence
            except Busy:
                continue
        raise AssertionError("never got its turn")

    ends = race(*[lambda fall=fall: issue(fall) for fall in falls])
    assert sum(isinstance(end, Changed) for end in ends) == sum(falls)
    return ends


def test_control_without_the_lock_and_the_constraints_numbers_repeat(monkeypatch):
    InvoiceSeries.objects.create(code="FEE")
    monkeypatch.setattr(invoices, "locked", no_lock)
    # The table is emptied between the two, so the outer one is put back last.
    with (
        without_constraint("payments_invoice", "payments_invoice_number_key"),
        without_constraint("payments_invoice", "an_invoice_number_is_given_once"),
    ):
        found = [end for end in fifty_invoices() if isinstance(end, int)]
        assert len(set(found)) < len(found)


def test_fifty_at_once_with_rollbacks_leave_no_gap():
    found = sorted(end for end in fifty_invoices() if isinstance(end, int))
    assert found == list(range(1, len(found) + 1))
    assert InvoiceSeries.objects.get().last == Invoice.objects.count() == len(found)


def test_journals_of_a_race_all_sum_to_zero():
    obligation = a_paid_obligation()
    release_and_refund(obligation)
    assert all(sum(entry.amount for entry in one.entries.all()) == 0 for one in Journal.objects.all())
    assert BankAccount.objects.count() == 1
