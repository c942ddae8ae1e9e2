"""Working papers outlive whoever would rather they did not (Appraisal Law, article 29: 15 years, or 30).

Nothing here ever deletes them, after those years either: taking papers out of the archive is an act of its own, outside
this program, on a copy of the database.
"""

from __future__ import annotations

import pgtrigger


def kept_for_ever(name: str) -> pgtrigger.Protect:
    """Rows of this table are never deleted."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Delete)


def kept_once_issued(name: str) -> pgtrigger.Trigger:
    """Rows of this table are not deleted while a report stands on their order; while a draft is written they may be.

    A revision opens the order again: what the earlier report rested on stands in its twin, which is never deleted.
    """
    return pgtrigger.Trigger(
        name=name,
        operation=pgtrigger.Delete,
        when=pgtrigger.Before,
        func="""
            IF EXISTS (SELECT 1 FROM valuation_order WHERE id = OLD.order_id AND state = 'issued') THEN
                RAISE EXCEPTION 'working papers of an issued report are archived';
            END IF;
            RETURN OLD;
        """,
    )
