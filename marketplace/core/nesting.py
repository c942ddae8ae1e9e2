"""Rows that belong to a row, read with it: one statement for a thing and its small lists.

`prefetch_related` pays one statement for each list. Where a page shows eight lists of a few rows each, `nested` reads
them as one column of the row they belong to, and `made` makes model instances of that column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import FieldDoesNotExist
from django.db import DEFAULT_DB_ALIAS
from django.db.models import DecimalField, F, Field, Model, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject


def nested(rows: QuerySet[Any], *names: str, **lists: ArraySubquery) -> ArraySubquery:
    """The `names` of each of `rows`, in their order, as one column; `lists` are further such columns inside each row.

    A name is a field of the model, or of one it points to as `organisation__name_zh`. Decimals travel as text: JSON
    numbers would come back as floats.
    """
    columns = {name: _as_json(rows.model, name) for name in names}
    return ArraySubquery(rows.values(nested_row=JSONObject(**columns, **lists)))


def made(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Instances of `model` from what `nested` read. Fields not read are deferred; what else was nested is left out."""
    return [_one(model, row) for row in rows]


def _as_json(model: type[Model], name: str) -> F | Cast:
    return Cast(name, TextField()) if isinstance(_field(model, name), DecimalField) else F(name)


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    head, _, rest = name.partition("__")
    field = model._meta.get_field(head)
    if not isinstance(field, Field):
        raise FieldDoesNotExist(f"{model.__name__}.{head} is not a column")
    return _field(field.remote_field.model, rest) if rest else field  # type: ignore[union-attr]


def _one(model: type[Model], row: Mapping[str, Any]) -> Model:
    own: dict[str, Any] = {}
    pointed_to: dict[str, dict[str, Any]] = {}
    for name, value in row.items():
        if isinstance(value, list):
            continue
        head, _, rest = name.partition("__")
        if rest:
            pointed_to.setdefault(head, {})[rest] = value
        else:
            field = _field(model, name)
            own[field.attname] = field.to_python(value)
    # from_db wants the columns in the order of the model, and takes those left out as not read
    names = [field.attname for field in model._meta.concrete_fields if field.attname in own]
    instance = model.from_db(DEFAULT_DB_ALIAS, names, [own[name] for name in names])
    for head, part in pointed_to.items():
        field = _field(model, head)
        key = own[field.attname]
        target: Any = field.remote_field.model  # type: ignore[union-attr]
        setattr(instance, head, _one(target, {target._meta.pk.name: key, **part}) if key is not None else None)
    return instance
