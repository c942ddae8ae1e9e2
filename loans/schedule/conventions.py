"""What share of a year lies between two days, and how a figure is rounded.

30E/360 and 30U/360 follow ISDA 2006 §4.16(g) and the SIFMA rule; ACT/ACT is the ISDA one, which divides at 1 January
(the days of a leap year count 366ths, all others 365ths). The answers are ratios of whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

Ratio = tuple[int, int]
#: Minor units; a Fraction only under Rounding.NONE, where nothing is rounded before the answer is written down.
Amount = int | Fraction


class DayCount(StrEnum):
    EUROPEAN_30_360 = "30E/360"
    AMERICAN_30_360 = "30U/360"
    ACTUAL_360 = "ACT/360"
    ACTUAL_365 = "ACT/365"
    ACTUAL_ACTUAL = "ACT/ACT-ISDA"
    TWELFTH = "rate/12 per month"
    PER_PERIOD = "per-period rate"
    NONE = "none"


#: Those that count a whole month as a twelfth, whatever its length and wherever the end of a short month clips the day.
BY_MONTHS = frozenset({DayCount.EUROPEAN_30_360, DayCount.AMERICAN_30_360, DayCount.TWELFTH})


class Rounding(StrEnum):
    HALF_UP = "HALF_UP"
    HALF_EVEN = "HALF_EVEN"
    CEILING = "CEILING"
    NONE = "NONE"


class BrokenPeriod(StrEnum):
    DAY_COUNT = "DAY_COUNT"
    MONTH_FRACTION = "MONTH_FRACTION"


def days_30e(start: date, end: date) -> int:
    """Days of 30E/360: the 31st is the 30th, at both ends."""
    first, last = min(start.day, 30), min(end.day, 30)
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def _ends_february(day: date) -> bool:
    return day.month == 2 and day.day == days_in_month(day.year, 2)


def days_30u(start: date, end: date) -> int:
    """Days of 30U/360: the end of February is the 30th where a period starts; so is the 31st after a late start."""
    first, last = start.day, end.day
    if _ends_february(start):
        if _ends_february(end):
            last = 30
        first = 30
    if last == 31 and first >= 30:
        last = 30
    first = min(first, 30)
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@lru_cache(maxsize=65_536)
def leap_days_before(day: date) -> int:
    """How many days of leap years lie between the year 1 and `day`. Loans share their days, so answers are kept."""
    before = day.year - 1
    years = before // 4 - before // 100 + before // 400
    return years * 366 + ((day - date(day.year, 1, 1)).days if is_leap(day.year) else 0)


def year_fraction(day_count: DayCount, start: date, end: date) -> Ratio:
    """The share of a year from `start` to `end`, as (numerator, denominator), by the days alone.

    A twelfth per month has no days of its own; what is no whole month of it is counted as 30E/360 counts.
    """
    if day_count is DayCount.ACTUAL_365:
        return (end - start).days, 365
    if day_count is DayCount.ACTUAL_360:
        return (end - start).days, 360
    if day_count is DayCount.ACTUAL_ACTUAL:
        leap = leap_days_before(end) - leap_days_before(start)
        return ((end - start).days - leap) * 366 + leap * 365, 365 * 366
    if day_count is DayCount.AMERICAN_30_360:
        return days_30u(start, end), 360
    return days_30e(start, end), 360


def rounder(mode: Rounding, unit: int, under: int) -> Callable[[Amount], Amount]:
    """A function that rounds numerator ÷ `under`, neither below 0, to a multiple of `unit`, in minor units."""
    whole, half, double = under * unit, under * unit, 2 * under * unit

    def half_even(over: Amount) -> Amount:
        times, rest = divmod(over, whole)
        past_half = 2 * rest - whole
        return (times + (past_half > 0 or (past_half == 0 and times % 2 == 1))) * unit

    # 2x/2u, so that adding the half stays whole
    return {
        Rounding.HALF_UP: lambda over: (2 * over + half) // double * unit,
        Rounding.HALF_EVEN: half_even,
        Rounding.CEILING: lambda over: -(-over // whole) * unit,
        Rounding.NONE: lambda over: Fraction(over) / under,
    }[mode]
