"""The close of a business day in statements over many loans at once. Whole cents; all divisions round down.

Which loans: paid out by the day and not ended before it. A plain loan that was replayed up to the day or earlier and
has no credit follows from its rows to come and its arrears by products alone (`POSITIONS`); the few others are replayed
(`by_replay`). Both write the same columns, and tests hold them against each other.

A row's interest up to the day is opening × (place of the day − start_at) × rate, half up; once its own due day has come
it is the row's interest. A penalty is Σ base × days × penal rate, half up for each row by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Prefetch, Q

from loans.alarms import Bit
from loans.collateral_value import Held, cover
from loans.coordinates import places_of
from loans.grading import CONTAGION_PCT, PROVISIONS_BP, THRESHOLDS, Rules, floor_of, is_observed, provision_of
from loans.models import GradingRule, Loan, ManualGrade, Position, Security
from loans.models import SecurityValue as Value
from loans.services.standing import position_of

COLUMNS = (
    "loan_id, business_date, balance, principal_due, interest_due, penalty_due, cost_due, accrued, credit, dpd, floor,"
    ' manual, category, provision, value, "limit", line, shortfall, alarms'
)

#: The live loans after `after` up to `upto`, with the bank's rules of the day.
LIVE = """
live AS MATERIALIZED (
    SELECT l.id, l.matures_on, l.is_plain, l.replayed_on, l.credit, l.cost_due, l.next_from, l.day_count, l.rate_over,
           l.rate_under, l.penalty_over, l.penalty_under, l.penalty_grace, l.penalty_on_interest, l.restructured_on,
           l.observed_until, coalesce(r.thresholds, g.thresholds, %(thresholds)s) AS thresholds,
           coalesce(r.provisions_bp, g.provisions_bp, %(provisions)s) AS provisions
    FROM loans_loan l
    LEFT JOIN LATERAL (SELECT thresholds, provisions_bp FROM loans_gradingrule
                       WHERE bank_id = l.bank_id AND from_on <= %(day)s ORDER BY from_on DESC LIMIT 1) r ON true
    LEFT JOIN LATERAL (SELECT thresholds, provisions_bp FROM loans_gradingrule
                       WHERE bank_id IS NULL AND from_on <= %(day)s ORDER BY from_on DESC LIMIT 1) g ON true
    WHERE l.id > %(after)s AND l.id <= %(upto)s AND l.started_on <= %(day)s
      AND (l.closed_on IS NULL OR l.closed_on > %(day)s)
)
"""
PLAIN = "is_plain AND credit = 0 AND replayed_on <= %(day)s"

#: What the rights of each loan count for on the day (loans/collateral_value.py in SQL).
COVER = """
worth AS MATERIALIZED (
    SELECT s.id, s.loan_id, s.haircut_bp, s.ltv_bp,
           CASE WHEN bad THEN 0 WHEN v.cents IS NULL OR v.valid_until < %(day)s THEN 0
                WHEN s.declines_to IS NULL THEN v.cents
                WHEN whole <= 0 THEN 0
                ELSE v.cents * greatest(0, least(rest, whole)) / whole END AS cents,
           CASE WHEN bad THEN 1 WHEN v.cents IS NULL THEN 4 WHEN v.valid_until < %(day)s THEN 8
                WHEN v.cents = 0 OR (s.declines_to IS NOT NULL AND (whole <= 0 OR rest <= 0
                     OR v.cents * least(rest, whole) / whole = 0)) THEN 2
                ELSE 0 END
           | CASE WHEN s.expires_on < l.matures_on THEN 16 ELSE 0 END AS alarms
    FROM live l JOIN loans_security s ON s.loan_id = l.id
    CROSS JOIN LATERAL (SELECT coalesce(s.impaired_on <= %(day)s, false) OR coalesce(s.expires_on <= %(day)s, false)
                        AS bad) b
    LEFT JOIN LATERAL (
        SELECT s.cents, s.valid_until, s.based_on WHERE s.based_on <= %(day)s
        UNION ALL
        (SELECT o.cents, o.valid_until, o.based_on FROM loans_securityvalue o
         WHERE s.based_on > %(day)s AND o.security_id = s.id AND o.based_on <= %(day)s
         ORDER BY o.based_on DESC, o.id DESC LIMIT 1)
    ) v ON true
    CROSS JOIN LATERAL (  -- computed once for each row and not where it is named: hence the OFFSET
        SELECT ends - (date_part('year', v.based_on) * 12 + date_part('month', v.based_on))::int AS whole,
               ends - (%(year)s * 12 + %(month)s) AS rest
        FROM (SELECT (date_part('year', s.declines_to) * 12 + date_part('month', s.declines_to))::int AS ends
              OFFSET 0) e
        OFFSET 0
    ) m
    WHERE s.added_on <= %(day)s AND (s.released_on IS NULL OR s.released_on > %(day)s)
),
cover AS (
    SELECT loan_id, sum(cents)::bigint AS value, sum(cents * (10000 - haircut_bp) / 10000)::bigint AS most,
           sum(cents * ltv_bp / 10000)::bigint AS line, bit_or(alarms) AS alarms
    FROM worth GROUP BY loan_id
)
"""
MANUAL = """
manual AS (
    SELECT m.loan_id, max(m.category) AS category FROM loans_manualgrade m
    WHERE m.from_on <= %(day)s AND (m.until_on IS NULL OR m.until_on > %(day)s)
      AND m.loan_id > %(after)s AND m.loan_id <= %(upto)s
    GROUP BY m.loan_id
)
"""

FIGURES = f"""
fell AS (
    SELECT r.loan_id, r.n, r.payable_on AS due_on, r.principal, r.interest, 0::bigint AS paid,
           CASE WHEN %(day)s > r.payable_on + l.penalty_grace
                THEN (r.principal + CASE WHEN l.penalty_on_interest THEN r.interest ELSE 0 END)
                     * (%(day)s - r.payable_on) ELSE 0 END AS exact,
           l.penalty_over, l.penalty_under
    FROM live l JOIN loans_schedulerow r ON r.loan_id = l.id AND r.starts_on >= l.next_from AND r.starts_on <= %(day)s
    WHERE {PLAIN} AND r.payable_on <= %(day)s AND r.principal + r.interest > 0
    UNION ALL
    SELECT a.loan_id, a.n, a.due_on, a.principal, a.interest, a.penalty_paid,
           a.penalty_exact + CASE WHEN %(day)s > a.due_on + l.penalty_grace AND %(day)s > a.penalised_until
                THEN (a.principal + CASE WHEN l.penalty_on_interest THEN a.interest ELSE 0 END)
                     * (%(day)s - a.penalised_until) ELSE 0 END,
           l.penalty_over, l.penalty_under
    FROM live l JOIN loans_arrear a ON a.loan_id = l.id
    WHERE {PLAIN}
),
due AS (
    SELECT loan_id, sum(principal)::bigint AS principal, sum(interest)::bigint AS interest,
           sum((2 * exact * penalty_over + penalty_under) / (2 * penalty_under) - paid)::bigint AS penalty,
           min(due_on) FILTER (WHERE principal > 0 OR interest > 0) AS oldest
    FROM fell GROUP BY loan_id
),
running AS (
    SELECT DISTINCT ON (r.loan_id) r.loan_id, r.opening,
           CASE WHEN %(day)s >= r.due_on THEN r.interest
                WHEN l.rate_over = 0 THEN 0
                ELSE (2 * r.opening * ((%(places)s::bigint[])[l.day_count] - r.start_at) * l.rate_over + l.rate_under)
                     / (2 * l.rate_under) END AS accrued
    FROM live l JOIN loans_schedulerow r ON r.loan_id = l.id AND r.starts_on >= l.next_from AND r.starts_on <= %(day)s
    WHERE {PLAIN} AND r.payable_on > %(day)s
    ORDER BY r.loan_id, r.n
),
stood AS (
    SELECT l.id, l.thresholds, l.provisions, coalesce(n.opening, 0) AS balance,
           coalesce(d.principal, 0) AS principal_due, coalesce(d.interest, 0) AS interest_due,
           coalesce(d.penalty, 0) AS penalty_due, l.cost_due, coalesce(n.accrued, 0) AS accrued, l.credit,
           coalesce(greatest(0, %(day)s - d.oldest), 0) AS dpd,
           coalesce(l.restructured_on <= %(day)s AND l.observed_until >= %(day)s, false) AS observed,
           coalesce(m.category, 0) AS manual, coalesce(c.value, 0) AS value, coalesce(c.most, 0) AS most,
           coalesce(c.line, 0) AS line, coalesce(c.alarms, 4) AS alarms
    FROM live l LEFT JOIN due d ON d.loan_id = l.id LEFT JOIN running n ON n.loan_id = l.id
    LEFT JOIN cover c ON c.loan_id = l.id LEFT JOIN manual m ON m.loan_id = l.id
    WHERE {PLAIN.replace("credit", "l.credit")}
),
graded AS (
    SELECT s.*, greatest(CASE WHEN observed THEN 2 ELSE 1 END,
                         1 + (dpd >= thresholds[1])::int + (dpd >= thresholds[2])::int + (dpd >= thresholds[3])::int
                           + (dpd >= thresholds[4])::int) AS floor
    FROM stood s
)
"""  # noqa: S608
POSITIONS = f"""
WITH {LIVE}, {COVER}, {MANUAL}, {FIGURES}
INSERT INTO loans_position ({COLUMNS})
SELECT id, %(day)s, balance, principal_due, interest_due, penalty_due, cost_due, accrued, credit, dpd, floor, manual,
       greatest(floor, manual),
       (2 * (balance + principal_due) * provisions[greatest(floor, manual)] + 10000) / 20000,
       value, most, line, greatest(0, balance + principal_due + interest_due - line),
       alarms | CASE WHEN balance + principal_due + interest_due > line THEN 32 ELSE 0 END
              | CASE WHEN dpd > 0 THEN 64 ELSE 0 END | CASE WHEN greatest(floor, manual) >= 3 THEN 128 ELSE 0 END
