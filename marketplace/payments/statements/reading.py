"""Any statement file, recognised by its content."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from marketplace.payments.statements.camt import read_camt
from marketplace.payments.statements.faults import Unreadable
from marketplace.payments.statements.rows import Row, Statement
from marketplace.payments.statements.swift import read_mt940
from marketplace.payments.statements.tables import read_csv

MOST_ROWS = 100_000

__all__ = ["Row", "Statement", "Unreadable", "read"]


def read(content: bytes, *, currency: str) -> Statement:
    """The statement in a file; `currency` is that of the account, for files that name none. Raises Unreadable.

    An id that the bank gives to several rows of the file tells nothing and is left out.
    """
    start = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        found = read_camt(content, currency)
    elif b":60F:" in content or b":60M:" in content or b":20:" in content[:200]:
        found = read_mt940(content, currency)
    else:
        found = read_csv(content, currency)
    if len(found.rows) > MOST_ROWS:
        raise Unreadable("too_many_rows", most=MOST_ROWS)
    uses = Counter(row.external_id for row in found.rows)
    found.rows = [
        replace(row, external_id="") if row.external_id and uses[row.external_id] > 1 else row for row in found.rows
    ]
    return found
