"""One exact rate for every row, as whole numbers over one denominator.

A whole period by months is N twelfths of the annual rate under 30/360, even where February clips it; under the actual
day counts every period is its days. A broken period, and each part of a period that a tranche divides, follows
`broken_period`: DAY_COUNT counts its days by the day count; MONTH_FRACTION takes whole months from its first day, and
the days left over as a share of the month they stand in (of a divided period: days of the part ÷ days of the period).
A rate per period has no day count, so it is always shared out in the second way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import gcd, lcm

from loans.schedule.calendar import Frequency, Period, month_index, months_between, on_grid
from loans.schedule.conventions import BY_MONTHS, BrokenPeriod, DayCount, Ratio, leap_days_before, year_fraction


@dataclass(frozen=True, slots=True)
class Rate:
    """What is charged: a rate a year, a rate a period, or one rate for each row. Each a ratio: 4.35 % = 435/10000."""

    annual: Ratio | None = None
    per_period: Ratio | None = None
    of_rows: tuple[Ratio, ...] = ()


@dataclass(slots=True)
class RowRates:
    """`over[i]` / `under` is the rate of row i for what is owed at its start.

    `arrivals[i]` lists what is paid out within row i: the amount, and the numerator of its rate from then to the due
    date. `openings[i]` is what is paid out on the day the row starts.
    """

    over: list[int]
    under: int
    openings: dict[int, int] = field(default_factory=dict)
    arrivals: dict[int, list[tuple[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counting:
    """How time is counted: the day count, the way of broken periods, and the frequency when there is one."""

    day_count: DayCount
    broken: BrokenPeriod
    frequency: Frequency | None

    @property
    def by_months(self) -> bool:
        return self.frequency is None or self.frequency.in_months


def month_share(start: date, end: date) -> Ratio:
    """Months from `start` to `end`: whole ones from the start, then days left ÷ length of the month they begin."""
    anchor, index = start.day, month_index(start)
    months = month_index(end) - index
    if on_grid(index + months, anchor) > end:
        months -= 1
    before, after = on_grid(index + months, anchor), on_grid(index + months + 1, anchor)
    length = (after - before).days
    return months * length + (end - before).days, length


def _annual_share(period: Period, how: Counting) -> Ratio:
    """The share of a year that a whole row counts."""
    if how.day_count not in BY_MONTHS:
        return year_fraction(how.day_count, period.start, period.due)
    if period.months:
        return period.months, 12
    steps_by_days = not how.by_months and period.is_whole
    if how.broken is BrokenPeriod.MONTH_FRACTION and not steps_by_days:
        months, length = month_share(period.start, period.due)
        return months, 12 * length
    return year_fraction(how.day_count, period.start, period.due)


def _period_share(period: Period, how: Counting) -> Ratio:
    """How many periods of a rate per period a whole row counts."""
    if period.is_whole or how.frequency is None:
        return 1, 1
    every = how.frequency.every
    if not how.frequency.in_months:
        return (period.due - period.start).days, every
    if period.months:
        return period.months, every
    months, length = month_share(period.start, period.due)
    return months, every * length


def _shares(periods: Sequence[Period], rate: Rate, how: Counting) -> list[Ratio]:
    """The rate of each row as a ratio."""
    if rate.of_rows:
        return list(rate.of_rows)
    if rate.per_period is not None:
        over, under = rate.per_period
        return [(a * over, b * under) for a, b in (_period_share(one, how) for one in periods)]
    over, under = rate.annual or (0, 1)
    if not over or how.day_count is DayCount.NONE:
        return [(0, 1)] * len(periods)
    if how.day_count is DayCount.ACTUAL_360 or how.day_count is DayCount.ACTUAL_365:
        under *= 360 if how.day_count is DayCount.ACTUAL_360 else 365
        return [((one.due - one.start).days * over, under) for one in periods]
    if how.day_count is DayCount.ACTUAL_ACTUAL:
        # days ÷ 365, less what those in leap years count less: n/365 − l(1/365 − 1/366) = (366n − l) / (365·366)
        leap = [leap_days_before(periods[0].start), *(leap_days_before(one.due) for one in periods)]
        under *= 365 * 366
        return [
            (((one.due - one.start).days * 366 - after + before) * over, under)
            for one, before, after in zip(periods, leap, leap[1:], strict=False)
        ]
    return [(a * over, b * under) for a, b in (_annual_share(one, how) for one in periods)]


def _part_share(period: Period, whole: Ratio, rate: Rate, how: Counting, start: date, end: date) -> Ratio:
    """The rate of a part of a row that a tranche divides."""
    by_days = rate.annual is None or (how.day_count in BY_MONTHS and how.broken is BrokenPeriod.MONTH_FRACTION)
    if by_days or how.day_count is DayCount.NONE:
        return whole[0] * (end - start).days, whole[1] * (period.due - period.start).days
    assert rate.annual is not None
    over, under = year_fraction(how.day_count, start, end)
    return over * rate.annual[0], under * rate.annual[1]


def rates_of(periods: Sequence[Period], rate: Rate, how: Counting, tranches: Sequence[tuple[date, int]]) -> RowRates:
    """The rates of all rows, and what tranches do to them.

    `tranches` are (day, minor units) in order of days, none before the first start nor on or after the last due date.
    """
    shares = _shares(periods, rate, how)
    openings: dict[int, int] = {}
    divided: dict[int, list[tuple[date, int]]] = {}
    at = 0
    for day, amount in tranches:
        while day >= periods[at].due:
            at += 1
        if day == periods[at].start:
            openings[at] = openings.get(at, 0) + amount
        else:
            divided.setdefault(at, []).append((day, amount))
    rests: dict[int, list[tuple[int, Ratio]]] = {}
    for at, arriving in divided.items():
        period = periods[at]
        ends = [*(day for day, _ in arriving[1:]), period.due]
        rest: Ratio = (0, 1)
        rests[at] = []
        for (day, amount), end in zip(reversed(arriving), reversed(ends), strict=True):
            rest = _sum(rest, _part_share(period, shares[at], rate, how, day, end))
            rests[at].insert(0, (amount, rest))
        # what was owed before runs through all the parts, whose days may not add up to the whole period's
        shares[at] = _sum(rest, _part_share(period, shares[at], rate, how, period.start, arriving[0][0]))
    under = lcm(*{under for _, under in shares}, *{part[1] for some in rests.values() for _, part in some})
    over = [a if b == under else a * (under // b) for a, b in shares]
    arrivals = {at: [(amount, part[0] * (under // part[1])) for amount, part in some] for at, some in rests.items()}
    common = gcd(under, *over, *(part for some in arrivals.values() for _, part in some))
    if common > 1:
        under //= common
        over = [one // common for one in over]
        arrivals = {at: [(amount, part // common) for amount, part in some] for at, some in arrivals.items()}
    return RowRates(over, under, openings, arrivals)


def _sum(one: Ratio, other: Ratio) -> Ratio:
    under = lcm(one[1], other[1])
    return one[0] * (under // one[1]) + other[0] * (under // other[1]), under


def accrued(
    periods: Sequence[Period],
    at: int,
    rate: Rate,
    how: Counting,
    owed: int,
    tranches: Sequence[tuple[date, int]],
    day: date,
) -> Ratio:
    """Exact interest of row `at` from its start to a `day` within it: on `owed` at the start and on tranches since."""
    period, whole = periods[at], _shares(periods, rate, how)[at]
    over, under = _part_share(period, whole, rate, how, period.start, day)
    total: Ratio = (over * owed, under)
    for when, amount in tranches:
        if period.start < when < day:
            over, under = _part_share(period, whole, rate, how, when, day)
            total = _sum(total, (over * amount, under))
    return total


def single_period(periods: Sequence[Period], rate: Rate, how: Counting) -> tuple[Period, Rate]:
    """All periods as one, for a loan paid once at its end, with simple interest (利随本清).

    By the year the one long row is counted from its first day to its last; rates per period and rates of rows are added
    up, since interest that is not due is not owed interest on itself.
    """
    first, last = periods[0], periods[-1]
    if len(periods) == 1:
        return first, rate
    months = months_between(first.start, last.due, first.start.day)
    whole = Period(first.start, last.due, months, False, last.payable)
    if rate.annual is not None:
        return whole, rate
    total: Ratio = (0, 1)
    for share in _shares(periods, rate, how):
        total = _sum(total, share)
    return whole, Rate(of_rows=(total,))