FROM graded ORDER BY id
"""  # noqa: S608
OTHERS = f"""
SELECT id FROM loans_loan WHERE id > %(after)s AND id <= %(upto)s AND started_on <= %(day)s
AND (closed_on IS NULL OR closed_on > %(day)s) AND NOT ({PLAIN}) ORDER BY id
"""  # noqa: S608
#: When more than a tenth of what a borrower owes a bank is non-performing, all of it is at least substandard.
CONTAGION = """
WITH worst AS (
    SELECT l.bank_id, l.borrower_id FROM loans_position p JOIN loans_loan l ON l.id = p.loan_id
    WHERE p.business_date = %(day)s
    GROUP BY l.bank_id, l.borrower_id
    HAVING count(*) > 1 AND bool_or(greatest(p.floor, p.manual) >= 3) AND bool_or(greatest(p.floor, p.manual) < 3)
       AND 100 * sum(p.balance + p.principal_due) FILTER (WHERE greatest(p.floor, p.manual) >= 3)
           > %(pct)s * sum(p.balance + p.principal_due)
)
UPDATE loans_position p
SET category = 3, alarms = p.alarms | 128,
    provision = (2 * (p.balance + p.principal_due) * coalesce(
        (SELECT provisions_bp[3] FROM loans_gradingrule WHERE (bank_id = l.bank_id OR bank_id IS NULL)
         AND from_on <= %(day)s ORDER BY bank_id NULLS LAST, from_on DESC LIMIT 1), %(third)s) + 10000) / 20000
