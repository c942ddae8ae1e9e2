"""The days on which a loan falls due.

Monthly dates keep the anchor day and are clipped to months that have none: a loan of 31 January falls due at every
month's end, and after February on the 31st again. The anchor is the start's day; a first due date off that grid sets
its own. A period is *whole* when both its ends stand on the grid, and broken otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

from loans.schedule.conventions import days_in_month
from loans.schedule.refusals import Contradiction, OutOfOrder, TooManyRows, Unknown
from marketplace.core.errors import OutOfRange

MOST_ROWS = 1200
LAST_YEAR = 2400  # 1200 rows of any frequency that a contract may name end before; beyond it the terms are a mistake
_FREQUENCY = re.compile(r"(?:(\d{1,4}) )?(MONTH|DAY)S?")


@dataclass(frozen=True, slots=True)
class Frequency:
    """Every so many months, or every so many days."""

    every: int
    in_months: bool

    @classmethod
    def read(cls, text: str) -> Frequency:
        """From `MONTH`, `3 MONTHS` or `14 DAYS`. Raises Unknown, OutOfRange."""
        found = _FREQUENCY.fullmatch(text)
        if not found:
            raise Unknown(field="input.frequency", known="MONTH, N MONTHS, N DAYS")
        every = int(found[1] or 1)
        if not 1 <= every <= 3660:
            raise OutOfRange(field="input.frequency", range="1 – 3660")
        return cls(every, found[2] == "MONTH")


class Period(NamedTuple):
    """From a day to the day it is paid on.

    `months` is the number of whole months it counts (0 when broken, or when the loan does not run by months);
    `is_whole` says whether it is a full step of the frequency, or of the dates given. `payable` is later than `due`
    when a day off moved the payment and not the interest.
    """

    start: date
    due: date
    months: int
    is_whole: bool
    payable: date | None = None

    @property
    def paid_on(self) -> date:
        return self.payable or self.due


def month_index(day: date) -> int:
    return day.year * 12 + day.month - 1


@lru_cache(maxsize=65_536)
def on_grid(index: int, anchor: int) -> date:
    """The anchor day of the month with this index, clipped to its length. Raises TooManyRows past the last year."""
    year, month = divmod(index, 12)
    month += 1
    if year > LAST_YEAR:
        raise TooManyRows(most=MOST_ROWS)
    return date(year, month, anchor if anchor < 29 else min(anchor, days_in_month(year, month)))


def stands_on(day: date, anchor: int) -> bool:
    """Whether `day` is the anchor day of its month, or the month's end where the month has none."""
    return day.day == anchor or (day.day < anchor and day.day == days_in_month(day.year, day.month))


def months_between(start: date, end: date, anchor: int) -> int:
    """Whole months from `start` to `end`, both on the grid of `anchor`; 0 when either is off it."""
    if stands_on(start, anchor) and stands_on(end, anchor):
        return month_index(end) - month_index(start)
    return 0


def anchor_of(start: date, first_due: date | None) -> int:
    """The day of the month on which a loan falls due: the start's, unless a first due date stands off its grid."""
    return start.day if first_due is None or stands_on(first_due, start.day) else first_due.day


def whole_periods(start: date, frequency: Frequency, count: int, first_due: date | None = None) -> list[Period]:
    """`count` periods from `start`; only the first may be broken, when `first_due` says so. Raises OutOfOrder."""
    if first_due is not None and first_due <= start:
        raise OutOfOrder(field="input.first_due")
    every = frequency.every
    if not frequency.in_months:
        step = timedelta(days=every)
        due = first_due or _later(start, step)
        periods = [Period(start, due, 0, due - start == step)]
        for _ in range(count - 1):
            due, previous = _later(due, step), due
            periods.append(Period(previous, due, 0, True))
        return periods
    anchor = anchor_of(start, first_due)
    periods = []
    if first_due is not None:
        # by the start's own day: from 28 February to 31 March is more than a month, though both are month ends
        months = months_between(start, first_due, start.day)
        periods = [Period(start, first_due, months, months == every)]
        start = first_due
    index = month_index(start)
    steps = range(index + every, index + every * (count - len(periods)) + 1, every)
    if (index + len(steps) * every) // 12 > LAST_YEAR:
        raise TooManyRows(field="input.count", most=MOST_ROWS)
    dues = [on_grid(step, anchor) for step in steps]
    whole = zip([start, *dues], dues, repeat(every), repeat(True), repeat(None), strict=False)
    periods += map(Period._make, whole)
    return periods


