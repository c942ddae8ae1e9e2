"""The one column type Django lacks here: sets of whole-number ranges, compared by the database."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.lookups import PostgresOperatorLookup
from psycopg.types.multirange import Int4Multirange, Multirange


class Int4MultirangeField(models.Field):
    """A PostgreSQL int4multirange, given and read as psycopg's Multirange. `__overlap` is the && of the database."""

    description = "A set of integer ranges"
    empty_strings_allowed = False

    def db_type(self, connection: Any) -> str:
        return "int4multirange"

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Int4Multirange) or not isinstance(value, Multirange):
            return value
        return Int4Multirange(value)


@Int4MultirangeField.register_lookup
class Overlap(PostgresOperatorLookup):
    lookup_name = "overlap"
    postgres_operator = "&&"
