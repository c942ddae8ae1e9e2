"""The annuity calendar against figures worked out by hand from rule 115 and the fee table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from listings.patents import annuities
from listings.patents.annuities import Rate
from marketplace.core.workdays import WorkCalendar

DAYS = WorkCalendar()
OPEN = date(2001, 1, 1)
INVENTION = [
    Rate("invention", 1, 3, Decimal(900), OPEN),
    Rate("invention", 4, 6, Decimal(1200), OPEN),
    Rate("invention", 7, 9, Decimal(2000), OPEN),
    Rate("invention", 10, 12, Decimal(4000), OPEN),
    Rate("invention", 13, 15, Decimal(6000), OPEN),
    Rate("invention", 16, 20, Decimal(8000), OPEN),
]


def of(on: date, paid=None, reduction_pct=0, **told):
    base = {
        "office": "CN",
        "kind": "invention",
        "filed_on": date(2019, 6, 18),
        "granted_on": date(2021, 3, 23),
        "expires_on": date(2039, 6, 18),
    }
    return annuities.calendar(
        **{**base, **told}, on=on, rates=INVENTION, paid=paid or {}, days=DAYS, reduction_pct=reduction_pct
    )


def test_years_run_from_the_grant_year_to_the_end_of_the_term():
    years = of(date(2026, 11, 23)).years
    assert [years[0].year, years[-1].year] == [2, 20]  # granted in the second year, twenty years in all
    assert years[0].state == "registration"
    assert years[1].due_on == date(2021, 6, 18)
    assert years[-1].due_on == date(2038, 6, 18)


@pytest.mark.parametrize(
    ("year", "fee"),
    [
        (2, 900),
        (3, 900),
        (4, 1200),
        (6, 1200),
        (7, 2000),
        (9, 2000),
        (10, 4000),
        (12, 4000),
        (13, 6000),
        (15, 6000),
        (16, 8000),
        (20, 8000),
    ],
)
def test_fees_step_as_the_table_says(year, fee):
    assert next(one for one in of(date(2026, 11, 23)).years if one.year == year).fee == Decimal(fee)


@pytest.mark.rule("FEE-LATE")
def test_lateness_costs_nothing_in_the_first_month_and_then_five_percent_a_month():
    year = next(one for one in of(date(2026, 7, 1), {7: date(2025, 6, 1)}).years if one.year == 8)
    assert year.state == "late"
    assert [step.surcharge_pct for step in year.grace] == [0, 5, 10, 15, 20, 25]
    assert [step.total for step in year.grace] == [
        Decimal(n) for n in ("2000.00", "2100.00", "2200.00", "2300.00", "2400.00", "2500.00")
    ]
    assert [step.last_day for step in year.grace] == [
        date(2026, 7, 18),
        date(2026, 8, 18),
        date(2026, 9, 18),
        date(2026, 10, 18),
        date(2026, 11, 18),
        date(2026, 12, 18),
    ]
    assert year.owed_on(date(2026, 6, 18)) == Decimal("2000.00")
    assert year.owed_on(date(2026, 7, 19)) == Decimal("2100.00")
    assert year.owed_on(date(2026, 12, 18)) == Decimal("2500.00")
    assert year.owed_on(date(2026, 12, 19)) is None


def test_ends_of_periods_move_to_working_days():
    # 2023-06-18 was a Sunday; 2023-12-18 a Monday. Filed 2019-10-01: due on National Day, moved behind the holidays.
    sunday = next(one for one in of(date(2023, 1, 1)).years if one.due_on == date(2023, 6, 18))
    assert sunday.on_time_until == date(2023, 6, 19)
    holiday = next(
        one
        for one in of(date(2023, 1, 1), filed_on=date(2019, 10, 1), expires_on=date(2039, 10, 1)).years
        if one.due_on == date(2022, 10, 1)
    )
    assert holiday.on_time_until == date(2022, 10, 8)  # a Saturday worked in exchange


def test_a_reduction_lowers_the_fee_but_not_the_surcharge():
    year = next(one for one in of(date(2026, 7, 1), {7: date(2025, 6, 1)}, 85).years if one.year == 8)
    assert (year.full_fee, year.fee) == (Decimal(2000), Decimal("300.00"))
    assert year.grace[-1].total == Decimal("800.00")  # 300 + 25 % of 2000


def test_a_reduction_ends_after_ten_years_from_the_grant_year():
    years = {one.year: one for one in of(date(2026, 11, 23), reduction_pct=70).years}
    assert years[11].fee == Decimal("1200.00")
    assert years[12].fee == Decimal("4000.00")


def test_payments_tell_paid_from_due_and_a_later_one_covers_the_earlier():
    years = {one.year: one.state for one in of(date(2026, 11, 23), {8: date(2026, 6, 1)}).years}
    assert years[7] == years[8] == "paid"
    assert years[9] == "due"


def test_without_payments_the_past_is_unknown_and_not_unpaid():
    years = {one.year: one.state for one in of(date(2026, 11, 23)).years}
    assert years[5] == "unknown"
    assert years[9] == "due"


def test_other_offices_and_applications_are_not_covered():
    assert of(date(2026, 1, 1), office="US") is None
    assert of(date(2026, 1, 1), granted_on=None) is None


def test_the_patent_year_turns_on_the_filing_day():
    assert annuities.patent_year(date(2019, 6, 18), date(2020, 6, 17)) == 1
    assert annuities.patent_year(date(2019, 6, 18), date(2020, 6, 18)) == 2
    assert annuities.patent_year(date(2019, 6, 18), date(2019, 6, 18)) == 1
    assert annuities.patent_year(date(2016, 2, 29), date(2017, 2, 28)) == 2
