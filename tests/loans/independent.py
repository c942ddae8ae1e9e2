"""The schedule engine once more, written otherwise: Decimal of 60 digits, a rate for each span of days.

It shares no line and no way of thinking with loans/schedule: dates are stepped by adding months to the start through
calendar.monthrange, rates are Decimals, the instalment comes from discount factors (the balance is the sum of the
discounted instalments), tranches are events on a time line.
"""

import calendar
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, getcontext, localcontext
from itertools import pairwise

MODES = {"HALF_UP": ROUND_HALF_UP, "HALF_EVEN": ROUND_HALF_EVEN, "CEILING": ROUND_CEILING}
ONE = Decimal(1)


def plus_months(day, months, anchor):
    year, month = day.year, day.month + months
    while month > 12:
        year, month = year + 1, month - 12
    return date(year, month, min(anchor, calendar.monthrange(year, month)[1]))


def rounded(value, mode, unit):
    if mode == "NONE":
        return value
    return (settled(value) / unit).quantize(ONE, rounding=MODES[mode]) * unit


def settled(value):
    """The value without the dust of sixty digits, which would turn an exact half into a little less."""
    with localcontext() as context:
        context.prec = 60
        return value.quantize(Decimal("1e-30"))


def thirty(start, end, american):
    d1, d2 = start.day, end.day
    if american:
        february = [day.month == 2 and (day + timedelta(1)).month == 3 for day in (start, end)]
        if all(february):
            d2 = 30
        if february[0]:
            d1 = 30
        if d2 == 31 and d1 in (30, 31):
            d2 = 30
        if d1 == 31:
            d1 = 30
    else:
        d1, d2 = (30 if one == 31 else one for one in (d1, d2))
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + d2 - d1


def fraction_of_year(day_count, start, end):
    if day_count == "ACT/360":
        return Decimal((end - start).days) / 360
    if day_count == "ACT/365":
        return Decimal((end - start).days) / 365
    if day_count == "ACT/ACT-ISDA":
        whole = Decimal(0)
        while start < end:
            until = min(end, date(start.year + 1, 1, 1))
            whole += Decimal((until - start).days) / (366 if calendar.isleap(start.year) else 365)
            start = until
        return whole
    return Decimal(thirty(start, end, day_count == "30U/360")) / 360


def in_months(start, end):
    months = 0
    while plus_months(start, months + 1, start.day) <= end:
        months += 1
    begun = plus_months(start, months, start.day)
    length = (plus_months(start, months + 1, start.day) - begun).days
    return months + Decimal((end - begun).days) / length


def build(convention, given):
    """Rows as tuples of (from, due, principal, interest, balance)."""
    with localcontext() as context:
        context.prec = 60
        return _build(convention, given)


def _dates(given, every, unit_is_month):
    start = date.fromisoformat(given["start"])
    first = date.fromisoformat(given["first_due"]) if "first_due" in given else None
    end = date.fromisoformat(given["maturity"]) if "maturity" in given else None
    dues, whole = [], []
    step = 0
    while len(dues) < given.get("count", 10**6):
        if first is None:
            step += 1
            due = plus_months(start, every * step, start.day) if unit_is_month else start + timedelta(every * step)
            is_whole = True
        elif not dues:
            due = first
            regular = plus_months(start, every, start.day) if unit_is_month else start + timedelta(every)
            is_whole = due == regular
        else:
            step += 1
            keeps = plus_months(first.replace(day=1), 0, start.day) == first
            anchor = start.day if keeps else first.day
            due = plus_months(first, every * step, anchor) if unit_is_month else first + timedelta(every * step)
            is_whole = True
        if end is not None and due >= end:
            dues.append(end)
            whole.append(is_whole and due == end)
            break
        dues.append(due)
        whole.append(is_whole)
    return [start, *dues[:-1]], dues, whole


