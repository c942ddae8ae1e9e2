"""A whole book of loans at once, to the cent the same as one by one.

Arrays are (rows, loans) of int64 cents, so that each step reads a line of memory. A rate is a whole numerator over the
loan's denominator, as in rates.py. Interest is exact: a product of two int64 is divided by a third, and a loan whose
products could leave int64 is computed alone, in whole numbers of any size. The instalment needs products that no
machine word holds; it is estimated in floating point together with a bound on the estimate's error, and wherever the
bound reaches across a half cent the loan's instalment is computed exactly. So no rounding ever rests on an estimate.
Rounding is HALF_UP to the cent, which is what the market's products use; other roundings go through the full entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from loans.schedule.amortise import Manner, Method, amortise, level_instalment
from loans.schedule.conventions import DayCount, Rounding
from loans.schedule.rates import RowRates

Cents = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
#: Products below this leave room for one more addition in int64.
WIDE = 2**61
#: Loans worked on together: their lines stay in the processor's cache.
TOGETHER = 16_384
EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Book:
    """What the loans of a book have: `principal` (loans,), `over` (rows, loans), `under` (loans,), `counts` (loans,).

    `counts` is the number of rows of each loan; numerators past it must be 0. `instalment` is that of FIXED_INSTALMENT.
    """

    principal: Cents
    over: Cents
    under: Cents
    counts: Cents
    instalment: Cents | None = None


@dataclass(frozen=True, slots=True)
class BookRows:
    """(rows, loans) of cents; zero past a loan's last row. `lent` is what each loan began with."""

    interest: Cents
    balance: Cents
    lent: Cents

    @property
    def principal(self) -> Cents:
        """What each row repays: by how much it lowers the balance."""
        return -np.diff(self.balance, axis=0, prepend=self.lent[np.newaxis])


def schedule_book(method: Method, book: Book) -> BookRows:
    """The rows of every loan, all by one method; a SINGLE_PAYMENT book has one row a loan.

    Raises ValueError when a fixed instalment is below a row's interest.
    """
    shape = book.over.shape
    rows = BookRows(np.zeros(shape, np.int64), np.zeros(shape, np.int64), book.principal)
    for first in range(0, shape[1], TOGETHER):
        _some(method, book, rows, slice(first, min(first + TOGETHER, shape[1])))
    return rows