FROM loans_loan l, worst w
WHERE p.business_date = %(day)s AND p.loan_id = l.id AND l.bank_id = w.bank_id AND l.borrower_id = w.borrower_id
  AND greatest(p.floor, p.manual) < 3
"""
#: Before it is counted anew, every class is what the loan alone demands.
BY_ITSELF = """
UPDATE loans_position p
SET category = greatest(floor, manual), alarms = alarms & ~128 | CASE WHEN greatest(floor, manual) >= 3 THEN 128 ELSE 0
    END, provision = (2 * (balance + principal_due) * coalesce(
        (SELECT provisions_bp[greatest(p.floor, p.manual)] FROM loans_gradingrule g
         WHERE (g.bank_id = (SELECT bank_id FROM loans_loan WHERE id = p.loan_id) OR g.bank_id IS NULL)
         AND g.from_on <= %(day)s ORDER BY g.bank_id NULLS LAST, g.from_on DESC LIMIT 1),
        (%(provisions)s::bigint[])[greatest(p.floor, p.manual)]) + 10000) / 20000
WHERE business_date = %(day)s AND category > greatest(floor, manual)
"""


def _parameters(day: date, after: int, upto: int) -> dict[str, Any]:
    return {
        "day": day,
        "year": day.year,
        "month": day.month,
        "after": after,
        "upto": upto,
        "places": places_of(day),
        "thresholds": list(THRESHOLDS),
        "provisions": list(PROVISIONS_BP),
        "pct": CONTAGION_PCT,
        "third": PROVISIONS_BP[2],
    }


def write_positions(day: date, after: int, upto: int) -> int:
    """Positions of the loans after one id up to another, in the caller's transaction; returns how many.

    The caller holds the run's lock and knows that none of them is written yet.
    """
    given = _parameters(day, after, upto)
    with connection.cursor() as cursor:
        cursor.execute(POSITIONS, given)
        written: int = cursor.rowcount
        cursor.execute(OTHERS, given)
        others = [pk for (pk,) in cursor.fetchall()]
    Position.objects.bulk_create(by_replay(others, day))
    return written + len(others)


def spread(day: date) -> None:
    """Let a borrower's non-performing loans weigh on its others (LN-CLS-10). Twice or again after a change is one."""
    given = _parameters(day, 0, 0)
    with connection.cursor() as cursor:
        cursor.execute(BY_ITSELF, given)
        cursor.execute(CONTAGION, given)


