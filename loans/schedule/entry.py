"""The one door to schedules: the API, the command, products, applications and live loans all come through here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import count
from typing import Any

from loans.schedule import calendar
from loans.schedule.amortise import Method, Row, amortise
from loans.schedule.calendar import MOST_ROWS, DaysOff, Period
from loans.schedule.conventions import Amount
from loans.schedule.rates import Rate, rates_of, single_period
from loans.schedule.refusals import NotReadable, TooManyRows
from loans.schedule.terms import Terms, read_terms
from marketplace.core.errors import BadInput

#: Rows that most fixed instalments need; more are tried when they do not suffice.
FIRST_TRY_ROWS = 64


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule in whole numbers: `rows[i]` is (principal, interest, balance) of `periods[i]`, in 10**-`digits`.

    `rate` is the rate as these rows bear it; of a single payment it may be that of all its periods together.
    """

    periods: Sequence[Period]
    rows: Sequence[Row]
    tranches: Sequence[tuple[date, int]]
    digits: int
    rate: Rate

    @property
    def principal(self) -> Amount:
        return sum(row[0] for row in self.rows)

    @property
    def interest(self) -> Amount:
        return sum(row[1] for row in self.rows)


def plan_of(terms: Terms, days_off: DaysOff | None = None) -> Plan:
    """The schedule of terms already read, with due dates moved by the product's rule for days off when there is one.

    Raises InstalmentTooSmall, and TooManyRows for a fixed instalment that never ends the debt.
    """
    periods: Sequence[Period] = terms.periods
    if days_off is not None:
        periods = calendar.shifted(periods, days_off)
    if terms.manner.is_open_ended:
        return _open_ended(terms, periods)
    rate = terms.rate
    if terms.manner.method is Method.SINGLE_PAYMENT:
        whole, rate = single_period(periods, rate, terms.counting)
        periods = [whole]
    rates = rates_of(periods, rate, terms.counting, terms.tranches)
    rows = amortise(terms.manner, rates)
    return Plan(periods[: len(rows)], rows, terms.tranches, terms.digits, rate)


def _open_ended(terms: Terms, periods: Sequence[Period]) -> Plan:
    """A fixed instalment without a count: as many rows as it takes."""
    for tried in (FIRST_TRY_ROWS, 4 * FIRST_TRY_ROWS, MOST_ROWS):
        if terms.tranches[-1][0] >= periods[tried - 1].due:
            continue
        rates = rates_of(periods[:tried], terms.rate, terms.counting, terms.tranches)
        rows = amortise(terms.manner, rates)
        if not rows[-1][2]:
            return Plan(periods[: len(rows)], rows, terms.tranches, terms.digits, terms.rate)
    raise TooManyRows(field="input.instalment", most=MOST_ROWS)


def schedule(
    convention: Mapping[str, Any], given: Mapping[str, Any], days_off: DaysOff | None = None
) -> dict[str, Any]:
    """Rows and totals of a loan, amounts as decimal text, dates as YYYY-MM-DD.

    Rows are {n, from, due, days, principal, interest, total, balance}: `days` are those of the calendar, `balance` is
    what is owed after the row is paid. Totals are {principal, interest, total}. Where nothing is rounded (NONE) figures
    are kept exact inside and each is written to the cent by itself. Raises BadInput.
    """
    return written(plan_of(read_terms(convention, given), days_off))


def written(plan: Plan) -> dict[str, Any]:
    """The plan as the API states it."""
    periods, digits = plan.periods, plan.digits
    principal, interest, balance = zip(*plan.rows, strict=True)
    dues = [_day_text(one.due) for one in periods]
    starts = [_day_text(periods[0].start), *dues]  # each row starts where the one before it fell due
    payable = [due if one.payable is None else _day_text(one.payable) for one, due in zip(periods, dues, strict=True)]
    total = [one + other for one, other in zip(principal, interest, strict=True)]
    days = [(one.due - one.start).days for one in periods]
    texts = [_texts(column, digits) for column in (principal, interest, total, balance)]
    rows = [
        {"n": n, "from": a, "due": b, "days": c, "principal": d, "interest": e, "total": f, "balance": g}
        # numbers and starts run on
        for n, a, b, c, d, e, f, g in zip(
            count(1), starts, payable, days, texts[0], texts[1], texts[2], texts[3], strict=False
        )
    ]
    totals = (plan.principal, plan.interest, plan.principal + plan.interest)
    return {"rows": rows, "totals": dict(zip(("principal", "interest", "total"), _texts(totals, digits), strict=True))}


_day_text = lru_cache(maxsize=32_768)(date.isoformat)  # ninety years of days; loans share them, and writing one is dear


def _texts(values: Iterable[Amount], digits: int) -> list[str]:
    """Amounts in 10**-`digits` as decimal text. By columns, since a call for each figure costs more than the figure."""
    least = 10**digits
    written: list[str] = []
    before: Amount = -1
    text = ""
    for one in values:
        if one != before:  # equal instalments, and the noughts of a bullet, are written once
            before = one
            if type(one) is int and one >= least:  # `type`, since asking whether it is a Fraction is slow
                text = str(one)
                text = f"{text[:-digits]}.{text[-digits:]}"
            else:
                text = _text(one, digits)
        written.append(text)
    return written


def _text(value: Amount, digits: int) -> str:
    """One amount; what was never rounded is written to the nearest, halves away from zero."""
    if isinstance(value, Fraction):
        nearest = int((2 * abs(value) + 1) // 2)
        value = -nearest if value < 0 else nearest
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, rest = divmod(value, 10**digits)
    return f"{sign}{whole}.{rest:0{digits}d}"


def answer(line: Any) -> dict[str, Any]:
    """`schedule` of one request, {"convention": …, "input": …}; a refusal as {"error": {code, field, message, …}}."""
    try:
        if not isinstance(line, Mapping):
            raise NotReadable(field="")
        return schedule(line.get("convention"), line.get("input"))  # type: ignore[arg-type]  # read_terms looks itself
    except BadInput as refusal:
        return {"error": {"field": refusal.field, **refusal.as_dict()}}


def answer_text(text: str | bytes) -> dict[str, Any]:
    """`answer` of one line of JSON; what is no JSON is refused like anything else."""
    try:
        line = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        line = None
    return answer(line)
