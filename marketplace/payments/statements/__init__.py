"""Bank statements as files: CSV with many heads, MT940, CAMT.053; all read into the same rows."""

from marketplace.payments.statements.faults import Fault
from marketplace.payments.statements.reading import Row, Statement, Unreadable, read

__all__ = ["Fault", "Row", "Statement", "Unreadable", "read"]
