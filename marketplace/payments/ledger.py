"""Booking: accounts, journals that sum to zero, and what stands where.

Entries are signed: plus is debit, minus is credit. Everything is written in the caller's transaction, so that what is
booked and what it is booked for stand or fall together. The database keeps the rules by itself (models/ledger.py);
this module gives the good sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, Sum

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.money import CENT
from marketplace.payments.models.ledger import Account, Entry, Journal
from marketplace.payments.refusals import KeyUsedDifferently, NotEnoughHeld
from marketplace.payments.states import AccountKind, Subject

ZERO = Decimal("0.00")
NEVER_OVERDRAWN = "no_more_goes_out_than_is_held_or_owed"
Lines = Sequence[tuple[Account, Decimal]]


@dataclass(frozen=True, slots=True)
class AccountKey:
    """What tells one account from another."""

    kind: str
    currency: str
    provider: str = ""
    subject: Subject | None = None
    party_id: int | None = None


@dataclass(frozen=True)
class Posting:
    """One journal to be written: see `post`."""

    key: str
    kind: str
    lines: Lines
    subject: Subject | None = None
    memo: str = ""


def account(
    kind: str, currency: str, *, provider: str = "", subject: Subject | None = None, party_id: int | None = None
) -> Account:
    """The account of this kind, opened when there is none yet."""
    found, _ = Account.objects.get_or_create(
        kind=kind,
        currency=currency,
        provider=provider,
        subject_kind=subject[0] if subject else "",
        subject_id=subject[1] if subject else None,
        party_id=party_id,
    )
    return found


def accounts(keys: Iterable[AccountKey]) -> dict[AccountKey, Account]:
    """Many accounts at once, opening those that are missing: three queries whatever their number."""
    wanted = set(keys)
    if not wanted:
        return {}

    here = _accounts_there(wanted)
    missing = sorted(wanted - here.keys(), key=repr)
    if missing:
        Account.objects.bulk_create([Account(**_columns(key)) for key in missing], ignore_conflicts=True)
        here |= _accounts_there(set(missing))
    return here


def _columns(key: AccountKey) -> dict[str, Any]:
    kind, number = key.subject or ("", None)
    return {
        "kind": key.kind,
        "currency": key.currency,
        "provider": key.provider,
        "subject_kind": kind,
        "subject_id": number,
        "party_id": key.party_id,
    }


def _accounts_there(wanted: Set[AccountKey]) -> dict[AccountKey, Account]:
    of_subjects = Q(subject_id__among={one.subject[1] for one in wanted if one.subject})
    rows = Account.objects.filter(
        Q(subject_id__isnull=True) | of_subjects,
        kind__in={one.kind for one in wanted},
        currency__in={one.currency for one in wanted},
    )
    by_key = {
        AccountKey(
            row.kind,
            row.currency,
            row.provider,
            (row.subject_kind, row.subject_id) if row.subject_id is not None else None,
            row.party_id,
        ): row
        for row in rows
    }
    return {key: row for key, row in by_key.items() if key in wanted}


def clearing(provider: str, currency: str) -> Account:
    """Money that lies at a provider."""
    return account(AccountKind.CLEARING, currency, provider=provider)


def held_for(subject: Subject, currency: str) -> Account:
    """Money held for a subject."""
    return account(AccountKind.HELD, currency, subject=subject)


def payable_to(party_id: int | None, subject: Subject, currency: str) -> Account:
    """Money owed out to a party for a subject."""
    return account(AccountKind.PAYABLE, currency, subject=subject, party_id=party_id)


def _lock_ids(ids: Collection[int]) -> None:
    """The same without reading them."""
    rows = Account.objects.select_for_update(no_key=True).filter(pk__among=ids).order_by("pk")
    if len(rows.values_list("pk")) != len(ids):
        raise RuntimeError("An account to be booked on is gone.")


def lock(*accounts: Account) -> list[Account]:
    """The accounts locked in id order and read again, in the order given."""
    wanted = {one.pk for one in accounts}
    rows = Account.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    fresh = {row.pk: row for row in rows}
    return [fresh[one.pk] for one in accounts]


def post(
    key: str,
    kind: str,
    lines: Lines,
    *,
    by: Actor,
    subject: Subject | None = None,
    memo: str = "",
    reverses: Journal | None = None,
) -> Journal:
    """Write one journal, once per `key`; a second time gives back the first.

    Lines on one account are added up, empty ones left out. Raises KeyUsedDifferently when the key was used for other
    lines, NotEnoughHeld when more would go out than is held or owed, ValueError when the lines do not sum to zero in
    every currency, RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A journal must be written in the transaction of what it is booked for.")
    merged = _merged(lines)
    digest = _digest(kind, merged, subject)
    first = Journal.objects.filter(key=key).first()
    if first is None:
        try:
            with transaction.atomic():
                return _write(key, kind, merged, digest, by, subject, memo, reverses)
        except IntegrityError as error:
            broken = _constraint_of(error)
            if broken == NEVER_OVERDRAWN:
                raise _not_enough(merged) from error
            first = Journal.objects.filter(key=key).first()
            if first is None:
                raise
    if first.digest != digest:
        raise KeyUsedDifferently()
    return first


