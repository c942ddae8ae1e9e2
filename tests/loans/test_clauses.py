"""The agreement about schedules, clause by clause."""

from datetime import date
from decimal import Decimal

import pytest

from loans.schedule.calendar import DaysOff, Shift
from loans.schedule.entry import schedule

LEVEL = {"day_count": "30E/360", "method": "EQUAL_INSTALMENT"}
PRINCIPAL = {"day_count": "30E/360", "method": "EQUAL_PRINCIPAL"}
BULLET = {"day_count": "30E/360", "method": "INTEREST_ONLY_BULLET"}
YEAR = {"principal": "120000.00", "annual_rate_pct": "6", "start": "2026-01-15", "count": 12, "frequency": "MONTH"}


def rows(convention, given, **changes):
    return schedule(convention, {**given, **changes})["rows"]


def column(name, *args, **changes):
    return [row[name] for row in rows(*args, **changes)]


def test_a_start_on_the_31st_keeps_month_ends():
    assert column("due", LEVEL, YEAR, start="2024-01-31", count=5) == [
        "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30",
    ]  # fmt: skip


def test_the_anchor_day_is_kept_over_several_months_a_step():
    assert column("due", LEVEL, YEAR, start="2023-11-30", count=4, frequency="3 MONTHS") == [
        "2024-02-29", "2024-05-30", "2024-08-30", "2024-11-30",
    ]  # fmt: skip


def test_steps_of_days():
    assert column("due", LEVEL, YEAR, start="2024-02-20", count=3, frequency="14 DAYS") == [
        "2024-03-05", "2024-03-19", "2024-04-02",
    ]  # fmt: skip


def test_keys_that_are_notes_are_ignored():
    noted = {**LEVEL, "end_of_month": "anchor day clipped", "rounding_sensitive": True, "note": 3}
    assert rows(noted, {**YEAR, "remark": []}) == rows(LEVEL, YEAR)


def test_a_whole_month_is_a_twelfth_even_where_february_clips_it():
    for day_count in ("30E/360", "30U/360", "rate/12 per month"):
        interest = column("interest", {**BULLET, "day_count": day_count}, YEAR, start="2025-01-31", count=3)
        assert interest == ["600.00"] * 3


@pytest.mark.parametrize(
    ("day_count", "interest"),
    [
        ("30E/360", "420.00"),  # 21 days
        ("30U/360", "420.00"),
        ("rate/12 per month", "420.00"),
        ("ACT/360", "440.00"),  # 22 days
        ("ACT/365", "433.97"),
        ("ACT/ACT-ISDA", "433.97"),
    ],
)
def test_a_broken_first_period_is_counted_by_its_days(day_count, interest):
    found = column("interest", {**BULLET, "day_count": day_count}, YEAR, start="2026-01-10", first_due="2026-02-01")
    assert found[0] == interest
    if "ACT" not in day_count:
        assert found[1:] == ["600.00"] * 11


def test_a_broken_first_period_as_a_fraction_of_its_month():
    fraction = {**BULLET, "broken_period": "MONTH_FRACTION"}
    broken = {"start": "2026-01-10", "first_due": "2026-02-01"}
    assert column("interest", fraction, YEAR, **broken)[0] == "425.81"  # 600 × 22/31
    actual = {**fraction, "day_count": "ACT/365"}
    assert column("interest", actual, YEAR, **broken)[0] == "433.97"  # actual days have no months


def test_a_long_first_period_is_its_whole_months_and_a_fraction_of_the_next():
    fraction = {**BULLET, "broken_period": "MONTH_FRACTION"}
    assert column("interest", fraction, YEAR, start="2026-01-10", first_due="2026-02-20")[0] == "814.29"  # 600(1+10/28)


def test_a_broken_last_period_runs_to_the_maturity():
    given = {key: value for key, value in YEAR.items() if key != "count"} | {"maturity": "2026-04-25"}
    found = rows(BULLET, given)
    assert [row["due"] for row in found] == ["2026-02-15", "2026-03-15", "2026-04-15", "2026-04-25"]
    assert found[-1]["interest"] == "200.00"
    fraction = rows({**BULLET, "broken_period": "MONTH_FRACTION"}, given)
    assert fraction[-1]["interest"] == "200.00"  # 600 × 10/30


def test_a_maturity_on_the_grid_breaks_nothing():
    given = {key: value for key, value in YEAR.items() if key != "count"}
    assert rows(LEVEL, given, maturity="2027-01-15") == rows(LEVEL, YEAR)


def test_a_first_due_date_sets_its_own_anchor():
    assert column("due", LEVEL, YEAR, start="2026-01-10", first_due="2026-01-31", count=3) == [
        "2026-01-31", "2026-02-28", "2026-03-31",
    ]  # fmt: skip


def test_a_first_due_date_clipped_from_the_start_keeps_the_start_as_anchor():
    assert column("due", LEVEL, YEAR, start="2026-01-31", first_due="2026-02-28", count=3) == column(
        "due", LEVEL, YEAR, start="2026-01-31", count=3
    )


