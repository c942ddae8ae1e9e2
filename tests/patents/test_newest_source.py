"""The date that public pages state for their data is found without reading every record."""

from __future__ import annotations

import pytest
from django.db import connection

from listings.patents.contributions import newest_source
from listings.patents.models import SourceRecord
from tests.catalogue.makers import a_right

pytestmark = pytest.mark.django_db


def plan_of_newest(count: int) -> str:
    """Fill `count` records under one patent and explain the query."""
    patent = a_right().patent
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO patents_sourcerecord
               (patent_id, source, document, as_of, content, content_sha256, earlier_sha256, raw, seen_at)
               SELECT %s, 's', 'd' || n, CASE WHEN n %% 10 > 0 THEN date '2015-01-01' + n %% 3650 END,
                      '{}', '', '{}', '', now() FROM generate_series(1, %s) n""",
            [patent.pk, count],
        )
        cursor.execute("ANALYZE patents_sourcerecord")
        assert SourceRecord.objects.count() == count
        cursor.execute("EXPLAIN ANALYZE SELECT MAX(as_of) FROM patents_sourcerecord")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_the_newest_date_comes_from_its_index() -> None:
    assert newest_source() is None
    plan = plan_of_newest(5000)
    assert "source_records_by_date" in plan and "Seq Scan" not in plan, plan
    assert str(newest_source()) == "2024-12-28"
