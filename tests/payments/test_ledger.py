"""The books keep their rules by themselves: tried through the service and by hand in SQL."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from marketplace.core.actor import SYSTEM
from marketplace.payments import ledger
from marketplace.payments.ledger import AccountKey, Posting
from marketplace.payments.models import Account, Entry, Journal
from marketplace.payments.refusals import KeyUsedDifferently, NotEnoughHeld
from marketplace.payments.states import AccountKind
from tests.payments.makers import a_subject

pytestmark = pytest.mark.django_db
TEN = Decimal("10.00")


def two(currency: str = "CNY") -> tuple[Account, Account]:
    return ledger.clearing("bank", currency), ledger.held_for(a_subject(), currency)


def test_a_journal_moves_the_balances_of_its_accounts():
    clearing, held = two()
    ledger.post("a", "receive", [(clearing, TEN), (held, -TEN)], by=SYSTEM)

    clearing.refresh_from_db()
    held.refresh_from_db()
    assert (clearing.balance, held.balance) == (TEN, -TEN)


def test_the_same_key_books_once_and_refuses_other_lines():
    clearing, held = two()
    first = ledger.post("a", "receive", [(clearing, TEN), (held, -TEN)], by=SYSTEM)
    again = ledger.post("a", "receive", [(held, -TEN), (clearing, TEN)], by=SYSTEM)

    assert again == first
    with pytest.raises(KeyUsedDifferently):
        ledger.post("a", "receive", [(clearing, TEN * 2), (held, -TEN * 2)], by=SYSTEM)
    assert Journal.objects.count() == 1


@pytest.mark.parametrize("amounts", [(TEN, -TEN * 2), (TEN,), ()])
def test_lines_that_do_not_sum_to_zero_are_refused(amounts):
    accounts = two()
    with pytest.raises(ValueError):
        ledger.post("a", "receive", list(zip(accounts, amounts, strict=False)), by=SYSTEM)


def test_each_currency_sums_to_zero_by_itself():
    (yuan, held), (dollar, held_dollar) = two("CNY"), two("USD")
    with pytest.raises(ValueError):
        ledger.post("a", "receive", [(yuan, TEN), (held_dollar, -TEN)], by=SYSTEM)
    ledger.post("a", "receive", [(yuan, TEN), (held, -TEN), (dollar, TEN), (held_dollar, -TEN)], by=SYSTEM)
    assert Entry.objects.count() == 4


def test_floats_and_parts_of_a_cent_are_refused():
    clearing, held = two()
    with pytest.raises(TypeError):
        ledger.post("a", "receive", [(clearing, 10.0), (held, -10.0)], by=SYSTEM)  # type: ignore[list-item]
    with pytest.raises(ValueError):
        ledger.post("a", "receive", [(clearing, Decimal("0.001")), (held, Decimal("-0.001"))], by=SYSTEM)


def test_no_more_leaves_than_is_held():
    clearing, held = two()
    ledger.post("in", "receive", [(clearing, TEN), (held, -TEN)], by=SYSTEM)
    with pytest.raises(NotEnoughHeld):
        ledger.post("out", "release", [(held, TEN + TEN), (clearing, -TEN - TEN)], by=SYSTEM)
    held.refresh_from_db()
    assert held.balance == -TEN


def test_a_reversal_is_the_opposite_and_tied():
    clearing, held = two()
    journal = ledger.post("in", "receive", [(clearing, TEN), (held, -TEN)], by=SYSTEM)
    back = ledger.reverse(journal, by=SYSTEM)

    assert back.reverses == journal
    assert ledger.reverse(journal, by=SYSTEM) == back
    held.refresh_from_db()
    assert held.balance == 0


def test_many_journals_at_once_move_the_same_balances():
    clearing = AccountKey(AccountKind.CLEARING, "CNY", "bank")
    subjects = [a_subject() for _ in range(30)]
    keys = [AccountKey(AccountKind.HELD, "CNY", "", subject) for subject in subjects]
    rows = ledger.accounts([clearing, *keys])
    postings = [
        Posting(f"line:{n}", "receive", [(rows[clearing], TEN), (rows[key], -TEN)]) for n, key in enumerate(keys)
    ]
    ledger.post_many(postings, by=SYSTEM)

    assert Account.objects.get(kind="clearing").balance == TEN * 30
    assert [ledger.held(subject, "CNY") for subject in subjects] == [TEN] * 30
    assert ledger.accounts([clearing, *keys]) == rows


def booked() -> Journal:
    clearing, held = two()
    return ledger.post("a", "receive", [(clearing, TEN), (held, -TEN)], by=SYSTEM)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE payments_entry SET amount = amount * 2",
        "DELETE FROM payments_entry",
        "TRUNCATE payments_entry CASCADE",
        "UPDATE payments_journal SET memo = 'x'",
        "DELETE FROM payments_journal",
        "TRUNCATE payments_journal CASCADE",
        "UPDATE payments_account SET balance = balance + 1",
        "INSERT INTO payments_account (kind, currency, provider, subject_kind, balance) "
        "VALUES ('clearing', 'EUR', 'bank', '', 5)",
    ],
)
def test_what_is_written_stays_as_it_is(sql):
    booked()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_one_sided_journal_fails():
    clearing, held = two()
    with pytest.raises(IntegrityError), transaction.atomic():
        journal = Journal.objects.create(key="b", kind="x", digest="", at="2026-01-01T00:00Z")
        Entry.objects.bulk_create(
            [
                Entry(journal=journal, account=clearing, amount=TEN),
                Entry(journal=journal, account=held, amount=-TEN - TEN),
            ]
        )


def test_a_journal_without_entries_fails_when_the_transaction_ends():
    with pytest.raises(IntegrityError), transaction.atomic():
        Journal.objects.create(key="b", kind="x", digest="", at="2026-01-01T00:00Z")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db(transaction=True)
def test_a_journal_takes_no_entries_after_its_transaction():
    clearing, held = two()
    journal = booked_now(clearing, held)
    with pytest.raises(DatabaseError, match="closed"), transaction.atomic():
        Entry.objects.create(journal=journal, account=ledger.clearing("bank", "USD"), amount=TEN)


def booked_now(clearing: Account, held: Account) -> Journal:
    with transaction.atomic():
        return ledger.post("a", "receive", [(clearing, TEN), (held, -TEN)], by=SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_a_journal_is_written_within_a_transaction_only():
    clearing, held = two()
    with pytest.raises(RuntimeError):
        ledger.post("a", "receive", [(clearing, TEN), (held, -TEN)], by=SYSTEM)