def periods_until(start: date, frequency: Frequency, maturity: date, first_due: date | None = None) -> list[Period]:
    """Periods up to `maturity`; what is left over at the end is a broken last period.

    Raises OutOfOrder when the maturity does not follow the start and the first due date; TooManyRows.
    """
    if maturity <= start or (first_due is not None and maturity < first_due):
        raise OutOfOrder(field="input.maturity")
    days = (maturity - start).days
    # the shortest month has 28 days, so this many steps always reach the maturity
    count = days // (frequency.every * 28 if frequency.in_months else frequency.every) + 2
    if count > 2 * MOST_ROWS:
        raise TooManyRows(most=MOST_ROWS)
    periods = [one for one in whole_periods(start, frequency, count, first_due) if one.start < maturity]
    return with_last_due(periods, maturity, anchor_of(start, first_due) if frequency.in_months else None)


def with_last_due(periods: list[Period], maturity: date, anchor: int | None) -> list[Period]:
    """The periods with the last one ending on `maturity` instead; it may still count whole months of `anchor`.

    Raises OutOfOrder when the maturity would not follow.
    """
    last = periods[-1]
    if maturity == last.due:
        return periods
    if maturity <= last.start:
        raise OutOfOrder(field="input.maturity")
    months = months_between(last.start, maturity, anchor) if anchor else 0
    return [*periods[:-1], Period(last.start, maturity, months, False)]


def given_periods(dates: Sequence[tuple[date, date]], frequency: Frequency | None, field: str) -> list[Period]:
    """Periods as the caller lists them, each from the day the one before falls due.

    By months, a listed period is whole when it runs from anchor to anchor, where the anchor is the start's day or the
    latest day on which anything falls due: so month ends listed one by one count as the same months that a frequency
    would give. Raises OutOfOrder, Contradiction.
    """
    before: date | None = None
    for at, (start, due) in enumerate(dates):
        if due <= start:
            raise OutOfOrder(field=f"{field}[{at}]")
        if before is not None and start != before:
            raise Contradiction(field=f"{field}[{at}].from", other=f"{field}[{at - 1}].due")
        before = due
    anchors = (dates[0][0].day, max(due.day for _, due in dates))
    periods = []
    for start, due in dates:
        months = next((found for anchor in anchors if (found := months_between(start, due, anchor))), 0)
        is_whole = True
        if frequency is not None:
            is_whole = months == frequency.every if frequency.in_months else (due - start).days == frequency.every
        periods.append(Period(start, due, months, is_whole))
    return periods


def _later(day: date, step: timedelta) -> date:
    later = day + step
    if later.year > LAST_YEAR:
        raise TooManyRows(most=MOST_ROWS)
    return later


class Shift(StrEnum):
    """What a product does with a due date on a day off."""

    NONE = "none"
    FOLLOWING = "following"
    MODIFIED_FOLLOWING = "modified_following"
    PRECEDING = "preceding"


@dataclass(frozen=True)
class DaysOff:
    """A product's rule for days off: the shift, which days are worked, and whether interest runs to the moved day.

    The grid stays where it was, so one day off never moves the dates after it.
    """

    shift: Shift
    is_workday: Callable[[date], bool]
    moves_interest: bool = False


def shifted(periods: Sequence[Period], rule: DaysOff) -> list[Period]:
    """The periods with due dates moved off days not worked. Raises ValueError when a month holds no working day."""
    if rule.shift is Shift.NONE:
        return list(periods)
    moved: list[Period] = []
    for one in periods:
        paid_on = _moved(one.due, rule)
        if not rule.moves_interest:
            moved.append(one._replace(payable=paid_on if paid_on != one.due else None))
            continue
        start = moved[-1].due if moved else one.start
        if paid_on <= start:
            raise OutOfOrder(field="input.frequency")
        moved.append(one._replace(start=start, due=paid_on))
    return moved


def _moved(day: date, rule: DaysOff) -> date:
    back = _nearest(day, -1, rule)
    if rule.shift is Shift.PRECEDING:
        return back
    ahead = _nearest(day, 1, rule)
    if rule.shift is Shift.MODIFIED_FOLLOWING and ahead.month != day.month:
        return back
    return ahead


def _nearest(day: date, step: int, rule: DaysOff) -> date:
    for _ in range(60):
        if rule.is_workday(day):
            return day
        day += timedelta(days=step)
    raise ValueError(f"No working day within sixty days of {day}.")
