"""Days as places on the line of a day count, so that the interest of a row up to any day is one product.

Under every day count kept here the share of a year between two days is the difference of their places over a constant:
ACT counts days, 30E/360 counts 30 a month, ACT/ACT-ISDA counts 366ths of a day outside leap years and 365ths within.
30U/360 looks at both ends of a period together and has no such line; a rate per period has no days at all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from loans.schedule.conventions import DayCount, Rounding, leap_days_before
from loans.schedule.terms import Terms
from loans.servicing.contract import Contract
from loans.servicing.planning import Course

#: Amounts of a close are computed in 64 bits; a loan whose products could leave them is closed by the replay.
WIDE = 2**62
LONGEST_DAYS = 366 * 12


def _thirty(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)


#: (number in the database, place of a day, what a whole year counts)
LINES: dict[DayCount, tuple[int, Callable[[date], int], int]] = {
    DayCount.ACTUAL_360: (1, date.toordinal, 360),
    DayCount.ACTUAL_365: (2, date.toordinal, 365),
    DayCount.EUROPEAN_30_360: (3, _thirty, 360),
    DayCount.TWELFTH: (4, _thirty, 360),
    DayCount.ACTUAL_ACTUAL: (5, lambda day: day.toordinal() * 366 - leap_days_before(day), 365 * 366),
}
NO_LINE = 0


def places_of(day: date) -> list[int]:
    """The place of a day on each line, in the order of their numbers from 1."""
    return [place(day) for _, place, _ in sorted(LINES.values(), key=lambda one: one[0])]


def rate_of(terms: Terms) -> tuple[int, int, int] | None:
    """(line, numerator, denominator) with interest = opening × places × numerator ÷ denominator, or None.

    None where a row's interest is no such product: rates of rows or periods, 30U/360, parts of a month shared out.
    """
    line = LINES.get(terms.counting.day_count)
    if line is None or terms.rate.annual is None or terms.counting.broken.value == "MONTH_FRACTION":
        return None
    over, under = terms.rate.annual
    return line[0], over, under * line[2]


def is_plain(course: Course, contract: Contract) -> bool:
    """Claims that the close of a day can be computed from the rows alone, in 64 bits."""
    terms = course.terms
    rate = rate_of(terms)
    if rate is None or len(course.plan.tranches) > 1:
        return False
    if terms.manner.interest_rounding is not Rounding.HALF_UP or terms.manner.unit != 1:
        return False
    most = max((sum(row[:2]) for row in course.plan.rows), default=0) + sum(
        amount for _, amount in course.plan.tranches
    )
    scale = 366 if rate[0] == LINES[DayCount.ACTUAL_ACTUAL][0] else 1
    penal, _ = contract.penalty.daily
    return 2 * int(most) * LONGEST_DAYS * max(rate[1] * scale, penal) < WIDE


def place_on_line(terms: Terms, day: date) -> int:
    """The place of a day on the line of the terms' day count; 0 where it has none."""
    line = LINES.get(terms.counting.day_count)
    return line[1](day) if line else NO_LINE
