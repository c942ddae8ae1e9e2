"""Checking the books: everything that is kept twice is derived anew and compared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM
from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown, providers
from marketplace.payments.models import BookCheck
from marketplace.payments.models.ledger import Account
from marketplace.payments.states import AccountKind

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Finding:
    """One difference: what was checked, on what, what stands there and what should."""

    check: str
    what: str
    stands: str
    should: str


@dataclass
class Report:
    """What a run found and how much it looked at."""

    findings: list[Finding] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    took_ms: int = 0

    @property
    def is_clean(self) -> bool:
        return not self.findings


#: Each query gives (what, stands, should) for every row where the two differ.
CHECKS: dict[str, str] = {
    "balance is the sum of its entries": """
        SELECT a.kind || ' ' || a.currency || ' #' || a.id, a.balance::text, coalesce(sum(e.amount), 0)::text
        FROM payments_account a LEFT JOIN payments_entry e ON e.account_id = a.id
        GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0)""",
    "journal sums to zero in every currency": """
        SELECT j.key || ' ' || a.currency, sum(e.amount)::text, '0'
        FROM payments_journal j JOIN payments_entry e ON e.journal_id = j.id
        JOIN payments_account a ON a.id = e.account_id
        GROUP BY j.id, a.currency HAVING sum(e.amount) <> 0""",
    "journal has entries": """
        SELECT j.key, count(e.id)::text, '2 or more'
        FROM payments_journal j LEFT JOIN payments_entry e ON e.journal_id = j.id
        GROUP BY j.id HAVING count(e.id) < 2""",
    "obligation is paid by its receipts": """
        SELECT o.reference, o.paid::text, coalesce(sum(r.amount), 0)::text
        FROM payments_obligation o LEFT JOIN payments_receipt r ON r.obligation_id = o.id
        GROUP BY o.id HAVING o.paid <> coalesce(sum(r.amount), 0)""",
    "obligation is refunded by its refunds": """
        SELECT o.reference, o.refunded::text, coalesce(sum(r.amount) FILTER (WHERE r.state = 'complete'), 0)::text
        FROM payments_obligation o LEFT JOIN payments_refund r ON r.obligation_id = o.id
        GROUP BY o.id HAVING o.refunded <> coalesce(sum(r.amount) FILTER (WHERE r.state = 'complete'), 0)""",
    "receipts are in the journal of what is held or recovered": """
        SELECT 'journal ' || r.journal_id, sum(r.amount)::text, max(moved.total)::text
        FROM payments_receipt r JOIN (
            SELECT e.journal_id, -sum(e.amount) AS total FROM payments_entry e
            JOIN payments_account a ON a.id = e.account_id
            WHERE a.kind IN ('held', 'receivable') GROUP BY e.journal_id
        ) moved ON moved.journal_id = r.journal_id
        GROUP BY r.journal_id
        HAVING abs(sum(r.amount)) > abs(max(moved.total)) OR sum(r.amount) * max(moved.total) < 0""",
    "payment in is booked by its journals": """
        SELECT p.provider || ' ' || p.external_id || ' #' || p.id, p.received::text, coalesce(sum(r.amount), 0)::text
        FROM payments_payin p LEFT JOIN payments_receipt r ON r.payin_id = p.id
        WHERE p.withdrawn = 0 GROUP BY p.id
        HAVING coalesce(sum(r.amount), 0) > p.received""",
    "release is its journal": """
        SELECT r.key, r.total::text, sum(e.amount)::text
        FROM payments_release r JOIN payments_entry e ON e.journal_id = r.journal_id
        JOIN payments_account a ON a.id = e.account_id AND a.kind = 'held'
        GROUP BY r.id HAVING r.total <> sum(e.amount)""",
    "payouts of a release are its legs": """
        SELECT r.key, coalesce(p.total, 0)::text, coalesce(l.total, 0)::text
        FROM payments_release r
        LEFT JOIN (SELECT release_id, sum(amount) AS total FROM payments_payout GROUP BY release_id) p
            ON p.release_id = r.id
        LEFT JOIN LATERAL (
            SELECT sum((leg ->> 'amount')::numeric) AS total FROM jsonb_array_elements(r.legs) leg
            WHERE leg ->> 'payee' IS NOT NULL
        ) l ON true
        WHERE coalesce(p.total, 0) <> coalesce(l.total, 0)""",
    "what is owed out is what payouts and refunds still have to send": """
        SELECT a.subject_kind || ':' || a.subject_id || ' to ' || coalesce(a.party_id, 0) || ' ' || a.currency,
               (-a.balance)::text, (coalesce(p.total, 0) + coalesce(r.total, 0))::text
        FROM payments_account a
        LEFT JOIN (
            SELECT subject_kind, subject_id, payee_id, currency, sum(amount - "left" + back) AS total
            FROM (
                SELECT p.subject_kind, p.subject_id, p.payee_id, p.currency, p.amount, p."left",
                       p.came_back - coalesce((
                           SELECT sum(v.amount) FROM payments_reversal v WHERE v.payout_id = p.id AND v.state = 'done'
                       ), 0) AS back
                FROM payments_payout p WHERE p.state <> 'cancelled'
            ) each_payout GROUP BY 1, 2, 3, 4
        ) p ON p.subject_kind = a.subject_kind AND p.subject_id = a.subject_id
            AND p.payee_id IS NOT DISTINCT FROM a.party_id AND p.currency = a.currency
        LEFT JOIN (
            SELECT o.subject_kind, o.subject_id, o.payer_id, r.currency,
                   sum(r.set_aside - r."left" + r.came_back) AS total
            FROM payments_refund r JOIN payments_obligation o ON o.id = r.obligation_id GROUP BY 1, 2, 3, 4
        ) r ON r.subject_kind = a.subject_kind AND r.subject_id = a.subject_id
            AND r.payer_id = a.party_id AND r.currency = a.currency
        WHERE a.kind = 'payable' AND -a.balance <> coalesce(p.total, 0) + coalesce(r.total, 0)""",
    "statement lines are in the books": """
        SELECT l.booked_on || ' #' || l.id, l.amount::text, coalesce(sum(e.amount), 0)::text
        FROM payments_statementline l JOIN payments_bankaccount b ON b.id = l.account_id
        LEFT JOIN payments_entry e ON e.journal_id = l.journal_id
            AND e.account_id IN (
                SELECT id FROM payments_account a WHERE a.kind = 'clearing' AND a.provider = b.provider
            )
        WHERE l.state NOT IN ('ignored') AND l.currency = b.currency
        GROUP BY l.id HAVING l.amount <> coalesce(sum(e.amount), 0)""",
    "what waits is what open lines and excesses say": """
        SELECT b.provider || ' ' || b.currency, coalesce(s.total, 0)::text, coalesce(l.total, 0)::text
        FROM payments_bankaccount b
        LEFT JOIN (
            SELECT provider, currency, -sum(balance) AS total
            FROM payments_account WHERE kind = 'suspense' GROUP BY 1, 2
        ) s ON s.provider = b.provider AND s.currency = b.currency
        LEFT JOIN (
            SELECT account_id, sum(rest) AS total FROM payments_statementline
            WHERE amount > 0 AND settled_at IS NULL GROUP BY 1
        ) l ON l.account_id = b.id
        WHERE coalesce(s.total, 0) <> coalesce(l.total, 0)""",
    "invoice numbers have no gap": """
        SELECT s.code, count(i.id)::text || ' up to ' || coalesce(max(i.sequence), 0), s.last::text
        FROM payments_invoiceseries s LEFT JOIN payments_invoice i ON i.series_id = s.id
        GROUP BY s.id HAVING count(i.id) <> s.last OR coalesce(max(i.sequence), 0) <> s.last""",
}


def check() -> Report:
    """Derive every balance anew and compare what is kept twice; then ask each provider what lies there.

    The tables are read in one snapshot. A provider that cannot be asked is a finding too: nothing unproved is clean.
    Calls providers, so it must not be called within a transaction.
    """
    started = time.monotonic()
    report = Report()
    for provider in providers.known():
        pull: Callable[[], object] | None = getattr(provider, "pull", None)
        if pull is not None:
            pull()
    totals = list(_ask_providers(report))
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for name, sql in CHECKS.items():
            cursor.execute(sql)
            report.findings += [Finding(name, *map(str, row)) for row in cursor.fetchall()]
        for table in ("account", "journal", "entry", "obligation", "payout", "refund", "statementline", "invoice"):
            cursor.execute(f"SELECT count(*) FROM payments_{table}")  # noqa: S608 - our own table names
            report.figures[table] = cursor.fetchone()[0]
        clearing = {
            (row.provider, row.currency): row.balance for row in Account.objects.filter(kind=AccountKind.CLEARING)
        }
    _compare(report, totals, clearing)
    report.figures["clearing"] = {
        f"{provider} {currency}": str(sum_) for (provider, currency), sum_ in clearing.items()
    }
    report.took_ms = int((time.monotonic() - started) * 1000)
    return report


def _ask_providers(report: Report) -> Iterator[tuple[str, dict[str, Decimal]]]:
    for provider in providers.known():
        try:
            yield provider.code, provider.balance().totals
        except (ProviderUnknown, ProviderRefused) as error:
            report.findings.append(
                Finding("provider total is the clearing account", provider.code, "no answer", str(error)[:200])
            )


def _compare(
    report: Report, totals: list[tuple[str, dict[str, Decimal]]], clearing: dict[tuple[str, str], Decimal]
) -> None:
    """What lies with a provider, by its own word, against our clearing account there."""
    asked = {code for code, _ in totals}
    silent = {finding.what for finding in report.findings}
    for code, told in totals:
        ours = {currency: sum_ for (provider, currency), sum_ in clearing.items() if provider == code}
        for currency in sorted({*told, *ours}):
            here, there = ours.get(currency, ZERO), told.get(currency)
            if here != (there or ZERO):
                should = "no balance was told" if there is None else str(there)
                report.findings.append(
                    Finding("provider total is the clearing account", f"{code} {currency}", str(here), should)
                )
    for (provider, currency), sum_ in clearing.items():
        if provider not in asked and provider not in silent and sum_:
            report.findings.append(
                Finding("provider total is the clearing account", f"{provider} {currency}", str(sum_), "nobody to ask")
            )


def check_and_tell() -> BookCheck:
    """Check, keep the result, and where there is a difference leave an event that the desk is told of."""
    report = check()
    with transaction.atomic():
        row = BookCheck.objects.create(
            at=clock.now(),
            is_clean=report.is_clean,
            findings=[vars(finding) for finding in report.findings[:200]],
            figures=report.figures,
            took_ms=report.took_ms,
        )
        verb = "clean" if report.is_clean else "differ"
        events.record(f"books.{verb}", row, SYSTEM, data={"findings": len(report.findings)})
    return row
