"""No trigger can be left out.

The library that installs our triggers has each ask first whether a session variable names it as one to skip. We never
skip one: they are the guarantees. Its question also raises and catches an error in a subtransaction of its own wherever
the variable is not set, which took most of the time of a trigger (ten thousand rows: seconds). After every migration
the question is given its one answer.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

QUESTION = """
    CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT false'
"""


def never_skipped(using: str, **signal: Any) -> None:
    """Answer the question with no, in the database just migrated."""
    with connections[using].cursor() as cursor:
        cursor.execute(QUESTION)
