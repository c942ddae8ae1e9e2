"""What may be asked of the schedule engine, read and checked.

`convention` and `input` are mappings as the API takes them. Amounts and rates are decimal text or whole numbers; a JSON
number with a fraction is read by its shortest decimal writing, which is the digits its sender wrote. Keys not named
here are notes and are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from loans.schedule import calendar
from loans.schedule.amortise import Manner, Method
from loans.schedule.calendar import MOST_ROWS, Frequency, Period
from loans.schedule.conventions import BrokenPeriod, DayCount, Ratio, Rounding
from loans.schedule.rates import Counting, Rate
from loans.schedule.refusals import (
    Contradiction,
    NotADate,
    NothingToRepayIn,
    NotWhole,
    OutOfOrder,
    TooFine,
    TooManyRows,
    Unknown,
)
from marketplace.core.errors import Missing, NotANumber, OutOfRange
from marketplace.core.money import LARGEST

Known = TypeVar("Known", bound=StrEnum)
MOST_DIGITS = 40
#: Rates above this are mistakes of unit (a per mille or a factor taken for a per cent), not prices of money.
MOST_PCT = Decimal(10_000)
NOTHING, LEAST = Decimal(0), Decimal("0.000001")
NUMBERS = (int, Decimal)


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms in whole numbers: amounts in units of 10**-`digits`, `tranches` as (day, amount) in order of days."""

    manner: Manner
    counting: Counting
    rate: Rate
    tranches: tuple[tuple[date, int], ...]
    digits: int
    periods: tuple[Period, ...]

    @property
    def principal(self) -> int:
        return sum(amount for _, amount in self.tranches)


def read_terms(convention: Any, given: Any) -> Terms:
    """Terms from the two mappings. Raises BadInput, with the field's path, for whatever cannot be taken."""
    if not isinstance(convention, Mapping):
        raise Missing(field="convention")
    if not isinstance(given, Mapping):
        raise Missing(field="input")
    method = _choice(Method, convention, "method")
    rate, day_count = _rate(convention, given)
    frequency = Frequency.read(str(given["frequency"])) if given.get("frequency") is not None else None
    counting = Counting(
        day_count,
        _choice(BrokenPeriod, convention, "broken_period", BrokenPeriod.DAY_COUNT),
        frequency or (None if _is_listed(given) else Frequency(1, True)),
    )
    amounts = _tranche_amounts(given)
    unit = _decimal(convention.get("unit", "0.01"), "convention.unit", least=LEAST, most=LARGEST)
    fixed = Decimal(0)
    if method is Method.FIXED_INSTALMENT:
        fixed = _decimal(_needed(given, "instalment"), "input.instalment", least=LEAST, most=LARGEST)
    digits = max(2, _fraction_digits(unit))
    for amount, field in [*((amount, field) for _, amount, field in amounts), (fixed, "input.instalment")]:
        if _fraction_digits(amount) > digits:
            raise TooFine(field=field)
    is_open_ended = method is Method.FIXED_INSTALMENT and not (
        _is_listed(given) or rate.of_rows or given.get("count") is not None or given.get("maturity") is not None
    )
    start = _start(given, amounts)
    periods = _periods(given, start, counting.frequency, rate, is_open_ended)
    tranches = _tranches(amounts, digits, start, periods[-1].due)
    if rate.of_rows and len(rate.of_rows) != len(periods):
        raise Contradiction(field="input.rate_factors", other="input.count")
    manner = Manner(
        method,
        _minor(unit, digits),
        _choice(Rounding, convention, "interest_rounding", Rounding.HALF_UP),
        _choice(Rounding, convention, "instalment_rounding", Rounding.HALF_UP),
        _whole(given.get("principal_grace_periods", 0), "input.principal_grace_periods", 0, MOST_ROWS),
        _whole(given.get("interest_grace_periods", 0), "input.interest_grace_periods", 0, MOST_ROWS),
        _minor(fixed, digits),
        is_open_ended,
    )
    repays_at_end = method in (Method.INTEREST_ONLY_BULLET, Method.SINGLE_PAYMENT)
    if manner.principal_grace >= len(periods) and not repays_at_end:
        raise NothingToRepayIn(field="input.principal_grace_periods")
    return Terms(manner, counting, rate, tranches, digits, tuple(periods))