def by_replay(ids: Sequence[int], day: date) -> Iterable[Position]:
    """The same rows by replaying each loan: for what is not plain, for credit, and for days that are closed again."""
    rules = rules_of(day)
    loans = Loan.objects.filter(pk__in=ids).prefetch_related(
        "payments",
        "charges",
        "schedules",
        Prefetch("securities", Security.objects.prefetch_related(Prefetch("values", Value.objects.all()))),
        "manual_grades",
    )
    return [_replayed(one, day, rules.get(one.bank_id) or rules.get(None) or Rules()) for one in loans.order_by("pk")]


def rules_of(day: date) -> dict[int | None, Rules]:
    """{bank: rules of the day}, the market's own under None."""
    found: dict[int | None, Rules] = {}
    for one in GradingRule.objects.filter(from_on__lte=day).order_by("from_on"):
        found[one.bank_id] = Rules(tuple(one.thresholds), tuple(one.provisions_bp))
    return found


def held_on(one: Security, day: date) -> Held:
    """A right with the appraisal that was the newest on a day."""
    value = next((value for value in one.values.all() if value.based_on <= day), None)
    return Held(
        one.haircut_bp,
        one.ltv_bp,
        value.cents if value else None,
        value.based_on if value else None,
        value.valid_until if value else None,
        one.declines_to,
        one.expires_on,
        one.impaired_on,
    )


def _replayed(loan: Loan, day: date, rules: Rules) -> Position:
    stands = position_of(loan, day)
    floor = floor_of(
        stands.days_past_due, rules, is_observed=is_observed(day, loan.restructured_on, loan.observed_until)
    )
    manual = max((one.category for one in loan.manual_grades.all() if _holds(one, day)), default=0)
    category = max(floor, manual)
    on_the_day = [
        held_on(one, day)
        for one in loan.securities.all()
        if one.added_on <= day and (one.released_on is None or one.released_on > day)
    ]
    covered = cover(on_the_day, day, loan.matures_on)
    exposed = stands.principal + stands.interest_due
    shortfall = max(0, exposed - covered.line)
    alarms = Bit(covered.alarms)
    alarms |= Bit.SHORTFALL if shortfall else Bit(0)
    alarms |= Bit.OVERDUE if stands.days_past_due else Bit(0)
    alarms |= Bit.NON_PERFORMING if category >= 3 else Bit(0)
    return Position(
        loan_id=loan.pk,
        business_date=day,
        balance=stands.balance,
        principal_due=stands.principal_due,
        interest_due=stands.interest_due,
        penalty_due=stands.penalty_due,
        cost_due=stands.cost_due,
        accrued=stands.accrued,
        credit=stands.credit,
        dpd=stands.days_past_due,
        floor=floor,
        manual=manual,
        category=category,
        provision=provision_of(stands.principal, category, rules),
        value=covered.value,
        limit=covered.limit,
        line=covered.line,
        shortfall=shortfall,
        alarms=int(alarms),
    )


def _holds(one: ManualGrade, day: date) -> bool:
    return one.from_on <= day and (one.until_on is None or one.until_on > day)


def closable(day: date) -> Q:
    """Loans that have a position on a day."""
    return Q(started_on__lte=day) & (Q(closed_on__isnull=True) | Q(closed_on__gt=day))
