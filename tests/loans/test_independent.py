"""The engine agrees with an implementation written otherwise, and keeps what every schedule must keep."""

import json
import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from loans.schedule.entry import answer, plan_of, schedule
from loans.schedule.refusals import InstalmentTooSmall
from loans.schedule.terms import read_terms
from tests.loans.asking import DAY_COUNTS, METHODS, ROUNDINGS, random_loan
from tests.loans.independent import build, settled

CENT = Decimal("0.01")
#: With 160 combinations this makes three thousand loans and more.
LOANS_EACH = 20
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["id"])
def test_the_shared_vectors_to_the_cent(vector):
    assert answer({"convention": vector["convention"], "input": vector["input"]}) == vector["expected"]


def cents(value):
    """Written to the cent; beyond its sixty digits the other implementation is dust."""
    return str(settled(value).quantize(CENT, rounding=ROUND_HALF_UP))


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("day_count", DAY_COUNTS)
@pytest.mark.parametrize("method", METHODS)
def test_each_method_day_count_and_rounding_agrees_with_the_other_implementation(method, day_count, rounding):
    chance = random.Random(f"{method} {day_count} {rounding}")
    compared = 0
    for _ in range(LOANS_EACH):
        convention, given = random_loan(chance, method, day_count, rounding)
        try:
            answered = schedule(convention, given)
        except InstalmentTooSmall:
            assert method == "FIXED_INSTALMENT"
            continue
        expected = [
            {
                "from": str(start),
                "due": str(due),
                "principal": cents(principal),
                "interest": cents(interest),
                "total": cents(principal + interest),
                "balance": cents(balance),
            }
            for start, due, principal, interest, balance in build(convention, given)
        ]
        seen = [{key: row[key] for key in expected[0]} for row in answered["rows"]]
        assert seen == expected, (convention, given)
        compared += 1
    assert compared >= LOANS_EACH // 2


@pytest.mark.parametrize("method", METHODS)
def test_what_holds_for_every_schedule(method):
    chance = random.Random(method)
    for _ in range(400):
        convention, given = random_loan(chance, method, chance.choice(DAY_COUNTS), chance.choice(ROUNDINGS))
        try:
            plan = plan_of(read_terms(convention, given))
        except InstalmentTooSmall:
            continue
        lent = sum(amount for _, amount in plan.tranches)
        assert plan.principal == lent
        owed = 0
        arriving = list(plan.tranches)
        for period, (principal, interest, balance) in zip(plan.periods, plan.rows, strict=True):
            while arriving and arriving[0][0] < period.due:
                owed += arriving.pop(0)[1]
            owed -= principal
            assert balance == owed >= 0
            assert interest >= 0
        assert owed == 0 and not arriving


def test_rows_of_equal_instalments_are_equal_but_for_the_last():
    chance = random.Random(7)
    for _ in range(300):
        principal, rate, count = chance.randrange(10**6, 10**10), chance.randrange(0, 2400), chance.randrange(2, 60)
        answered = schedule(
            {"method": "EQUAL_INSTALMENT", "day_count": chance.choice(("30E/360", "ACT/365", "ACT/ACT-ISDA"))},
            {
                "principal": f"{principal / 100:.2f}",
                "annual_rate_pct": f"{rate / 100:.2f}",
                "start": "2026-01-31",
                "count": count,
            },
        )
        totals = {row["total"] for row in answered["rows"][:-1]}
        assert len(totals) == 1
        last, level = Decimal(answered["rows"][-1]["total"]), Decimal(totals.pop())
        # half a cent of instalment and of interest a row, with interest on it until the end
        assert abs(last - level) <= Decimal("0.01") * count * (1 + Decimal(rate) / 1200 / 10) ** count + 1


def test_ten_times_the_loan_is_ten_times_the_schedule_within_a_cent_a_row():
    chance = random.Random(11)
    for _ in range(200):
        count = chance.randrange(1, 48)
        convention = {"method": chance.choice(METHODS[:4]), "day_count": chance.choice(DAY_COUNTS[:6])}
        given = {"annual_rate_pct": "6.30", "start": "2025-08-31", "count": count}
        principal = Decimal(chance.randrange(10**6, 10**9)) / 100
        one = schedule(convention, {**given, "principal": str(principal)})
        ten = schedule(convention, {**given, "principal": str(principal * 10)})
        for name in ("principal", "interest", "total"):
            away = abs(Decimal(one["totals"][name]) * 10 - Decimal(ten["totals"][name]))
            assert away <= Decimal("0.10") * count


def test_a_figure_never_rounded_is_kept_exact_inside():
    terms = read_terms(
        {
            "method": "EQUAL_INSTALMENT",
            "day_count": "30E/360",
            "interest_rounding": "NONE",
            "instalment_rounding": "NONE",
        },
        {"principal": "1000", "annual_rate_pct": "7", "start": "2026-01-01", "count": 3},
    )
    plan = plan_of(terms)
    level = {principal + interest for principal, interest, _ in plan.rows}
    assert len(level) == 1 and isinstance(level.pop(), Fraction)
    assert plan.principal == 100_000
