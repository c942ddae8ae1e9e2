"""The books: accounts, journals, entries. Written once; a correction is a reversal."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation
from marketplace.payments.states import CREDIT_ONLY, DEBIT_ONLY, AccountKind

ZERO = Decimal("0.00")


def append_only(noun: str) -> list[pgtrigger.Trigger]:
    """Triggers that refuse to change, remove or empty what was written."""
    refuse = f"RAISE EXCEPTION '{noun} are append-only' USING ERRCODE = 'restrict_violation';"
    return [
        pgtrigger.Trigger(
            name=f"{noun}_are_append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=refuse,
        ),
        pgtrigger.Trigger(
            name=f"{noun}_are_never_emptied",
            when=pgtrigger.Before,
            level=pgtrigger.Statement,
            operation=pgtrigger.Truncate,
            func=refuse,
        ),
    ]


class Account(models.Model):
    """A place where money stands. One row per kind, currency, provider, subject and party.

    `balance` is the sum of its entries, kept by a trigger on entries and by nothing else; `check_books` derives it
    anew.
    """

    kind = models.CharField(max_length=16, choices=AccountKind.choices)
    currency = models.CharField(max_length=3)
    provider = models.CharField(max_length=24, blank=True)
    subject_kind = models.CharField(max_length=64, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    party = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    balance = models.DecimalField(max_digits=20, decimal_places=2, default=ZERO, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "currency", "provider", "subject_kind", "subject_id", "party"],
                nulls_distinct=False,
                name="one_account_per_kind_provider_subject_and_party",
            ),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="account_kind_is_known"),
            models.CheckConstraint(
                condition=~Q(kind__in=CREDIT_ONLY) | Q(balance__lte=0), name="no_more_goes_out_than_is_held_or_owed"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=DEBIT_ONLY) | Q(balance__gte=0), name="no_more_is_recovered_than_was_lost"
            ),
            models.CheckConstraint(
                condition=~Q(kind=AccountKind.CLEARING) | ~Q(provider=""), name="clearing_account_names_its_provider"
            ),
            models.CheckConstraint(
                condition=~Q(kind=AccountKind.HELD) | Q(subject_id__isnull=False), name="held_account_names_its_subject"
            ),
        ]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="account_by_subject")]
        triggers = [
            pgtrigger.Trigger(
                name="balance_comes_from_entries_alone",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("balance"),
                func="""
                    IF pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'a balance is the sum of its entries and is not written by hand'
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="account_opens_empty",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__balance=0),
                func="RAISE EXCEPTION 'an account opens empty' USING ERRCODE = 'restrict_violation';",
            ),
        ]

    def __str__(self) -> str:
        rest = [
            self.provider,
            f"{self.subject_kind}:{self.subject_id}" if self.subject_id else "",
            str(self.party_id or ""),
        ]
        return " ".join(part for part in (self.kind, self.currency, *rest) if part)


class Journal(models.Model):
    """One booking. `key` makes it happen once; `digest` is the hash of what it says, so that a second posting under the
    same key must say the same. `reverses` ties a correction to what it corrects."""

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=64, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    memo = models.CharField(max_length=240, blank=True)
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    actor_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    txid = models.BigIntegerField(
        editable=False,
        db_default=RawSQL("pg_current_xact_id()::text::bigint", (), output_field=models.BigIntegerField()),
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_kind", "subject_id", "-id"], name="journal_by_subject")]
        triggers = [
            *append_only("journals"),
            pgtrigger.Trigger(
                name="journal_has_entries",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM payments_entry e WHERE e.journal_id = NEW.id) THEN
                        RAISE EXCEPTION 'journal % has no entries', NEW.key
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """One line of a booking: plus is debit, minus is credit; never zero."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    amount = models.DecimalField(max_digits=18, decimal_places=2)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_money"),
            models.UniqueConstraint(fields=["journal", "account"], name="one_entry_per_account_in_a_journal"),
        ]
        triggers = [
            *append_only("entries"),
            # Checked for all journals of a statement together, and at once rather than at the end: the lines of a
            # journal are written in one statement. Ten thousand row triggers waiting for the commit took minutes.
            pgtrigger.Trigger(
                name="journal_is_whole_and_sums_to_zero",
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="written"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM written w JOIN payments_journal j ON j.id = w.journal_id
                        WHERE j.txid <> pg_current_xact_id()::text::bigint
                    ) THEN
                        RAISE EXCEPTION 'a journal was closed when its transaction ended'
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    IF EXISTS (
                        SELECT 1 FROM payments_entry e JOIN payments_account a ON a.id = e.account_id
                        WHERE e.journal_id IN (SELECT journal_id FROM written)
                        GROUP BY e.journal_id, a.currency HAVING sum(e.amount) <> 0
                    ) THEN
                        RAISE EXCEPTION 'a journal does not sum to zero in every currency'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="written_entries_move_balances",
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="written"),
                # Locked in id order first: an UPDATE … FROM takes rows in whatever order it meets them.
                func="""
                    PERFORM 1 FROM payments_account
                        WHERE id IN (SELECT account_id FROM written) ORDER BY id FOR NO KEY UPDATE;
                    UPDATE payments_account a SET balance = a.balance + s.total
                        FROM (SELECT account_id, sum(amount) AS total FROM written GROUP BY account_id) s
                        WHERE a.id = s.account_id;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.account_id}"


class BookCheck(models.Model):
    """One run of `check_books`: what was compared, and every difference found."""

    at = models.DateTimeField()
    is_clean = models.BooleanField()
    findings = models.JSONField(default=list)
    figures = models.JSONField(default=dict)
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("check of the books")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {'clean' if self.is_clean else len(self.findings)}"