def _build(convention, given):
    method, day_count = convention["method"], convention["day_count"]
    unit = Decimal(convention.get("unit", "0.01"))
    broken = convention.get("broken_period", "DAY_COUNT")
    words = given.get("frequency", "MONTH").split()
    every, unit_is_month = int(words[0]) if len(words) == 2 else 1, words[-1].startswith("MONTH")
    starts, dues, whole = _dates(given, every, unit_is_month)
    by_months = day_count in ("30E/360", "30U/360", "rate/12 per month")
    tranches = [(date.fromisoformat(t["date"]), Decimal(t["amount"])) for t in given.get("disbursements", [])]
    tranches = sorted(tranches) or [(starts[0], Decimal(given["principal"]))]

    def months_if_grid(start, due):
        keeps = plus_months(dues[0].replace(day=1), 0, given_start.day) == dues[0]
        anchor = given_start.day if start == given_start or keeps else dues[0].day
        if all(plus_months(day.replace(day=1), 0, anchor) == day for day in (start, due)):
            return (due.year - start.year) * 12 + due.month - start.month
        return None

    given_start = starts[0]
    if method == "SINGLE_PAYMENT":
        whole_rate = None
        if day_count == "per-period rate":
            whole_rate = sum(
                _row_rate(given, day_count, broken, every, unit_is_month, a, b, w, months_if_grid)
                for a, b, w in zip(starts, dues, whole, strict=True)
            )
        spans = [(starts[0], dues[-1], False, whole_rate)]
    else:
        spans = [(a, b, w, None) for a, b, w in zip(starts, dues, whole, strict=True)]
    rows = []
    for start, due, is_whole, known in spans:
        rate = known
        if rate is None:
            rate = _row_rate(
                given,
                day_count,
                broken,
                every,
                unit_is_month,
                start,
                due,
                is_whole,
                months_if_grid,
                single=method == "SINGLE_PAYMENT",
            )
        inside = [(day, amount) for day, amount in tranches if start < day < due]
        opening = sum(amount for day, amount in tranches if day == start)
        cuts = [start, *sorted({day for day, _ in inside}), due]
        pieces = []
        for a, b in pairwise(cuts):
            if len(cuts) == 2:
                pieces.append((a, rate))
            elif day_count == "per-period rate" or (by_months and broken == "MONTH_FRACTION"):
                pieces.append((a, rate * (b - a).days / (due - start).days))
            else:
                pieces.append((a, Decimal(given.get("annual_rate_pct", 0)) / 100 * fraction_of_year(day_count, a, b)))
        rows.append((start, due, opening, inside, pieces))
    return _repay(convention, given, method, unit, rows)


def _row_rate(given, day_count, broken, every, unit_is_month, start, due, is_whole, months_if_grid, single=False):
    if day_count == "none":
        return Decimal(0)
    grid = months_if_grid(start, due) if unit_is_month or single else None
    if day_count == "per-period rate":
        rate = Decimal(given["period_rate_pct"]) / 100
        if is_whole:
            return rate
        if not unit_is_month:
            return rate * (due - start).days / every
        return rate * (Decimal(grid) if grid else in_months(start, due)) / every
    rate = Decimal(given["annual_rate_pct"]) / 100
    if day_count not in ("30E/360", "30U/360", "rate/12 per month"):
        return rate * fraction_of_year(day_count, start, due)
    if is_whole and unit_is_month:
        return rate * every / 12
    if grid:
        return rate * grid / 12
    if broken == "MONTH_FRACTION" and (unit_is_month or not is_whole):
        return rate * in_months(start, due) / 12
    return rate * fraction_of_year(day_count, start, due)


def _repay(convention, given, method, unit, rows):
    mode_i, mode_p = convention.get("interest_rounding", "HALF_UP"), convention.get("instalment_rounding", "HALF_UP")
    grace_p, grace_i = given.get("principal_grace_periods", 0), given.get("interest_grace_periods", 0)
    fixed = Decimal(given["instalment"]) if method == "FIXED_INSTALMENT" else None
    owed, level, carried, done = Decimal(0), fixed, Decimal(0), []
    count = len(rows)
    whole_rates = [sum(rate for _, rate in pieces) for *_, pieces in rows]
    for at, (start, due, opening, inside, pieces) in enumerate(rows):
        owed += opening
        changed = bool(opening or inside)
        exact, running = Decimal(0), owed
        grown = owed * (1 + whole_rates[at])
        for day, rate in pieces:
            came = sum(amount for when, amount in inside if when == day)
            running += came
            exact += running * rate
            if came:
                grown += came * (1 + sum(r for d, r in pieces if d >= day))
        interest = rounded(exact, mode_i, unit)
        owed = running
        if method == "EQUAL_INSTALMENT" and at >= grace_p and (changed or at == grace_p):
            discount, weights = ONE, ONE
            for rate in whole_rates[at + 1 :]:
                discount /= 1 + rate
                weights += discount
            level = rounded(grown / weights, mode_p, unit)
        if method == "EQUAL_PRINCIPAL" and at >= grace_p and (changed or at == grace_p):
            level = rounded(owed / (count - at), mode_p, unit)
        is_last = at == count - 1
        if is_last:
            principal = owed
        elif method in ("INTEREST_ONLY_BULLET", "SINGLE_PAYMENT") or at < grace_p:
            principal = Decimal(0)
        else:
            principal = min(owed, level if method == "EQUAL_PRINCIPAL" else level - interest)
        owed -= principal
        over = method == "FIXED_INSTALMENT" and owed == 0 and not any(o or i for _, _, o, i, _ in rows[at + 1 :])
        if at < grace_i and not is_last and not over:
            carried, interest = carried + interest, Decimal(0)
        else:
            carried, interest = Decimal(0), interest + carried
        done.append((start, due, principal, interest, owed))
        if over:
            break
    assert getcontext().prec == 60
    return done