def _rate(convention: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[Rate, DayCount]:
    """The most particular rate that is given: of rows, then what the day count asks for.

    Where every period has its own rate there is nothing to count, so a day count may then be left out.
    """
    factors = given.get("rate_factors")
    period_pct, annual_pct = given.get("period_rate_pct"), given.get("annual_rate_pct")
    alone = factors is not None or (annual_pct is None and period_pct is not None)
    day_count = _choice(DayCount, convention, "day_count", DayCount.PER_PERIOD if alone else None)
    if factors is not None:
        return Rate(of_rows=_row_rates(factors)), day_count
    if day_count is DayCount.PER_PERIOD or (annual_pct is None and period_pct is not None):
        if period_pct is None:
            raise Missing(field="input.period_rate_pct")
        return Rate(per_period=_percentage(period_pct, "input.period_rate_pct")), day_count
    if annual_pct is None:
        if day_count is DayCount.NONE:
            return Rate(annual=(0, 1)), day_count
        raise Missing(field="input.annual_rate_pct")
    annual = _percentage(annual_pct, "input.annual_rate_pct")
    if day_count is DayCount.NONE and annual[0]:
        # to charge nothing on a rate that was named would be a silent gift
        raise Contradiction(field="input.annual_rate_pct", other="convention.day_count")
    return Rate(annual=annual), day_count


def _row_rates(factors: Any) -> tuple[Ratio, ...]:
    """One rate for each row. A factor is written as growth, 1.0075, or as the rate, 0.0075; one way for all."""
    if not isinstance(factors, Sequence) or isinstance(factors, str) or not factors:
        raise Missing(field="input.rate_factors")
    if len(factors) > MOST_ROWS:
        raise TooManyRows(field="input.rate_factors", most=MOST_ROWS)
    read = [
        _decimal(one, f"input.rate_factors[{at}]", least=NOTHING, most=MOST_PCT / 100) for at, one in enumerate(factors)
    ]
    are_growth = read[0] >= 1
    for at, one in enumerate(read):
        if (one >= 1) is not are_growth:
            raise Contradiction(field=f"input.rate_factors[{at}]", other="input.rate_factors[0]")
    return tuple((one - 1 if are_growth else one).as_integer_ratio() for one in read)


def _percentage(value: Any, field: str) -> Ratio:
    over, under = _decimal(value, field, least=NOTHING, most=MOST_PCT).as_integer_ratio()
    return over, under * 100


def _is_listed(given: Mapping[str, Any]) -> bool:
    return bool(given.get("periods") or given.get("due_dates"))


def _tranche_amounts(given: Mapping[str, Any]) -> list[tuple[date | None, Decimal, str]]:
    """(day, amount, field) of every payment out; a principal alone has no day yet."""
    paid_out = given.get("disbursements")
    principal = given.get("principal")
    if not paid_out:
        return [
            (
                None,
                _decimal(_needed(given, "principal"), "input.principal", least=LEAST, most=LARGEST),
                "input.principal",
            )
        ]
    found: list[tuple[date | None, Decimal, str]] = []
    for at, one in enumerate(_listed(paid_out, "input.disbursements")):
        field = f"input.disbursements[{at}]"
        day = _date(_needed(one, "date", field), f"{field}.date")
        amount = _decimal(_needed(one, "amount", field), f"{field}.amount", least=LEAST, most=LARGEST)
        found.append((day, amount, f"{field}.amount"))
    total = sum((amount for _, amount, _ in found), Decimal(0))
    if total > LARGEST:
        raise OutOfRange(field="input.disbursements", range=f"{LEAST} – {LARGEST}")
    if principal is not None and _decimal(principal, "input.principal", least=LEAST, most=LARGEST) != total:
        raise Contradiction(field="input.principal", other="input.disbursements")
    return found


def _start(given: Mapping[str, Any], amounts: Sequence[tuple[date | None, Decimal, str]]) -> date:
    """The day the first row begins: as given, else of the first period, else of the first payment out."""
    listed = given.get("periods")
    if given.get("start") is not None:
        return _date(given["start"], "input.start")
    if listed:
        first = _listed(listed, "input.periods")[0]
        return _date(_needed(first, "from", "input.periods[0]"), "input.periods[0].from")
    days = [day for day, _, _ in amounts if day is not None]
    if not days:
        raise Missing(field="input.start")
    return min(days)


def _periods(
    given: Mapping[str, Any], start: date, frequency: Frequency | None, rate: Rate, is_open_ended: bool
) -> list[Period]:
    count = None
    if given.get("count") is not None:
        count = _whole(given["count"], "input.count", 1, MOST_ROWS)
    maturity = _date(given["maturity"], "input.maturity") if given.get("maturity") is not None else None
    if _is_listed(given):
        periods = _listed_periods(given, start, frequency)
        if count is not None and count != len(periods):
            raise Contradiction(
                field="input.count", other="input.periods" if given.get("periods") else "input.due_dates"
            )
        if maturity is not None and maturity != periods[-1].due:
            raise Contradiction(
                field="input.maturity", other="input.periods" if given.get("periods") else "input.due_dates"
            )
        return periods
    assert frequency is not None
    first_due = _date(given["first_due"], "input.first_due") if given.get("first_due") is not None else None
    if count is None and maturity is None:
        if rate.of_rows:
            count = len(rate.of_rows)
        elif is_open_ended:
            count = MOST_ROWS
        else:
            raise Missing(field="input.count")
    if count is None:
        assert maturity is not None
        periods = calendar.periods_until(start, frequency, maturity, first_due)
        if len(periods) > MOST_ROWS:
            raise TooManyRows(field="input.maturity", most=MOST_ROWS)
        return periods
    periods = calendar.whole_periods(start, frequency, count, first_due)
    if maturity is None:
        return periods
    anchor = calendar.anchor_of(start, first_due) if frequency.in_months else None
    return calendar.with_last_due(periods, maturity, anchor)


def _listed_periods(given: Mapping[str, Any], start: date, frequency: Frequency | None) -> list[Period]:
    field = "input.periods" if given.get("periods") else "input.due_dates"
    items = given.get("periods") or given["due_dates"]
    dates: list[tuple[date, date]] = []
    if field == "input.periods":
        for at, one in enumerate(_listed(items, field)):
            begins = _date(_needed(one, "from", f"{field}[{at}]"), f"{field}[{at}].from")
            dates.append((begins, _date(_needed(one, "due", f"{field}[{at}]"), f"{field}[{at}].due")))
        if dates[0][0] != start:
            raise Contradiction(field="input.start", other="input.periods[0].from")
    else:
        if not isinstance(items, Sequence) or isinstance(items, str):
            raise Missing(field=field)
        begins = start
        for at, one in enumerate(items):
            due = _date(one, f"{field}[{at}]")
            dates.append((begins, due))
            begins = due
    if len(dates) > MOST_ROWS:
        raise TooManyRows(field=field, most=MOST_ROWS)
    return calendar.given_periods(dates, frequency, field)


def _tranches(
    amounts: Sequence[tuple[date | None, Decimal, str]], digits: int, start: date, end: date
) -> tuple[tuple[date, int], ...]:
    for day, _, field in amounts:
        if day is not None and not start <= day < end:
            raise OutOfOrder(field=field.removesuffix(".amount") + ".date")
    return tuple(sorted((day or start, _minor(amount, digits)) for day, amount, _ in amounts))


# --- single values ---------------------------------------------------------------------------------------------------


def _needed(given: Mapping[str, Any], key: str, place: str = "input") -> Any:
    value = given.get(key)
    if value is None:
        raise Missing(field=f"{place}.{key}")
    return value


def _listed(value: Any, field: str) -> list[Mapping[str, Any]]:
    """A list of objects."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise Missing(field=field)
    for at, one in enumerate(value):
        if not isinstance(one, Mapping):
            raise Missing(field=f"{field}[{at}]")
    return list(value)


def _choice(kind: type[Known], convention: Mapping[str, Any], key: str, default: Known | None = None) -> Known:
    value = convention.get(key)
    if value is None:
        if default is None:
            raise Missing(field=f"convention.{key}")
        return default
    try:
        return kind(value)
    except ValueError:
        raise Unknown(field=f"convention.{key}", known=", ".join(kind)) from None


def _decimal(value: Any, field: str, *, least: Decimal, most: Decimal) -> Decimal:
    """An exact number. Raises NotANumber, OutOfRange, TooFine."""
    if type(value) is float:
        value = repr(value)
    if type(value) is str:
        if len(value) > MOST_DIGITS or not value.isascii() or "_" in value:
            raise NotANumber(field=field)
    elif isinstance(value, bool) or not isinstance(value, NUMBERS):
        raise NotANumber(field=field)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise NotANumber(field=field) from None
    if not number.is_finite():
        raise NotANumber(field=field)
    if not least <= number <= most:
        raise OutOfRange(field=field, range=f"{least} – {most}")
    if number and number.adjusted() < -MOST_DIGITS:
        raise TooFine(field=field)
    return number


def _whole(value: Any, field: str, least: int, most: int) -> int:
    if type(value) is int and least <= value <= most:
        return value
    number = _decimal(value, field, least=-LARGEST, most=LARGEST)
    if number != number.to_integral_value():
        raise NotWhole(field=field)
    if not least <= number <= most:
        raise OutOfRange(field=field, range=f"{least} – {most}")
    return int(number)


def _date(value: Any, field: str) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != 10 or not value.isascii():
        raise NotADate(field=field)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise NotADate(field=field) from None
    if value[4] != "-" or not 1900 <= day.year <= 2300:
        raise NotADate(field=field)
    return day


def _fraction_digits(number: Decimal) -> int:
    """Digits after the point; trailing noughts do not count beyond the second."""
    exponent = int(number.as_tuple().exponent)
    if exponent < -2:
        exponent = int(number.normalize().as_tuple().exponent)
    return max(0, -exponent)


def _minor(number: Decimal, digits: int) -> int:
    return int(number.scaleb(digits))
