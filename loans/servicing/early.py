"""Questions a borrower asks before paying early: what would it do, and what would end the debt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from loans.schedule.entry import Plan
from loans.servicing.contract import Contract, Part
from loans.servicing.happenings import Early, Happening, Payment
from loans.servicing.replay import Position, early_fee, replayed

#: The reference of a payment that is only thought of; no real one may have it. It stands after all others of its day.
THOUGHT = "\uffffthought"


@dataclass(frozen=True, slots=True)
class Payoff:
    """What ends the debt when paid on the day `on`, in cents, and what it is made of."""

    on: date
    principal: int
    interest: int
    penalty: int
    cost: int
    fee: int
    credit: int

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.penalty + self.cost + self.fee - self.credit


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an early repayment would leave: the rows still to come, the next total, the interest it saves; cents."""

    how: Early
    rest: Plan
    rows: int
    last_due: date | None
    instalment: int
    interest: int
    interest_saved: int


def payoff(contract: Contract, happenings: Iterable[Happening], on: date) -> Payoff:
    """The quote for a day: everything due, interest up to the day, principal not due and the fee on it, less credit.

    Paid on its day as an early repayment, it leaves nothing. The quote holds until something else happens.
    """
    position = replayed(contract, happenings, on)
    return Payoff(
        on,
        position.principal,
        position.interest_due + position.accrued,
        position.penalty_due,
        position.cost_due,
        early_fee(position.balance, contract),
        position.credit,
    )


def both_ways(contract: Contract, happenings: Sequence[Happening], on: date, cents: int) -> tuple[Outcome, Outcome]:
    """What repaying `cents` on a day would do: with a shorter term, and with smaller instalments."""
    before = replayed(contract, happenings, on)
    without = before.interest_due + sum(row[1] for row in _rows_left(before))
    shorter, smaller = (
        _outcome(how, replayed(contract, [*happenings, Payment(THOUGHT, on, cents, how)], on), without) for how in Early
    )
    return shorter, smaller


def _rows_left(position: Position) -> list[tuple[int, int]]:
    """(principal, interest) of the rows still to fall due."""
    if position.next_due is None:
        return []
    plan = position.course.plan
    return [
        (int(principal), int(interest))
        for period, (principal, interest, _) in zip(plan.periods, plan.rows, strict=True)
        if period.paid_on > position.on
    ]


def _outcome(how: Early, after: Position, without: int) -> Outcome:
    rows = _rows_left(after)
    interest = after.interest_due + sum(row[1] for row in rows)
    paid = sum(one.cents for one in after.allocations if one.reference == THOUGHT and one.part is Part.INTEREST)
    return Outcome(
        how,
        after.course.plan,
        len(rows),
        after.course.plan.periods[-1].paid_on if rows else None,
        sum(rows[0]) if rows else 0,
        interest,
        without - interest - paid,
    )
