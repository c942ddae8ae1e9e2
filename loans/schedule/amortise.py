"""The five methods: how each row divides into interest and principal.

    EQUAL_INSTALMENT       等额本息   X = P·Π(1+rᵢ)/Fₙ with F₁ = 1, Fᵢ = 1 + Fᵢ₋₁(1+rᵢ); rounded once, not searched for
    EQUAL_PRINCIPAL        等额本金   principal / rows, rounded; interest on what is left
    INTEREST_ONLY_BULLET   按期付息到期还本
    SINGLE_PAYMENT         到期一次还本付息   one row; simple interest
    FIXED_INSTALMENT       the instalment is given; the debt ends when it ends, or with the last row

Whole numbers throughout: amounts in minor units, rates over one denominator, so each figure is exact until its one
rounding. The last row takes the residue. When a tranche arrives, instalment or principal part is solved anew over that
row and all that follow. Grace on principal leaves interest due; grace on interest postpones its payment to the first
row after the grace, without interest on it, and changes nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from loans.schedule.conventions import Amount, Rounding, rounder
from loans.schedule.rates import RowRates
from loans.schedule.refusals import InstalmentTooSmall


class Method(StrEnum):
    EQUAL_INSTALMENT = "EQUAL_INSTALMENT"
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL"
    INTEREST_ONLY_BULLET = "INTEREST_ONLY_BULLET"
    SINGLE_PAYMENT = "SINGLE_PAYMENT"
    FIXED_INSTALMENT = "FIXED_INSTALMENT"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a debt is repaid: the method, its roundings to multiples of `unit` (minor units), its graces in rows.

    `instalment` is the given one of FIXED_INSTALMENT, in minor units; `may_end_early` says that the rows are as many as
    it takes, so a debt left after the last row is not that row's residue.
    """

    method: Method
    unit: int
    interest_rounding: Rounding
    instalment_rounding: Rounding
    principal_grace: int = 0
    interest_grace: int = 0
    instalment: int = 0
    is_open_ended: bool = False


#: Principal, interest, balance after the payment; in minor units.
Row = tuple[Amount, Amount, Amount]


def level_instalment(rates: RowRates, at: int, balance: Amount) -> tuple[Amount, int]:
    """The exact instalment of rows `at` to the last that brings `balance` and row `at`'s arrivals to zero.

    Answers a ratio. With every rate rᵢ = aᵢ/D the fraction is multiplied through by Dᵐ, so only whole numbers occur.
    """
    under = rates.under
    owed = balance * (under + rates.over[at])
    for amount, over in rates.arrivals.get(at, ()):
        owed += amount * (under + over)
    growth, weight, power = 1, 1, 1
    for over in rates.over[at + 1 :]:
        power *= under
        growth *= under + over
        weight = weight * (under + over) + power
    return owed * growth, under * weight


def _rounded_part(manner: Manner, over: Amount, under: int) -> Amount:
    return rounder(manner.instalment_rounding, manner.unit, under)(over)


def amortise(manner: Manner, rates: RowRates) -> list[Row]:
    """The rows. Fewer than the rates when a fixed instalment ends the debt early.

    Raises InstalmentTooSmall when a fixed instalment does not cover a row's interest.
    """
    method, over, under = manner.method, rates.over, rates.under
    round_interest = rounder(manner.interest_rounding, manner.unit, under)
    last = len(over) - 1
    paid_out = rates.openings.keys() | rates.arrivals.keys()
    last_paid_out = max(paid_out, default=0)
    repays_at_end = method is Method.INTEREST_ONLY_BULLET or method is Method.SINGLE_PAYMENT
    first_repaying = last if repays_at_end else manner.principal_grace
    is_equal_principal, is_fixed = method is Method.EQUAL_PRINCIPAL, method is Method.FIXED_INSTALMENT
    balance: Amount = 0
    part: Amount = manner.instalment
    postponed: Amount = 0
    rows: list[Row] = []
    for at, row_over in enumerate(over):
        if at in paid_out:
            balance += rates.openings.get(at, 0)
            arriving = rates.arrivals.get(at, ())
            charged = balance * row_over + sum(amount * rest for amount, rest in arriving)
            arrived = sum(amount for amount, _ in arriving)
        else:
            charged, arrived = balance * row_over, 0
        interest = round_interest(charged)
        if at >= first_repaying and (at == first_repaying or at in paid_out):
            if method is Method.EQUAL_INSTALMENT:
                part = _rounded_part(manner, *level_instalment(rates, at, balance))
            elif is_equal_principal:
                part = _rounded_part(manner, balance + arrived, last - at + 1)
        balance += arrived
        if at < first_repaying:
            principal: Amount = 0
        elif at == last and not manner.is_open_ended:
            principal = balance
        else:
            principal = part if is_equal_principal else part - interest
            if is_fixed and (principal < 0 or (principal == 0 and manner.is_open_ended)):
                raise InstalmentTooSmall(field="input.instalment", row=at + 1)
            if principal > balance:  # a coarse unit rounded up repays early; nobody pays more than is owed
                principal = balance
        balance -= principal
        is_over = is_fixed and not balance and at >= last_paid_out
        if at < manner.interest_grace and at != last and not is_over:
            postponed += interest
            interest = 0
        elif postponed:
            interest += postponed
            postponed = 0
        rows.append((principal, interest, balance))
        if is_over:
            break
    return rows
