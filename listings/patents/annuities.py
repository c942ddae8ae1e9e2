"""The annuity calendar of a Chinese patent: what is owed, until when, what lateness costs, when the right is lost.

Implementing Rules of the Patent Law, rule 115: annuities after the grant year are paid before the previous patent
year ends; late payment is open for six months, with 5 % of that year's full fee for every month begun after the
first; unpaid at its end, the right ends as of the due date (Patent Law art. 44). Rule 5: an end of a period on a day
off moves to the next working day. Rule 6: restoration within two months of the notice of loss. Amounts are rows with
validity dates (`FeeRate`). Reductions: 85 % for one holder, 70 % for several (财税〔2016〕78号), on annuities of ten
years from the grant year (财税〔2018〕37号; six before 2018-08-01). The surcharge is always on the full fee.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from marketplace.core.ruling import enforces
from marketplace.core.workdays import WorkCalendar, months_after, years_after

GRACE_MONTHS = 6
SURCHARGE_STEP_PCT = 5
RESTORATION_MONTHS = 2
RESTORATION_FEE = Decimal("1000.00")
REDUCED_YEARS = 10
REDUCED_YEARS_BEFORE = 6
REDUCED_YEARS_CHANGED_ON = date(2018, 8, 1)
REDUCTION_ONE_PCT = 85
REDUCTION_SEVERAL_PCT = 70
COVERED = frozenset({"CN"})
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Rate:
    """A yearly fee for a span of patent years, valid on days from `valid_from` up to and including `valid_to`."""

    patent_kind: str
    first_year: int
    last_year: int
    amount: Decimal
    valid_from: date
    valid_to: date | None = None
    currency: str = "CNY"


@dataclass(frozen=True)
class GraceStep:
    """One month of lateness: the days it covers (both included), the surcharge and the sum then payable."""

    month: int
    first_day: date
    last_day: date
    surcharge_pct: int
    surcharge: Decimal
    total: Decimal


@dataclass(frozen=True)
class AnnuityYear:
    """One patent year: its fee and dates. `state`: registration (paid on grant), paid, late, lost, due or unknown.

    "unknown" stands where the due date has passed and no source says whether it was paid. `on_time_until` is the due
    date moved to a working day; `last_day` ends the grace period. `fee` is what the holder pays, `full_fee` without
    reduction; both None when no rate is known for the year.
    """

    year: int
    begins_on: date
    due_on: date
    on_time_until: date
    last_day: date
    full_fee: Decimal | None
    fee: Decimal | None
    currency: str
    state: str
    paid_on: date | None = None
    grace: tuple[GraceStep, ...] = ()

    def owed_on(self, day: date) -> Decimal | None:
        """Fee and surcharge if paid on `day`; None when the fee is unknown or the grace period is over."""
        if self.fee is None or day > self.last_day:
            return None
        if day <= self.on_time_until:
            return self.fee
        return next((step.total for step in self.grace if day <= step.last_day), None)


@dataclass(frozen=True)
class Calendar:
    """All years of a patent, and the one that matters next (None when nothing is owed any more)."""

    years: tuple[AnnuityYear, ...] = field(default_factory=tuple)
    next_year: AnnuityYear | None = None


def patent_year(filed_on: date, day: date) -> int:
    """The patent year that `day` lies in; years count from the filing date, the first is 1."""
    year = max(1, day.year - filed_on.year)
    return year + 1 if years_after(filed_on, year) <= day else year


def due_on(filed_on: date, year: int) -> date:
    """When the annuity of `year` falls due: the day the previous patent year ends (rule 115)."""
    return years_after(filed_on, year - 1)


@enforces("FEE-GRACE")
def last_day(filed_on: date, year: int, days: WorkCalendar) -> date:
    """The last day to pay `year` with surcharge: six months after the due date, moved to a working day (rules 5 and
    115)."""
    return days.add_months(due_on(filed_on, year), GRACE_MONTHS)


def is_reduced(year: int, grant_year: int, granted_on: date) -> bool:
    """Whether a granted reduction covers this year's annuity: ten years from the grant year, six for older grants.

    A grant whose six years were not over on 2018-08-01 runs on to ten (财税〔2018〕37号 item 3 names those already
    reduced).
    """
    older = granted_on.replace(day=1) < months_after(REDUCED_YEARS_CHANGED_ON, -12 * REDUCED_YEARS_BEFORE)
    return year < grant_year + (REDUCED_YEARS_BEFORE if older else REDUCED_YEARS)


def rate_for(rates: Iterable[Rate], kind: str, year: int, day: date) -> Rate | None:
    """The rate of `year` for a right of `kind` in force on `day`, or None."""
    return next(
        (
            one
            for one in rates
            if one.patent_kind == kind
            and one.first_year <= year <= one.last_year
            and one.valid_from <= day
            and (one.valid_to is None or day <= one.valid_to)
        ),
        None,
    )


def calendar(
    *,
    office: str,
    kind: str,
    filed_on: date | None,
    granted_on: date | None,
    expires_on: date | None,
    on: date,
    rates: Sequence[Rate],
    paid: Mapping[int, date],
    days: WorkCalendar,
    reduction_pct: int = 0,
) -> Calendar | None:
    """The annuities of a granted right, from the grant year to the last year of its term.

    `paid` maps a patent year to the day it was paid. A year before one known to be paid counts as paid: the right
    could not have reached it otherwise. Returns None for offices whose fees we do not hold, and for rights not
    granted or without dates.
    """
    if office not in COVERED or filed_on is None or granted_on is None or expires_on is None or granted_on < filed_on:
        return None
    grant_year = patent_year(filed_on, granted_on)
    # the term's end itself begins no new year
    last_year = patent_year(filed_on, expires_on - timedelta(days=1))
    newest_paid = max(paid, default=0)
    years = []
    for year in range(grant_year, last_year + 1):
        due = granted_on if year == grant_year else due_on(filed_on, year)
        rate = rate_for(rates, kind, year, due) or rate_for(rates, kind, year, on)
        full = None if rate is None else rate.amount
        reduced = reduction_pct if reduction_pct and is_reduced(year, grant_year, granted_on) else 0
        fee = None if full is None else share(full, 100 - reduced)
        until, end = days.roll(due), last_day(filed_on, year, days)
        years.append(
            AnnuityYear(
                year=year,
                begins_on=due_on(filed_on, year),
                due_on=due,
                on_time_until=until,
                last_day=end,
                full_fee=full,
                fee=fee,
                currency=rate.currency if rate else "CNY",
                state=_state(year, grant_year, newest_paid, until, end, on),
                paid_on=paid.get(year),
                grace=() if year == grant_year or full is None or fee is None else grace(due, until, end, full, fee),
            )
        )
    owed = next((one for one in years if one.state in ("due", "late", "unknown") and one.last_day >= on), None)
    return Calendar(tuple(years), owed)


def _state(year: int, grant_year: int, newest_paid: int, until: date, end: date, on: date) -> str:
    if year == grant_year:
        return "registration"
    if year <= newest_paid:
        return "paid"
    if on <= until:
        return "due"
    if not newest_paid:
        return "unknown"
    return "late" if on <= end else "lost"


@enforces("FEE-LATE")
def grace(due: date, until: date, end: date, full_fee: Decimal, fee: Decimal) -> tuple[GraceStep, ...]:
    """The six months of lateness with their surcharge: nothing in the first, then 5, 10, 15, 20 and 25 % of the full
    fee."""
    steps = []
    first = until + timedelta(days=1)
    for month in range(1, GRACE_MONTHS + 1):
        last = end if month == GRACE_MONTHS else months_after(due, month)
        pct = SURCHARGE_STEP_PCT * (month - 1)
        surcharge = share(full_fee, pct)
        steps.append(GraceStep(month, first, last, pct, surcharge, fee + surcharge))
        first = last + timedelta(days=1)
    return tuple(steps)


def share(amount: Decimal, pct: int) -> Decimal:
    """`pct` hundredths of an amount, to the cent, half up."""
    return (amount * pct / 100).quantize(_CENT, rounding=ROUND_HALF_UP)
