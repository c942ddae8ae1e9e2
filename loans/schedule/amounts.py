"""Equal instalments at a fixed rate, amounts alone: for calculators and for comparing products while somebody types.

No dates are made and every period counts the same, so the factor of the instalment depends on rate and rows alone and
is kept. Figures are those of the full entry under HALF_UP, unit 0.01, to the cent.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from math import gcd

from loans.schedule.conventions import Ratio

#: Interest, principal, balance after the payment, in cents.
AmountRow = tuple[int, int, int]


@lru_cache(maxsize=4096)
def monthly_rate(annual_rate_pct: Decimal) -> Ratio:
    """A twelfth of the annual rate, in lowest terms: 4.35 % is 29/8000."""
    over, under = annual_rate_pct.as_integer_ratio()
    under *= 1200
    common = gcd(over, under)
    return over // common, under // common


@lru_cache(maxsize=4096)
def _factor(rate: Ratio, rows: int) -> Ratio:
    """Instalment for each unit borrowed, r(1+r)ⁿ / ((1+r)ⁿ − 1) with r = a/D, multiplied through by Dⁿ."""
    over, under = rate
    if not over:
        return 1, rows
    grown, level = (under + over) ** rows, under**rows
    factor = over * grown, under * (grown - level)
    common = gcd(*factor)
    return factor[0] // common, factor[1] // common


def level_amounts(principal: int, rate: Ratio, rows: int) -> list[AmountRow]:
    """Rows of a loan of `principal` cents at `rate` a period, repaid in `rows` equal instalments, rounded half up.

    The last row takes the residue. Nobody pays more than is owed: a loan of a few cents ends before its rows do.
    """
    over, under = _factor(rate, rows)
    instalment = (2 * principal * over + under) // (2 * under)
    rate_over, rate_under = rate
    half = rate_under // 2  # half up is (x + u//2)//u for whole x: where u is odd there is no tie to decide
    balance = principal
    answer: list[AmountRow] = []
    add = answer.append
    for _ in range(rows - 1):
        interest = (balance * rate_over + half) // rate_under
        repaid = instalment - interest
        if repaid > balance:
            repaid = balance
        balance -= repaid
        add((interest, repaid, balance))
    add(((balance * rate_over + half) // rate_under, balance, 0))
    return answer
