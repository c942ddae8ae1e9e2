"""The alarms of a closed day, over the whole book at once: what its positions find and those before did not."""

from __future__ import annotations

from datetime import date

from django.db import connection

from loans.alarms import KIND_OF, OF_A_RIGHT, SEVERITY_OF, Bit
from loans.closing import COVER
from marketplace.core import clock

#: What is new on the day: a loan's bits less those of the position before it. Of most loans that is the day closed
#: before, which is read whole; only of the others the newest one is looked for.
FRESH = """
yesterday AS MATERIALIZED (SELECT loan_id, alarms FROM loans_position WHERE business_date = %(before)s),
found AS MATERIALIZED (
    SELECT p.loan_id, p.dpd, p.shortfall, p.alarms & ~coalesce(y.alarms, o.alarms, 0) AS bits
    FROM loans_position p LEFT JOIN yesterday y ON y.loan_id = p.loan_id
    LEFT JOIN LATERAL (SELECT alarms FROM loans_position WHERE y.loan_id IS NULL AND loan_id = p.loan_id
                       AND business_date < %(day)s ORDER BY business_date DESC LIMIT 1) o ON true
    WHERE p.business_date = %(day)s AND p.alarms <> 0
),
fresh AS MATERIALIZED (SELECT * FROM found WHERE bits <> 0),
kinds AS (SELECT * FROM unnest(%(bits)s::int[], %(kinds)s::text[], %(severities)s::int[]) AS k(bit, kind, severity)),
live AS MATERIALIZED (
    SELECT l.id, l.matures_on FROM loans_loan l
    WHERE l.id IN (SELECT loan_id FROM fresh WHERE bits & %(of_a_right)s <> 0)
)
"""
#: One alarm for each bit of a loan, and for each right that a bit is about; a loan with no right at all is itself
#: unappraised.
RAISE = f"""
WITH {FRESH}, {COVER},
told AS (
    SELECT f.loan_id, NULL::bigint AS security_id, k.*, jsonb_build_object('dpd', f.dpd, 'shortfall', f.shortfall)
           AS facts
    FROM fresh f JOIN kinds k ON f.bits & %(of_a_loan)s & k.bit <> 0
    UNION ALL
    SELECT f.loan_id, w.id, k.*, '{{}}'::jsonb
    FROM fresh f JOIN worth w ON w.loan_id = f.loan_id JOIN kinds k ON w.alarms & f.bits & k.bit <> 0
    UNION ALL
    SELECT f.loan_id, NULL, k.*, '{{}}'::jsonb
    FROM fresh f JOIN kinds k ON f.bits & %(unappraised)s & k.bit <> 0
    WHERE NOT EXISTS (SELECT 1 FROM worth w WHERE w.loan_id = f.loan_id)
)
INSERT INTO loans_alarm (loan_id, security_id, kind, severity, source, external_id, "on", facts, raised_at, action)
SELECT loan_id, security_id, kind, severity, 'close',
       concat_ws(':', loan_id, kind, coalesce(security_id, 0), %(day)s::date::text), %(day)s, facts, %(now)s, ''
FROM told ORDER BY loan_id, bit, security_id
ON CONFLICT (source, external_id) DO NOTHING
"""  # noqa: S608


def raise_alarms(day: date) -> int:
    """An alarm for each thing that the day's positions find and those before did not; rights by themselves.

    Returns how many are new; a second time finds them there.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(business_date) FROM loans_closerun WHERE business_date < %s AND state = 'done'", [day]
        )
        before = cursor.fetchone()[0]
        cursor.execute(
            RAISE,
            {
                "day": day,
                "before": before,
                "year": day.year,
                "month": day.month,
                "bits": [int(one) for one in Bit],
                "kinds": [str(KIND_OF[one].value) for one in Bit],
                "severities": [int(SEVERITY_OF[one]) for one in Bit],
                "of_a_right": int(OF_A_RIGHT),
                "of_a_loan": sum(Bit) & ~int(OF_A_RIGHT),
                "unappraised": int(Bit.UNAPPRAISED),
                "now": clock.now(),
            },
        )
        return int(cursor.rowcount)
