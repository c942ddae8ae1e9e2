"""Thousands of rows at once: columns go over as arrays, and no model instance is made for a row nobody looks at.

`bulk_create` prepares every value of every row through its field, and `column__in` writes one place per value; for ten
thousand rows that is most of the time of the program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Lookup, Model
from django.db.models.fields.related import ForeignObject
from django.db.models.sql.compiler import SQLCompiler


def insert(model: type[Model], rows: Sequence[Mapping[str, Any]], *, giving: Sequence[str] = ()) -> list[Any]:
    """Write `rows`, each {attribute: value} with the attributes of the first; gives back the columns `giving`.

    Values go to the database as they are: the model's own defaults and `save()` have no part in it. Columns left out
    take the database's default or NULL. One statement, so triggers of a statement see all rows together.
    """
    if not rows:
        return []
    fields = [_field(model, name) for name in rows[0]]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(one.column)) for one in fields)
    places = ", ".join(f"%s::{_type(one)}[]" for one in fields)
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT * FROM unnest({places})"  # noqa: S608
    if giving:
        sql += f" RETURNING {', '.join(quote(str(_field(model, name).column)) for name in giving)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [[row[name] for row in rows] for name in rows[0]])
        return cursor.fetchall() if giving else []


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    return next(one for one in model._meta.concrete_fields if one.attname == name)


def _type(field: Field[Any, Any]) -> str:
    """The column's type without its length: the column itself checks that."""
    return str(field.db_type(connection)).partition("(")[0]


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup):
    """`column__among=values`: like `__in`, with the values as one array whatever their number."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::{_type(self.lhs.output_field)}[])", (*params, list(self.rhs))
