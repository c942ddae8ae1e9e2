"""A set of rights as one value the database can compare: an int8multirange of their ids.

"Everything" is the unbounded range, so that an exclusive mandate for all rights and one for a single right overlap, and
one exclusion constraint says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models

EVERYTHING = "{(,)}"


def span_of(asset_ids: Iterable[int]) -> str:
    """The ids as a multirange; raises ValueError for none, since a mandate for nothing is no mandate."""
    ids = sorted(set(asset_ids))
    if not ids:
        raise ValueError("a span needs at least one right")
    return "{" + ",".join(f"[{pk},{pk + 1})" for pk in ids) + "}"


class IdSpanField(models.Field):
    """A column of type int8multirange, read and written as its text."""

    description = "a set of ids as int8multirange"

    def db_type(self, connection: Any) -> str:
        return "int8multirange"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        """As PostgreSQL writes it, in its canonical form."""
        if value is None or isinstance(value, str):
            return value
        return "{" + ",".join(_range(one) for one in value) + "}"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "%s::int8multirange"


def _range(one: Any) -> str:
    low = "" if one.lower is None else one.lower
    high = "" if one.upper is None else one.upper
    return f"{'(' if one.lower is None else '['}{low},{high})"
