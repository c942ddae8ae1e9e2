"""The question before every act: 50 rights with 20 entries each, statements counted and CPU measured.

    python -m bench.rights [--scale 1.0]

CPU is that of this process (`time.process_time`), the median of many runs; what the database uses is given beside it.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.harness import answer, cpu_of, figure, fresh_site, postmaster_of, scale_from_arguments

RIGHTS, ENTRIES = 50, 20
ROUNDS = 60
LIMIT_MS = 15.0
LIMIT_SQL = 3


def fill(rights: int) -> list[int]:
    """Rights with two owners, a pledge, an ended one, a preservation gone by, an open declaration and licences."""
    from listings.assets.models import Asset, Party
    from listings.patents.models import Patent
    from listings.rights.models import Entry
    from listings.rights.scope import Scope
    from marketplace.core import clock

    now, whole = clock.now(), Scope()
    ids = []
    for n in range(rights):
        asset = Asset.objects.create(
            office="CN",
            number=f"2020{10000000 + n}.1",
            title_zh="样例",
            status="in_force",
            filed_on=date(2020, 5, 6),
            granted_on=date(2022, 3, 1),
            expires_on=date(2040, 5, 6),
            created_at=now,
            updated_at=now,
        )
        Patent.objects.create(asset=asset, patent_kind="invention", application_number=asset.number)
        Party.objects.create(asset=asset, role="owner", sequence=1, name="云澜氟材")
        rows: list[dict[str, Any]] = [
            {"kind": "ownership", "party_name": "云澜氟材", "share_numerator": 7, "share_denominator": 10},
            {"kind": "ownership", "party_name": "澜江大学", "share_numerator": 3, "share_denominator": 10},
            {"kind": "pledge", "party_name": "城市银行"},
            {"kind": "invalidation"},
            {"kind": "service_invention", "party_name": "林知远"},
        ]
        rows += [
            {"kind": "licence", "licence_type": "ordinary", "party_name": f"被许可人{at}"}
            for at in range(ENTRIES - len(rows))
        ]
        Entry.objects.bulk_create(
            Entry(
                asset=asset,
                territory=whole.territory,
                field=whole.field,
                starts_on=date(2023, 1, 1),
                source="cnipa",
                created_at=now,
                **row,
            )
            for row in rows
        )
        ids.append(asset.pk)
    return ids


def measured(directory: Path, scale: float) -> list[dict[str, Any]]:
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from listings.rights.checking import check
    from listings.rights.scope import Scope
    from listings.rights.states import Act

    ids = fill(RIGHTS)
    figures = []
    rounds = max(5, int(ROUNDS * scale))
    scope = Scope(("330000",), ("C08",), None, date.today() + timedelta(days=700))
    for act in (Act.ASSIGN, Act.EXCLUSIVE, Act.ORDINARY, Act.PLEDGE):
        with transaction.atomic(), CaptureQueriesContext(connection) as seen:
            found = check(ids, act, holder_id=None, scope=scope, lock=True)
        # savepoints of the transaction around it are not among the statements of the check
        statements = sum("SAVEPOINT" not in one["sql"] for one in seen.captured_queries)
        server = postmaster_of(directory)
        spent, before, began = [], cpu_of(server), time.perf_counter()
        for _ in range(rounds):
            start = time.process_time()
            with transaction.atomic():
                check(ids, act, holder_id=None, scope=scope, lock=True)
            spent.append((time.process_time() - start) * 1000)
        database = (cpu_of(server) - before) / rounds * 1000
        wall = (time.perf_counter() - began) / rounds * 1000
        median = statistics.median(spent)
        figures += [
            figure(f"{act}: statements", statements, "", target=f"≤ {LIMIT_SQL}", met=statements <= LIMIT_SQL),
            figure(f"{act}: CPU", round(median, 2), "ms", target=f"≤ {LIMIT_MS:g} ms", met=median <= LIMIT_MS),
            figure(f"{act}: CPU of the database", round(database, 2), "ms"),
            figure(f"{act}: elapsed", round(wall, 2), "ms"),
            figure(f"{act}: findings", len(found.findings)),
        ]
    return figures


def main() -> None:
    scale = scale_from_arguments()
    with fresh_site(durable=False) as directory:
        figures = measured(directory, scale)
    answer(
        f"{RIGHTS} rights with {ENTRIES} entries each, all in force and all meeting the scope asked for; rows locked.",
        figures,
    )


if __name__ == "__main__":
    sys.exit(main())