def post_many(postings: Sequence[Posting], *, by: Actor) -> list[int]:
    """Write many journals at once, each under its own new key; gives their ids. For statements. Raises like `post`.

    Accounts are locked in id order first. The keys must be new: the caller knows it from its own unique rows.
    """
    if not postings:
        return []
    if not connection.in_atomic_block:
        raise RuntimeError("Journals must be written in the transaction of what they are booked for.")
    merged = [_merged(one.lines) for one in postings]
    _lock_ids({row.pk for lines in merged for row, _ in lines})
    told = [
        (
            one.key,
            one.kind,
            _digest(one.kind, lines, one.subject),
            one.subject[0] if one.subject else "",
            one.subject[1] if one.subject else None,
            one.memo[:240],
        )
        for one, lines in zip(postings, merged, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_journal (key, kind, digest, subject_kind, subject_id, memo, actor_id, org_id, at) "
            "SELECT v.*, %s, %s, %s FROM "
            "unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[]) AS v RETURNING key, id",
            [by.user_id, by.org_id, clock.now(), *[[one[place] for one in told] for place in range(6)]],
        )
        ids = dict(cursor.fetchall())
    journals = [ids[one.key] for one in postings]
    moved = [
        (journal, row.pk, amount) for journal, lines in zip(journals, merged, strict=True) for row, amount in lines
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(  # one statement: a journal is judged whole
                "INSERT INTO payments_entry (journal_id, account_id, amount) "
                "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[])",
                [[one[place] for one in moved] for place in range(3)],
            )
    except IntegrityError as error:
        if _constraint_of(error) == NEVER_OVERDRAWN:
            raise NotEnoughHeld(held="—", wanted="—") from error
        raise
    return journals


def reverse(journal: Journal, *, by: Actor, memo: str = "") -> Journal:
    """Book the opposite of `journal`, once, tied to it."""
    lines = [(entry.account, -entry.amount) for entry in journal.entries.select_related("account")]
    subject = (journal.subject_kind, journal.subject_id) if journal.subject_id is not None else None
    return post(f"{journal.key}:reversed", journal.kind, lines, by=by, subject=subject, memo=memo, reverses=journal)


def held(subject: Subject, currency: str) -> Decimal:
    """What is held for a subject now, as a positive sum."""
    found = Account.objects.filter(
        kind=AccountKind.HELD, currency=currency, subject_kind=subject[0], subject_id=subject[1]
    ).first()
    return -found.balance if found else ZERO


def balances(subject: Subject) -> dict[tuple[str, str], Decimal]:
    """What stands on the subject's accounts, {(kind, currency): sum}, each positive on its own side."""
    rows = (
        Account.objects.filter(subject_kind=subject[0], subject_id=subject[1])
        .order_by()
        .values_list("kind", "currency")
        .annotate(total=Sum("balance"))
    )
    return {(kind, currency): natural(kind, total) for kind, currency, total in rows}


def flows(subject: Subject) -> dict[tuple[str, str], Decimal]:
    """What the subject's journals moved on every kind of account, also those of the market: {(kind, currency): sum}."""
    rows = (
        Entry.objects.filter(journal__subject_kind=subject[0], journal__subject_id=subject[1])
        .order_by()
        .values_list("account__kind", "account__currency")
        .annotate(total=Sum("amount"))
    )
    return {(kind, currency): natural(kind, total) for kind, currency, total in rows}


#: Kinds whose balance stands on the debit side.
ON_THE_LEFT = frozenset(
    {AccountKind.CLEARING, AccountKind.PROVIDER_FEE, AccountKind.UNEXPLAINED, AccountKind.RECEIVABLE}
)


def natural(kind: str, balance: Decimal) -> Decimal:
    """A balance as people say it: positive on the side where its kind stands."""
    return balance if kind in ON_THE_LEFT else -balance


def _write(
    key: str,
    kind: str,
    lines: Lines,
    digest: str,
    by: Actor,
    subject: Subject | None,
    memo: str,
    reverses: Journal | None,
) -> Journal:
    journal = Journal.objects.create(
        key=key,
        kind=kind,
        digest=digest,
        subject_kind=subject[0] if subject else "",
        subject_id=subject[1] if subject else None,
        memo=memo[:240],
        reverses=reverses,
        actor_id=by.user_id,
        org_id=by.org_id,
        at=clock.now(),
    )
    Entry.objects.bulk_create([Entry(journal=journal, account=row, amount=amount) for row, amount in lines])
    return journal


def _merged(lines: Iterable[tuple[Account, Decimal]]) -> list[tuple[Account, Decimal]]:
    rows: dict[int, Account] = {}
    sums: dict[int, Decimal] = {}
    for row, amount in lines:
        if not isinstance(amount, Decimal):
            raise TypeError(f"An entry takes a Decimal, not {type(amount).__name__}.")
        if amount != amount.quantize(CENT):
            raise ValueError(f"{amount} has parts of a cent.")
        rows[row.pk] = row
        sums[row.pk] = sums.get(row.pk, ZERO) + amount
    kept = [(rows[pk], sums[pk]) for pk in sorted(rows) if sums[pk]]
    per_currency: dict[str, Decimal] = {}
    for row, amount in kept:
        per_currency[row.currency] = per_currency.get(row.currency, ZERO) + amount
    off = {currency: total for currency, total in per_currency.items() if total}
    if off or len(kept) < 2:
        raise ValueError(f"The lines of a journal sum to zero in every currency: {off or 'nothing moves'}.")
    return kept


def _digest(kind: str, lines: Lines, subject: Subject | None) -> str:
    text = repr((kind, subject, [(row.pk, f"{amount:.2f}") for row, amount in lines]))
    return hashlib.sha256(text.encode()).hexdigest()


def _constraint_of(error: IntegrityError) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", "") or "")


def _not_enough(lines: Lines) -> NotEnoughHeld:
    for row, amount in lines:
        if row.kind in {AccountKind.HELD, AccountKind.PAYABLE, AccountKind.SUSPENSE} and amount > 0:
            stands = Account.objects.get(pk=row.pk).balance
            if stands + amount > 0:
                return NotEnoughHeld(held=f"{-stands} {row.currency}", wanted=f"{amount} {row.currency}")
    return NotEnoughHeld(held="—", wanted="—")
