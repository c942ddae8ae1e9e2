"""What a bank's book is made of on a closed day: by quarter paid out, loan to value, region, technology, and borrower.

Everything is read set-based and kept for as long as the day stands as it was counted: a page of a hundred thousand
loans reads a few hundred numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.cache import cache
from django.db import connection

from loans.models import CloseRun
from loans.stress import Outcome, book, stress

KEPT_S = 7 * 24 * 3600
LARGEST = 5
#: Loan to value in tenths: ten and more is above the whole value; a loan whose rights count nothing stands by itself.
NO_VALUE = 11

SPREAD = """
WITH book AS (
    SELECT p.balance + p.principal_due AS owed, p.dpd, p.category, to_char(l.started_on, 'YYYY-"Q"Q') AS quarter,
           coalesce(o.region_id, 0) AS region, l.borrower_id AS borrower,
           CASE WHEN p.value = 0 THEN 11 ELSE least(10, 10 * (p.balance + p.principal_due) / p.value)::int END AS tenth
    FROM loans_position p JOIN loans_loan l ON l.id = p.loan_id JOIN accounts_organisation o ON o.id = l.borrower_id
    WHERE p.business_date = %s AND l.bank_id = %s AND l.currency = %s
)
SELECT CASE GROUPING(quarter, region, tenth) WHEN 3 THEN 'quarter' WHEN 5 THEN 'region' WHEN 6 THEN 'tenth'
            ELSE 'borrower' END AS way,
       coalesce(quarter, region::text, tenth::text, borrower::text) AS part, count(*) AS loans, sum(owed) AS owed,
       coalesce(sum(owed) FILTER (WHERE dpd > 30), 0) AS late,
       coalesce(sum(owed) FILTER (WHERE category >= 3), 0) AS bad
FROM book GROUP BY GROUPING SETS ((quarter), (region), (tenth), (borrower))
"""
TECHNOLOGY = """
SELECT coalesce(left(t.ipc[1], 1), ''), count(*), coalesce(sum(s.cents), 0)
FROM loans_position p JOIN loans_loan l ON l.id = p.loan_id
JOIN loans_security s ON s.loan_id = l.id AND s.added_on <= %(day)s
    AND (s.released_on IS NULL OR s.released_on > %(day)s)
LEFT JOIN patents_patent t ON t.asset_id = s.asset_id
WHERE p.business_date = %(day)s AND l.bank_id = %(bank)s AND l.currency = %(currency)s GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a book: how many loans, what they owe, what of it is more than 30 days late, what is non-performing;
    cents. `name` is a quarter, a region's key, tenths of the value, or a borrower's key."""

    name: str
    loans: int
    owed: int
    late: int
    bad: int


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A bank's book on a closed day. `rows` are those of `loans.stress.book`; `technology` is {section of the
    classification: (rights, cents of their appraisals)}."""

    rows: list[dict[str, Any]]
    quarters: list[Part]
    regions: list[Part]
    tenths: list[Part]
    borrowers: list[Part]
    technology: dict[str, tuple[int, int]]
    stress: list[Outcome]


def portfolio(run: CloseRun, bank_id: int, currency: str = "CNY") -> Portfolio:
    """The book of a bank on a day that is closed, counted once for as long as nothing of the day is counted again."""
    key = f"loans.portfolio:{run.pk}:{run.counted}:{bank_id}:{currency}"
    found: Portfolio | None = cache.get(key)
    if found is None:
        found = _counted(run.business_date, bank_id, currency)
        cache.set(key, found, KEPT_S)
    return found


def _counted(day: date, bank_id: int, currency: str) -> Portfolio:
    parts: dict[str, list[Part]] = {"quarter": [], "region": [], "tenth": [], "borrower": []}
    with connection.cursor() as cursor:
        cursor.execute(SPREAD, [day, bank_id, currency])
        for way, name, *figures in cursor.fetchall():
            parts[way].append(Part(name, *map(int, figures)))
        cursor.execute(TECHNOLOGY, {"day": day, "bank": bank_id, "currency": currency})
        technology = {section: (count, int(cents)) for section, count, cents in cursor.fetchall()}
    return Portfolio(
        rows=book(day, bank_id, currency),
        quarters=sorted(parts["quarter"], key=lambda one: one.name),
        regions=sorted(parts["region"], key=lambda one: (-one.owed, one.name)),
        tenths=sorted(parts["tenth"], key=lambda one: int(one.name)),
        borrowers=sorted(parts["borrower"], key=lambda one: (-one.owed, one.name))[:LARGEST],
        technology=technology,
        stress=stress(day, bank_id, currency),
    )
