"""Numbers of listings and needs: L-2026-00042, N-2026-00007."""

from django.db import connection

from marketplace.core import clock


def next_number(series: str) -> str:
    """The next number of `series` in the current year. Raises RuntimeError outside a transaction.

    One upsert takes and keeps the row lock, so two creations at once get two numbers; one rolled back leaves no gap.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A number is taken in the transaction that uses it.")
    year = clock.today().year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalogue_numberseries AS series (name, year, last) VALUES (%s, %s, 1)"
            " ON CONFLICT (name, year) DO UPDATE SET last = series.last + 1 RETURNING last",
            [series, year],
        )
        last: int = cursor.fetchone()[0]
    return f"{series}-{year}-{last:05d}"
