"""The schedule a loan follows for a time, and the next one when something changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from loans.schedule.amortise import Method
from loans.schedule.calendar import DaysOff
from loans.schedule.conventions import Rounding, rounder
from loans.schedule.entry import Plan, plan_of
from loans.schedule.rates import accrued
from loans.schedule.terms import Terms, read_terms
from loans.servicing.happenings import Early

#: Keys of the input that say when and how much; each schedule of a loan has its own.
OF_THE_TIME = (
    "principal",
    "disbursements",
    "start",
    "count",
    "maturity",
    "first_due",
    "periods",
    "due_dates",
    "instalment",
    "principal_grace_periods",
    "interest_grace_periods",
)


@dataclass(frozen=True, slots=True)
class Course:
    """One schedule in force: as it was asked for, as read, and its rows."""

    convention: Mapping[str, Any]
    input: Mapping[str, Any]
    terms: Terms
    plan: Plan

    def owed_at_start(self, row: int) -> int:
        """Cents owed by the schedule when row `row` starts, what is paid out that day included."""
        before = int(self.plan.rows[row - 1][2]) if row else 0
        start = self.plan.periods[row].start
        return before + sum(amount for day, amount in self.plan.tranches if day == start)

    def owed_on(self, row: int, day: date) -> int:
        """Cents owed by the schedule on a day within row `row`."""
        start = self.plan.periods[row].start
        return self.owed_at_start(row) + sum(amount for when, amount in self.plan.tranches if start < when <= day)

    def accrued(self, row: int, day: date) -> int:
        """Cents of interest from the start of row `row` to a day within it, at most the row's own interest."""
        period = self.plan.periods[row]
        if day <= period.start:
            return 0
        own = int(self.plan.rows[row][1])
        if day >= period.due:
            return own
        terms = self.terms
        over, under = accrued(
            self.plan.periods, row, self.plan.rate, terms.counting, self.owed_at_start(row), self.plan.tranches, day
        )
        return int(rounder(terms.manner.interest_rounding, terms.manner.unit, under)(over))


def course(convention: Mapping[str, Any], given: Mapping[str, Any], days_off: DaysOff | None) -> Course:
    """Raises BadInput; ValueError for money finer than the cent or never rounded, which no ledger can hold."""
    terms = read_terms(convention, given)
    if terms.digits != 2 or Rounding.NONE in (terms.manner.interest_rounding, terms.manner.instalment_rounding):
        raise ValueError("A loan is serviced in whole cents.")
    return Course(convention, given, terms, plan_of(terms, days_off))


def after_early(now: Course, row: int, day: date, balance: int, how: Early, days_off: DaysOff | None) -> Course:
    """The schedule from `day`, within row `row`, for `balance` cents still owed after an early repayment.

    Due dates stay. SHORTER keeps the instalment (or the equal part of principal) and needs fewer of them; SMALLER keeps
    them all and solves the instalment anew. Where principal is paid at the end only, the two are the same.
    """
    method = now.terms.manner.method
    dues = [one.due for one in now.plan.periods[row:]]
    convention: dict[str, Any] = dict(now.convention)
    given = _lasting(now)
    graces = (now.terms.manner.principal_grace, now.terms.manner.interest_grace)
    given["principal_grace_periods"], given["interest_grace_periods"] = (max(0, grace - row) for grace in graces)
    if method in (Method.EQUAL_INSTALMENT, Method.FIXED_INSTALMENT):
        if how is Early.SHORTER:
            convention["method"] = Method.FIXED_INSTALMENT.value
            given["instalment"] = money(_instalment(now, max(row, now.terms.manner.principal_grace)))
        else:
            convention["method"] = Method.EQUAL_INSTALMENT.value
    elif method is Method.EQUAL_PRINCIPAL and how is Early.SHORTER:
        part = int(now.plan.rows[max(row, now.terms.manner.principal_grace)][0])
        later = sum(amount for when, amount in now.plan.tranches if when > day)
        dues = dues[: max(1, given["principal_grace_periods"] + -(-(balance + later) // part))] if part else dues
    given["start"], given["due_dates"] = day, dues
    given["disbursements"] = _paid_out(now, day, balance)
    return course(convention, given, days_off)


def restructured(
    now: Course, row: int, day: date, balance: int, changes: Mapping[str, Any], convention: Mapping[str, Any],
    days_off: DaysOff | None,
) -> Course:  # fmt: skip
    """The schedule agreed anew from `day` for `balance` cents. Due dates stay unless `changes` names other ones."""
    given = {**_lasting(now), **changes, "start": day, "disbursements": _paid_out(now, day, balance)}
    if not any(key in changes for key in ("count", "maturity", "due_dates", "periods")):
        given["due_dates"] = [one.due for one in now.plan.periods[row:]]
    return course({**now.convention, **convention}, given, days_off)


def _lasting(now: Course) -> dict[str, Any]:
    """The input without what belongs to its own time. Raises ValueError where each row had a rate of its own."""
    if now.terms.rate.of_rows:
        raise ValueError("A loan with one rate for each row cannot be planned anew.")
    given = {key: value for key, value in now.input.items() if key not in OF_THE_TIME}
    given.setdefault("frequency", "MONTH")
    return given


def _instalment(now: Course, row: int) -> int:
    """The instalment in force in row `row`; of the last row its total, which is what is left."""
    if now.terms.manner.method is Method.FIXED_INSTALMENT:
        return now.terms.manner.instalment
    principal, interest, _ = now.plan.rows[min(row, len(now.plan.rows) - 1)]
    return int(principal + interest)


def _paid_out(now: Course, day: date, balance: int) -> Sequence[Mapping[str, Any]]:
    later = [{"date": when, "amount": money(amount)} for when, amount in now.plan.tranches if when > day]
    return [{"date": day, "amount": money(balance)}, *later] if balance else later


def money(cents: int) -> str:
    """Cents as decimal text."""
    return f"{cents // 100}.{cents % 100:02d}"