def _some(method: Method, book: Book, rows: BookRows, at: slice) -> None:
    principal, over, under, counts = book.principal[at], book.over[:, at], book.under[at], book.counts[at]
    last = counts - 1
    longest = int(counts.max(initial=0))
    # balance·rate + denominator must fit, with room to spare; the balance never exceeds the principal but where an
    # instalment is below the interest, and those loans are sent the long way too
    wide = principal.astype(np.float64) * (2.0 * over.max(axis=0, initial=0)) + under >= WIDE
    if method is Method.EQUAL_INSTALMENT:
        part = _instalments(principal, over, under, counts, wide)
        first_interest = np.where(wide, 0, principal * over[0] // under)
        wide |= part <= first_interest + 1
    elif method is Method.EQUAL_PRINCIPAL:
        part = (2 * principal + counts) // (2 * counts)
    elif method is Method.FIXED_INSTALMENT:
        if book.instalment is None:
            raise ValueError("A book of fixed instalments names them.")
        part = book.instalment[at]
    else:
        part = np.zeros_like(principal)
    balance = principal
    shortest_last = int(last.min(initial=0))
    repays_at_end = method in (Method.INTEREST_ONLY_BULLET, Method.SINGLE_PAYMENT)
    # half up is (x + u//2)//u for whole x: where u is odd there is no tie to decide
    half, divisor = (under // 2).view(np.uint64), under.view(np.uint64)
    repaid = np.zeros_like(principal)
    # unsigned, since a division that need not floor towards minus infinity is the cheaper one; what leaves the words
    # is of wide loans, which are overwritten below
    for row in range(longest):
        charged = (balance * over[row]).view(np.uint64)
        charged += half
        interest = rows.interest[row, at]
        np.floor_divide(charged, divisor, out=interest.view(np.uint64))
        if not repays_at_end:
            if method is Method.EQUAL_PRINCIPAL:
                np.minimum(part, balance, out=repaid)
            else:
                np.subtract(part, interest, out=repaid)
                if method is Method.FIXED_INSTALMENT and ((repaid < 0) & (row < last) & ~wide).any():
                    raise ValueError("A fixed instalment is below the interest of a row.")
                np.minimum(repaid, balance, out=repaid)
        if row >= shortest_last:
            np.copyto(repaid, balance, where=row >= last)
        np.subtract(balance, repaid, out=rows.balance[row, at])
        balance = rows.balance[row, at]
    for one in np.flatnonzero(wide):
        _alone(method, book, rows, at.start + int(one))


def _instalments(principal: Cents, over: Cents, under: Cents, counts: Cents, wide: npt.NDArray[np.bool_]) -> Cents:
    """P·Π(1+rᵢ)/Fₙ of each loan, rounded half up.

    Each step of the two recurrences multiplies by a rounded 1+r and rounds again, so after n rows the relative error of
    either is below 2n·ε, and that of the quotient below (4n + 4)·ε; the bound taken is twice that.
    """
    longest, shortest = int(counts.max(initial=0)), int(counts.min(initial=0))
    growth = np.ones(principal.shape)
    weight = np.zeros(principal.shape)
    step = np.empty(principal.shape)
    under_float = under.astype(np.float64)
    for row in range(longest):
        np.divide(over[row], under_float, out=step)
        step += 1.0
        if row >= shortest:
            live = row < counts
            growth = np.where(live, growth * step, growth)
            weight = np.where(live, weight * step + 1.0, weight)
        else:
            growth *= step
            weight *= step
            weight += 1.0
    estimate = principal * (growth / weight)
    bound = estimate * ((8 * longest + 8) * EPSILON)
    shifted = estimate + 0.5
    nearest = np.floor(shifted)
    doubtful = (shifted - nearest <= bound) | (nearest + 1.0 - shifted <= bound) | wide
    part = nearest.astype(np.int64)
    for one in np.flatnonzero(doubtful):
        rates = RowRates([int(value) for value in over[: counts[one], one]], int(under[one]))
        value, scale = level_instalment(rates, 0, int(principal[one]))
        part[one] = (2 * int(value) + scale) // (2 * scale)
    return part


def _alone(method: Method, book: Book, rows: BookRows, at: int) -> None:
    """One loan in whole numbers of any size."""
    count = int(book.counts[at])
    rates = RowRates([int(value) for value in book.over[:count, at]], int(book.under[at]), {0: int(book.principal[at])})
    fixed = int(book.instalment[at]) if book.instalment is not None else 0
    manner = Manner(method, 1, Rounding.HALF_UP, Rounding.HALF_UP, instalment=fixed)
    done = amortise(manner, rates)
    rows.interest[:, at] = rows.balance[:, at] = 0
    for row, (_, interest, balance) in enumerate(done):
        rows.interest[row, at], rows.balance[row, at] = interest, balance


def rates_of_book(
    day_count: DayCount, annual_rates_pct: Sequence[Decimal], starts: Days, dues: Days, months: int
) -> tuple[Cents, Cents]:
    """Numerators (rows, loans) and denominators (loans,) of whole periods of `months` months.

    `starts` and `dues` are (rows, loans) of days. Denominators are brought to lowest terms where that is cheap, so that
    products stay within int64.
    """
    ratios = [one.as_integer_ratio() for one in annual_rates_pct]
    over = np.array([a for a, _ in ratios], np.int64)
    under = np.array([b * 100 for _, b in ratios], np.int64)
    days = (dues - starts).astype("timedelta64[D]").astype(np.int64)
    if day_count is DayCount.NONE:
        return np.zeros_like(days), np.ones_like(under)
    if day_count is DayCount.PER_PERIOD:
        shares, parts = np.ones_like(days), 1
    elif day_count is DayCount.ACTUAL_360:
        shares, parts = days, 360
    elif day_count is DayCount.ACTUAL_365:
        shares, parts = days, 365
    elif day_count is DayCount.ACTUAL_ACTUAL:
        leap = _leap_days(dues) - _leap_days(starts)
        shares, parts = (days - leap) * 366 + leap * 365, 365 * 366
    else:
        shares, parts = np.full_like(days, months), 12
    numerators, denominators = shares * over, under * parts
    common = np.gcd(np.gcd.reduce(numerators, axis=0), denominators)
    return numerators // common, denominators // common


def _leap_days(days: Days) -> Cents:
    """Days before each day, since the year 0, that lie in leap years."""
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    before = year - 1
    leap_years = before // 4 - before // 100 + before // 400
    within = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return leap_years * 366 + np.where(is_leap, within, 0)
