"""Several counts for the price of one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def counts(querysets: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each queryset has, in their order, asked of the database in one statement (none for none).

    Django counts one queryset a statement; a page that counts fifteen things pays fifteen trips for them.
    """
    parts: list[str] = []
    params: list[Any] = []
    answers: list[int | None] = []
    for one in querysets:
        try:
            sql, given = one.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:  # `none()`, or a filter nothing can fit: the answer is known without asking
            answers.append(0)
            continue
        answers.append(None)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - Django wrote {sql}
        params += given
    if not parts:
        return [answer or 0 for answer in answers]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        found = iter(cursor.fetchone())
    return [next(found) if answer is None else answer for answer in answers]
