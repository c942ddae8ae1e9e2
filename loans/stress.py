"""What a fall of values would do to a book, and what the book is made of; whole books at once, in whole cents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

Cents = npt.NDArray[np.int64]
#: Falls of value that are tried, in per cent, and the share of rights that lapse, the weakest by value first.
FALLS_PCT = (20, 40)
LAPSE_PCT = 10

READ = """
SELECT p.loan_id, p.balance + p.principal_due + p.interest_due, p.line, coalesce(s.id, 0), coalesce(s.worth, 0),
       coalesce(s.ltv_bp, 0)
FROM loans_position p JOIN loans_loan l ON l.id = p.loan_id
LEFT JOIN LATERAL (
    SELECT id, ltv_bp, CASE WHEN impaired_on <= %(day)s OR valid_until < %(day)s OR cents IS NULL THEN 0 ELSE cents END
           AS worth
    FROM loans_security WHERE loan_id = p.loan_id AND released_on IS NULL
) s ON true
WHERE p.business_date = %(day)s AND (%(bank)s::bigint IS NULL OR l.bank_id = %(bank)s) AND l.currency = %(currency)s
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: how many loans are short, by how much in all (cents), and how many more than on the day itself."""

    name: str
    short: int
    shortfall: int
    more: int


def stress(day: date, bank_id: int | None, currency: str = "CNY") -> list[Outcome]:
    """The closed day as it is, values lower by 20 and 40 per cent, and the weakest tenth of the rights lapsed.

    Each loan's line falls with the values of its rights, in the proportion the close found them to bear it; a right
    that lapses takes its part of the line away. One statement and no loop over loans.
    """
    with connection.cursor() as cursor:
        cursor.execute(READ, {"day": day, "bank": bank_id, "currency": currency})
        rows = cursor.fetchall()
    if not rows:
        return []
    table = np.array(rows, np.int64)
    first = np.flatnonzero(np.r_[True, table[1:, 0] != table[:-1, 0]])
    exposed, line = table[first, 1], table[first, 2]
    weight = table[:, 4] * table[:, 5] // 10_000
    outcomes = [_outcome("today", exposed, line, None)]
    for fall in FALLS_PCT:
        outcomes.append(_outcome(f"fall_{fall}", exposed, line * (100 - fall) // 100, outcomes[0]))
    outcomes.append(_outcome("lapse", exposed, _without_the_weakest(table, first, line, weight), outcomes[0]))
    return outcomes


def _without_the_weakest(table: Cents, first: npt.NDArray[np.intp], line: Cents, weight: Cents) -> Cents:
    """The lines when the tenth of the rights that are worth least has lapsed."""
    rights = np.flatnonzero(table[:, 3] > 0)
    lapsing = rights[np.argsort(table[rights, 4], kind="stable")[: len(rights) * LAPSE_PCT // 100]]
    kept = weight.copy()
    kept[lapsing] = 0
    before, after = np.add.reduceat(weight, first), np.add.reduceat(kept, first)
    whole = np.where(before > 0, before, 1)
    # line · after ÷ before without leaving 64 bits: whole part and remainder by themselves
    lines: Cents = (line // whole * after + (line % whole).astype(object) * after // whole).astype(np.int64)
    return lines


def _outcome(name: str, exposed: Cents, line: Cents, today: Outcome | None) -> Outcome:
    missing = np.maximum(0, exposed - line)
    short = int(np.count_nonzero(missing))
    return Outcome(name, short, int(missing.sum()), short - today.short if today is not None else 0)


BOOK = """
SELECT p.category, count(*), sum(p.balance + p.principal_due), sum(p.provision), sum(p.shortfall),
       count(*) FILTER (WHERE p.dpd = 0), count(*) FILTER (WHERE p.dpd BETWEEN 1 AND 30),
       count(*) FILTER (WHERE p.dpd BETWEEN 31 AND 90), count(*) FILTER (WHERE p.dpd > 90),
       count(*) FILTER (WHERE p.shortfall > 0),
       count(*) FILTER (WHERE p.value > 0 AND 100 * (p.balance + p.principal_due) <= 30 * p.value),
       count(*) FILTER (WHERE p.value > 0 AND 100 * (p.balance + p.principal_due) > 30 * p.value
                        AND 100 * (p.balance + p.principal_due) <= 50 * p.value),
       count(*) FILTER (WHERE p.value = 0 OR 100 * (p.balance + p.principal_due) > 50 * p.value)
FROM loans_position p JOIN loans_loan l ON l.id = p.loan_id
WHERE p.business_date = %s AND l.bank_id = %s AND l.currency = %s GROUP BY p.category ORDER BY p.category
"""
NAMES = (
    "category", "loans", "principal", "provision", "shortfall", "current", "to_30", "to_90", "past_90", "short",
    "ltv_30", "ltv_50", "ltv_more",
)  # fmt: skip


def book(day: date, bank_id: int, currency: str = "CNY") -> list[dict[str, Any]]:
    """A bank's book on a closed day by class: loans, sums in cents, ageing and loan-to-value. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(BOOK, [day, bank_id, currency])
        return [dict(zip(NAMES, map(int, row), strict=True)) for row in cursor.fetchall()]


def totals(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The whole book."""
    return {name: sum(row[name] for row in rows) for name in NAMES[1:]}