def test_due_dates_and_periods_listed_one_by_one_give_what_the_frequency_gives():
    made = rows(LEVEL, YEAR, start="2024-01-31")
    dates = [row["due"] for row in made]
    given = {"principal": "120000.00", "annual_rate_pct": "6"}
    assert rows(LEVEL, given, start="2024-01-31", due_dates=dates) == made
    periods = [{"from": row["from"], "due": row["due"]} for row in made]
    assert rows(LEVEL, given, periods=periods) == made


def test_actual_actual_divides_at_the_first_of_january():
    isda = {**BULLET, "day_count": "ACT/ACT-ISDA"}
    found = rows(isda, YEAR, principal="1000000", start="2023-12-12", count=1)
    assert found[0]["interest"] == str(
        (Decimal(60000) * (Decimal(20) / 365 + Decimal(11) / 366)).quantize(Decimal("0.01"))
    )


def test_the_two_kinds_of_30_360_differ_at_the_end_of_february():
    broken = {"start": "2026-02-28", "first_due": "2026-03-31", "count": 1, "frequency": "2 MONTHS"}
    assert column("interest", BULLET, YEAR, **broken) == ["640.00"]  # 32 days: the 31st is the 30th
    assert column("interest", {**BULLET, "day_count": "30U/360"}, YEAR, **broken) == ["600.00"]  # both are month ends


def test_the_instalment_is_rounded_once_and_the_last_row_takes_the_residue():
    found = rows(LEVEL, YEAR)
    assert {row["total"] for row in found[:-1]} == {"10327.97"}
    assert found[-1]["total"] == "10327.99"
    assert sum(Decimal(row["principal"]) for row in found) == 120000


def test_zero_rate_divides_by_nothing():
    assert column("principal", LEVEL, YEAR, principal="1000", annual_rate_pct="0", count=3) == [
        "333.33",
        "333.33",
        "333.34",
    ]


@pytest.mark.parametrize(
    ("mode", "unit", "total"),
    [
        ("HALF_UP", "1", "10328.00"),
        ("CEILING", "1", "10328.00"),
        ("HALF_UP", "100", "10300.00"),
        ("CEILING", "100", "10400.00"),
    ],
)
def test_the_unit_applies_to_the_instalment(mode, unit, total):
    found = rows({**LEVEL, "unit": unit, "instalment_rounding": mode}, YEAR)
    assert found[0]["total"] == total
    assert Decimal(found[0]["interest"]) % Decimal(unit) == 0


def test_the_unit_applies_to_interest_and_equal_part_alike():
    found = rows({**PRINCIPAL, "unit": "100"}, YEAR, principal="125000", count=7)
    assert found[0]["principal"] == "17900.00" and found[-1]["principal"] == "17600.00"
    assert all(Decimal(row["interest"]) % 100 == 0 for row in found)


def test_the_three_roundings_of_a_half_cent():
    given = {"principal": "100.50", "period_rate_pct": "1", "start": "2026-01-01", "count": 2}  # interest 1.005
    convention = {"day_count": "per-period rate", "method": "INTEREST_ONLY_BULLET"}
    for mode, interest in (("HALF_UP", "1.01"), ("HALF_EVEN", "1.00"), ("CEILING", "1.01")):
        assert column("interest", {**convention, "interest_rounding": mode}, given) == [interest] * 2


def test_grace_on_principal_counts_among_the_rows():
    found = rows(LEVEL, YEAR, principal_grace_periods=3)
    assert len(found) == 12
    assert [row["principal"] for row in found[:3]] == ["0.00"] * 3
    assert [row["interest"] for row in found[:3]] == ["600.00"] * 3
    assert {row["total"] for row in found[3:-1]} == {"13668.88"}
    assert found[3]["total"] == rows(LEVEL, YEAR, count=9)[0]["total"]
    parts = column("principal", PRINCIPAL, YEAR, principal_grace_periods=2)
    assert parts == ["0.00"] * 2 + ["12000.00"] * 10


def test_grace_on_interest_moves_its_payment_and_nothing_else():
    plain, moved = rows(LEVEL, YEAR), rows(LEVEL, YEAR, interest_grace_periods=2)
    assert [row["principal"] for row in moved] == [row["principal"] for row in plain]
    assert [row["interest"] for row in moved[:2]] == ["0.00"] * 2
    assert Decimal(moved[2]["interest"]) == sum(Decimal(row["interest"]) for row in plain[:3])
    assert moved[3:] == plain[3:]


def test_grace_on_both_pays_nothing_at_first():
    found = rows(LEVEL, YEAR, principal_grace_periods=2, interest_grace_periods=2)
    assert [row["total"] for row in found[:2]] == ["0.00"] * 2
    assert found[2]["interest"] == "1800.00"
    assert found[-1]["balance"] == "0.00"


