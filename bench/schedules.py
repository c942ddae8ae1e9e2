"""Repayment schedules of 36 rows: the calculator, the full entry with dates, and a whole book against a Decimal loop.

    python -m bench.schedules [--scale 1.0]

CPU of this process; every figure is the best of several rounds, since other work on the machine only ever adds. No two
loans of a round are alike in amount, rate and start.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bench.harness import answer, figure, scale_from_arguments

ROWS = 36
ROUNDS = 7
LEAST_AMOUNTS, LEAST_ENTRY, LEAST_BOOK = 60_000, 5_000, 100
CENT = Decimal("0.01")


def best(work: Callable[[], Any]) -> float:
    """CPU seconds of the quickest round."""
    spent = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return min(spent)


def decimal_loan(principal: int, rates: list[Decimal]) -> list[tuple[int, int, int]]:
    """The plain program: one loan in Decimal, a row after another; (principal, interest, balance) in cents."""
    owed = Decimal(principal) / 100
    weight, growth = Decimal(0), Decimal(1)
    for rate in rates:
        weight, growth = weight * (1 + rate) + 1, growth * (1 + rate)
    level = (owed * growth / weight).quantize(CENT, ROUND_HALF_UP)
    rows = []
    for at, rate in enumerate(rates):
        interest = (owed * rate).quantize(CENT, ROUND_HALF_UP)
        paid = owed if at == len(rates) - 1 else level - interest
        owed -= paid
        rows.append((int(paid * 100), int(interest * 100), int(owed * 100)))
    return rows


def amounts(chance: random.Random, loans: int) -> dict[str, Any]:
    from loans.schedule.amounts import level_amounts, monthly_rate

    asked = [(chance.randrange(10**6, 5 * 10**8), Decimal(chance.randrange(300, 1200)) / 100) for _ in range(loans)]
    spent = best(lambda: [level_amounts(principal, monthly_rate(pct), ROWS) for principal, pct in asked])
    each = round(loans / spent)
    return figure(
        "amounts only, fixed rate, one by one", each, "/s", target=f"≥ {LEAST_AMOUNTS:,}/s", met=each >= LEAST_AMOUNTS
    )


def entry(chance: random.Random, loans: int) -> list[dict[str, Any]]:
    from loans.schedule.entry import schedule

    figures = []
    for method, day_count in (
        ("EQUAL_INSTALMENT", "30E/360"),
        ("EQUAL_INSTALMENT", "ACT/ACT-ISDA"),
        ("EQUAL_PRINCIPAL", "ACT/360"),
        ("INTEREST_ONLY_BULLET", "ACT/365"),
    ):
        convention = {"method": method, "day_count": day_count}
        asked = [
            {
                "principal": f"{chance.randrange(10**4, 5 * 10**6)}.00",
                "annual_rate_pct": str(Decimal(chance.randrange(300, 1200)) / 100),
                "start": (date(2024, 1, 1) + timedelta(chance.randrange(900))).isoformat(),
                "count": ROWS,
                "frequency": "MONTH",
            }
            for _ in range(loans)
        ]

        def all_of_them(convention: dict[str, str] = convention, asked: list[dict[str, Any]] = asked) -> None:
            for one in asked:
                schedule(convention, one)

        each = round(loans / best(all_of_them))
        figures.append(
            figure(
                f"full entry, {method}, {day_count}", each, "/s", target=f"≥ {LEAST_ENTRY:,}/s", met=each >= LEAST_ENTRY
            )
        )
    return figures


def book(chance: random.Random, loans: int) -> list[dict[str, Any]]:
    import numpy as np

    from loans.schedule.amortise import Method
    from loans.schedule.book import Book, rates_of_book, schedule_book
    from loans.schedule.conventions import DayCount

    principal = np.array([chance.randrange(10**6, 5 * 10**8) for _ in range(loans)])
    pct = [Decimal(chance.randrange(300, 1200)) / 100 for _ in range(loans)]
    begun = np.array(
        [date(2024 + chance.randrange(3), chance.randrange(1, 13), 1) for _ in range(loans)], "datetime64[M]"
    )
    day = np.array([chance.randrange(28) for _ in range(loans)])
    days = np.array([(begun + k).astype("datetime64[D]") + day for k in range(ROWS + 1)])
    counts = np.full(loans, ROWS)
    over, under = rates_of_book(DayCount.ACTUAL_365, pct, days[:-1], days[1:], 1)
    whole = Book(principal, over, under, counts)
    spent = best(lambda: schedule_book(Method.EQUAL_INSTALMENT, whole))
    rates_spent = best(lambda: rates_of_book(DayCount.ACTUAL_365, pct, days[:-1], days[1:], 1))

    some = min(loans, 1000)
    asked = [(int(principal[at]), [Decimal(int(one)) / int(under[at]) for one in over[:, at]]) for at in range(some)]
    loop = best(lambda: [decimal_loan(*one) for one in asked]) * loans / some
    done = schedule_book(Method.EQUAL_INSTALMENT, whole)
    same = all(
        decimal_loan(*one)
        == list(
            zip(
                done.principal[:, at].tolist(),
                done.interest[:, at].tolist(),
                done.balance[:, at].tolist(),
                strict=True,
            )
        )
        for at, one in enumerate(asked)
    )
    ratio = round(loop / spent, 1)
    return [
        figure(f"book of {loans:,}, ACT/365: CPU", round(spent, 3), "s"),
        figure("its rates from dates: CPU", round(rates_spent, 3), "s"),
        figure("the Decimal loop, from a sample: CPU", round(loop, 1), "s"),
        figure("book against the loop", ratio, "×", target=f"≥ {LEAST_BOOK}×", met=ratio >= LEAST_BOOK),
        figure(f"the same to the cent, {some} loans", "yes" if same else "no", target="yes", met=same),
    ]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django

    django.setup()
    scale = scale_from_arguments()
    chance = random.Random(5)
    figures = [
        amounts(chance, max(2000, int(20_000 * scale))),
        *entry(chance, max(100, int(500 * scale))),
        *book(chance, max(2000, int(100_000 * scale))),
    ]
    answer(f"Schedules of {ROWS} rows on one core; best of {ROUNDS} rounds.", figures)


if __name__ == "__main__":
    sys.exit(main())