def test_a_tranche_solves_the_instalment_anew_from_its_row():
    tranches = [{"date": "2026-01-15", "amount": "60000"}, {"date": "2026-04-15", "amount": "60000"}]
    given = {key: value for key, value in YEAR.items() if key != "principal"}
    found = rows(LEVEL, given, disbursements=tranches)
    first, then = found[:3], found[3:]
    assert {row["total"] for row in first} == {"5163.99"}  # of the first tranche over twelve rows
    assert len({row["total"] for row in then[:-1]}) == 1
    assert abs(Decimal(then[-1]["total"]) - Decimal(then[0]["total"])) <= Decimal("0.12")
    assert found[-1]["balance"] == "0.00"
    assert schedule(LEVEL, {**given, "disbursements": tranches})["totals"]["principal"] == "120000.00"


@pytest.mark.parametrize(("broken", "interest"), [("DAY_COUNT", "460.00"), ("MONTH_FRACTION", "464.52")])
def test_the_parts_of_a_divided_period_follow_the_broken_period(broken, interest):
    tranches = [{"date": "2026-01-01", "amount": "60000"}, {"date": "2026-01-15", "amount": "60000"}]
    given = {"annual_rate_pct": "6", "start": "2026-01-01", "count": 3, "disbursements": tranches}
    found = rows({**LEVEL, "broken_period": broken}, given)
    # 300 for the first over the month; the second over 17 days of 30E/360 (15th to 1st: 16) or 17 of 31
    assert found[0]["interest"] == interest
    assert len({row["total"] for row in found[:-1]}) == 1


def test_the_principal_named_beside_tranches_must_be_their_sum():
    tranches = [{"date": "2026-01-15", "amount": "60000"}, {"date": "2026-04-15", "amount": "60000"}]
    assert rows(LEVEL, YEAR, disbursements=tranches)


def test_a_single_payment_is_one_row_with_simple_interest():
    single = {**LEVEL, "method": "SINGLE_PAYMENT"}
    found = rows(single, YEAR, count=6)
    assert found == [
        {
            "n": 1, "from": "2026-01-15", "due": "2026-07-15", "days": 181, "principal": "120000.00",
            "interest": "3600.00", "total": "123600.00", "balance": "0.00",
        }
    ]  # fmt: skip
    per_period = {"day_count": "per-period rate", "method": "SINGLE_PAYMENT"}
    given = {"principal": "1000", "period_rate_pct": "2", "start": "2026-01-15", "count": 4}
    assert rows(per_period, given)[0]["interest"] == "80.00"


def test_a_fixed_instalment_ends_when_the_debt_ends():
    fixed = {**LEVEL, "method": "FIXED_INSTALMENT"}
    given = {"principal": "1000", "annual_rate_pct": "12", "start": "2026-01-15", "instalment": "300"}
    found = rows(fixed, given)
    assert [row["total"] for row in found] == ["300.00", "300.00", "300.00", "122.48"]
    assert found[-1]["balance"] == "0.00"
    assert [row["total"] for row in rows(fixed, given, count=3)] == ["300.00", "300.00", "421.27"]
    assert rows(fixed, given, count=12) == found


def test_rate_factors_are_read_as_growth_or_as_rates():
    given = {"principal": "100", "start": "2024-01-01", "frequency": "14 DAYS"}
    growth = rows({"method": "EQUAL_INSTALMENT", "day_count": "none"}, given, rate_factors=["1.003647"] * 3)
    rates = rows({"method": "EQUAL_INSTALMENT"}, given, rate_factors=["0.003647"] * 3, count=3)
    assert growth == rates
    assert [row["interest"] for row in growth] == ["0.36", "0.24", "0.12"]
    assert growth[0]["total"] == "33.58"  # the formula rounded once; nothing is searched for


def test_due_dates_on_days_off_move_by_the_products_rule_and_the_grid_stays():
    def weekdays(day):
        return day.weekday() < 5

    given = {**YEAR, "start": "2026-01-31", "count": 4}
    for shift, dues in (
        (Shift.FOLLOWING, ["2026-03-02", "2026-03-31", "2026-04-30", "2026-06-01"]),
        (Shift.MODIFIED_FOLLOWING, ["2026-02-27", "2026-03-31", "2026-04-30", "2026-05-29"]),
        (Shift.PRECEDING, ["2026-02-27", "2026-03-31", "2026-04-30", "2026-05-29"]),
        (Shift.NONE, ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
    ):
        moved = schedule(BULLET, given, DaysOff(shift, weekdays))["rows"]
        assert [row["due"] for row in moved] == dues
        assert [row["interest"] for row in moved] == ["600.00"] * 4
    actual = {**BULLET, "day_count": "ACT/360"}
    kept = schedule(actual, given, DaysOff(Shift.FOLLOWING, weekdays))["rows"]
    moved = schedule(actual, given, DaysOff(Shift.FOLLOWING, weekdays, moves_interest=True))["rows"]
    assert [row["days"] for row in kept] == [28, 31, 30, 31]
    assert [row["days"] for row in moved] == [30, 29, 30, 32]
    assert moved[0]["interest"] == "600.00" and kept[0]["interest"] == "560.00"


def test_days_are_those_of_the_calendar_whatever_the_day_count():
    start = date(2026, 1, 15)
    for row in rows(LEVEL, YEAR):
        due = date.fromisoformat(row["due"])
        assert row["days"] == (due - start).days and row["from"] == str(start)
        start = due
