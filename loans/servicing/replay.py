"""The position of a loan on a day, by going through everything that happened in order of value dates.

A row is due on its (moved) due date; interest and principal unpaid after that day are overdue, and days past due count
from the oldest. Penalty interest runs on each row by itself from the due date, once the grace days have passed without
the row being paid; it is kept exact and rounded half up as a whole, so it does not depend on how often it is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from loans.servicing import planning
from loans.servicing.contract import Contract, Order, Part
from loans.servicing.happenings import Calling, Cost, Early, Happening, Payment, Restructuring, Standing, in_order
from loans.servicing.planning import Course


@dataclass(slots=True)
class Due:
    """A row that has fallen due, and what is left of it; cents."""

    n: int
    due: date
    principal: int
    interest: int
    penalised_until: date
    penalty_exact: int = 0
    penalty_paid: int = 0


@dataclass(frozen=True, slots=True)
class Allocation:
    """Cents of a payment that met a part of row `n`; 0 for what belongs to no row. `on` may follow the value date."""

    reference: str
    on: date
    n: int
    part: Part
    cents: int


@dataclass(frozen=True, slots=True)
class Called:
    """The one row that is left when the whole debt was called in: what it was then; cents. `row` is the place in the
    course of the row that was running."""

    n: int
    row: int
    start: date
    on: date
    principal: int
    interest: int


@dataclass(frozen=True, slots=True)
class Position:
    """What is owed on a day, in cents.

    `balance` is principal not yet due; the four `…_due` are due and unpaid; `accrued` is interest of the running row up
    to the day, not due; `credit` was received and meets the next row. `days_past_due` counts from the oldest row with
    principal or interest unpaid, 0 on its due date. `open` are the rows that are due and not wholly paid; `row` is the
    place in `course` of the first row not yet due, and `done` the number of rows that fell due under earlier courses.
    `called` is what fell due at once when the whole was called in.
    """

    on: date
    balance: int
    principal_due: int
    interest_due: int
    penalty_due: int
    cost_due: int
    accrued: int
    credit: int
    days_past_due: int
    allocations: tuple[Allocation, ...]
    course: Course
    next_due: date | None
    open: tuple[Due, ...]
    row: int
    done: int
    called: Called | None = None

    @property
    def due(self) -> int:
        return self.principal_due + self.interest_due + self.penalty_due + self.cost_due

    @property
    def principal(self) -> int:
        """All principal owed, due or not."""
        return self.balance + self.principal_due


@dataclass(slots=True)
class _Loan:
    """The moving state of a replay."""

    contract: Contract
    course: Course
    row: int = 0  # of the course, running or not begun
    done: int = 0  # rows that fell due under earlier courses
    open: list[Due] = field(default_factory=list)
    costs: list[tuple[str, int]] = field(default_factory=list)
    credits: list[tuple[str, int]] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    called: Called | None = None

    # --- time -------------------------------------------------------------------------------------------------------

    def advance(self, day: date) -> None:
        """Let rows fall due up to and including `day`, and penalties run to it."""
        plan = self.course.plan
        while self.row < len(plan.rows) and plan.periods[self.row].paid_on <= day:
            due = plan.periods[self.row].paid_on
            self._run_penalties(due)
            principal, interest, _ = plan.rows[self.row]
            self.row += 1
            self._fall_due(Due(self.done + self.row, due, int(principal), int(interest), due))
            self._spend_credit(due)
        self._run_penalties(day)

    def call_in(self, day: date) -> None:
        """Rows whose interest has run its course, but whose due date a day off moved past `day`, fall due now."""
        plan = self.course.plan
        while self.row < len(plan.rows) and plan.periods[self.row].due <= day:
            due, (principal, interest, _) = plan.periods[self.row].paid_on, plan.rows[self.row]
            self.row += 1
            self._fall_due(Due(self.done + self.row, due, int(principal), int(interest), due))

    def _fall_due(self, one: Due) -> None:
        if one.principal or one.interest:
            self.open.append(one)

    def _run_penalties(self, day: date) -> None:
        penalty = self.contract.penalty
        grace = timedelta(days=penalty.grace_days)
        for one in self.open:
            if day > one.due + grace and day > one.penalised_until:
                base = one.principal + (one.interest if penalty.on_interest else 0)
                one.penalty_exact += base * (day - one.penalised_until).days
                one.penalised_until = day

    def penalty_of(self, one: Due) -> int:
        over, under = self.contract.penalty.daily
        return (2 * one.penalty_exact * over + under) // (2 * under) - one.penalty_paid

    def days_past_due(self, day: date) -> int:
        oldest = min((one.due for one in self.open if one.principal or one.interest), default=day)
        return max(0, (day - oldest).days)

    # --- money ------------------------------------------------------------------------------------------------------

    def receive(self, reference: str, cents: int, day: date, order: Order | None = None) -> int:
        """Meet what is due with a payment, in its own `order` if it has one; answers what is left of it."""
        order = order or self._order(day)
        for part, one in self._targets(order):
            if not cents:
                break
            cents -= self._meet(reference, cents, day, part, one)
        self.open = [one for one in self.open if one.principal or one.interest or self.penalty_of(one)]
        return cents

    def _order(self, day: date) -> Order:
        contract = self.contract
        if self.days_past_due(day) >= contract.non_performing_days:
            return contract.order_non_performing
        return contract.order

    def _targets(self, order: Order) -> Iterator[tuple[Part, Due | None]]:
        rows = sorted(self.open, key=lambda one: (one.due, one.n))
        if not order.row_by_row:
            for part in order.parts:
                yield from ((part, one) for one in ([None] if part is Part.COST else rows))
            return
        yield Part.COST, None
        for one in rows:
            yield from ((part, one) for part in order.parts if part is not Part.COST)

    def _meet(self, reference: str, cents: int, day: date, part: Part, one: Due | None) -> int:
        if one is None:
            return self._meet_costs(reference, cents, day)
        owed = {Part.PRINCIPAL: one.principal, Part.INTEREST: one.interest, Part.PENALTY: self.penalty_of(one)}[part]
        met = min(cents, owed)
        if part is Part.PRINCIPAL:
            one.principal -= met
        elif part is Part.INTEREST:
            one.interest -= met
        else:
            one.penalty_paid += met
        self._note(reference, day, one.n, part, met)
        return met

    def _meet_costs(self, reference: str, cents: int, day: date) -> int:
        met = 0
        left: list[tuple[str, int]] = []
        for name, owed in self.costs:
            now = min(cents - met, owed)
            met += now
            if owed > now:
                left.append((name, owed - now))
        self.costs = left
        self._note(reference, day, 0, Part.COST, met)
        return met

    def _note(self, reference: str, day: date, n: int, part: Part, cents: int) -> None:
        if cents:
            self.allocations.append(Allocation(reference, day, n, part, cents))

    def _spend_credit(self, day: date) -> None:
        credits, self.credits = self.credits, []
        for reference, cents in credits:
            left = self.receive(reference, cents, day)
            if left:
                self.credits.append((reference, left))

    # --- happenings -------------------------------------------------------------------------------------------------

    def take(self, one: Standing) -> None:
        self.advance(one.value_date)
        if isinstance(one, Cost):
            self.costs.append((one.reference, one.cents))
            self._spend_credit(one.value_date)
        elif isinstance(one, Payment):
            if one.early is not None:
                self.call_in(one.value_date)
            left = self.receive(one.reference, one.cents, one.value_date, one.order)
            if left:
                self.credits.append((one.reference, left))
            if left and one.early is not None:
                self._repay_early(one.value_date, one.early)
        elif isinstance(one, Calling):
            self.call_in(one.value_date)
            self._call_whole(one.value_date)
        else:
            self.call_in(one.value_date)
            self._restructure(one)

    def running(self, day: date) -> tuple[int, int]:
        """(principal not yet due, interest accrued on it) of the running row."""
        plan = self.course.plan
        if self.row >= len(plan.rows) or day < plan.periods[0].start:
            return 0, 0
        return self.course.owed_on(self.row, day), self.course.accrued(self.row, day)

    def _repay_early(self, day: date, how: Early) -> None:
        """Interest up to the day first, then principal with its fee; what is owed after that is planned anew."""
        owed, interest = self.running(day)
        held = sum(cents for _, cents in self.credits)
        if not owed or held <= interest:
            return  # nothing to repay, or too little to repay anything: it meets the next row
        principal = most_repayable(held - interest, owed, self.contract)
        n = self.done + self.row + 1
        self._draw(day, n, Part.INTEREST, interest)
        self._draw(day, n, Part.PRINCIPAL, principal)
        self._draw(day, 0, Part.COST, early_fee(principal, self.contract))
        if owed == principal and not any(when > day for when, _ in self.course.plan.tranches):
            self.done, self.row = n, len(self.course.plan.rows)
            return
        self.course = planning.after_early(self.course, self.row, day, owed - principal, how, self.contract.days_off)
        self.done, self.row = n, 0

    def _draw(self, day: date, n: int, part: Part, cents: int) -> None:
        """Spend credits, the oldest first."""
        while cents:
            reference, held = self.credits[0]
            spent = min(held, cents)
            self._note(reference, day, n, part, spent)
            cents -= spent
            self.credits[:1] = [(reference, held - spent)] if held > spent else []

    def _call_whole(self, day: date) -> None:
        """What is left of the debt becomes one row that is due, and paid ahead meets it at once."""
        plan = self.course.plan
        if self.row >= len(plan.rows):
            return  # all of it is due already
        principal, interest = self.running(day)
        n = self.done + self.row + 1
        self.called = Called(n, self.row, plan.periods[self.row].start, day, principal, interest)
        self.row = len(plan.rows)
        self._fall_due(Due(n, day, principal, interest, day))
        self._spend_credit(day)

    def _restructure(self, one: Restructuring) -> None:
        day = one.value_date
        owed, accrued = self.running(day)
        balance = owed + sum(due.principal for due in self.open)
        unpaid = sum(due.interest for due in self.open)
        for due in self.open:
            due.principal = 0
            if one.capitalises:
                due.interest = 0
        self.open = [due for due in self.open if due.interest or self.penalty_of(due)]
        if one.capitalises:
            balance += unpaid + accrued
        running = self.called.row if self.called is not None else self.row
        row = min(running, len(self.course.plan.rows) - 1)
        course = planning.restructured(
            self.course, row, day, balance, one.changes, one.convention, self.contract.days_off
        )
        self.done += row + 1
        if accrued and not one.capitalises:
            self.open.append(Due(self.done, day, 0, accrued, day))
        self.course, self.row, self.called = course, 0, None


def early_fee(principal: int, contract: Contract) -> int:
    """Cents charged on principal repaid before it is due, rounded half up."""
    over, under = contract.early_fee_pct.as_integer_ratio()
    return (2 * principal * over + 100 * under) // (200 * under)


def most_repayable(cents: int, owed: int, contract: Contract) -> int:
    """The most principal, up to `owed`, that `cents` repay together with its fee."""
    over, under = contract.early_fee_pct.as_integer_ratio()
    principal = min(owed, cents * 100 * under // (100 * under + over) + 1)
    while principal + early_fee(principal, contract) > cents:
        principal -= 1
    return principal


def replayed(contract: Contract, happenings: Iterable[Happening], on: date) -> Position:
    """The position at the end of the day `on`. Raises BadInput and ValueError for happenings that cannot be."""
    loan = _Loan(contract, planning.course(contract.convention, contract.input, contract.days_off))
    for one in in_order(happenings, on):
        loan.take(one)
    loan.advance(on)
    balance, accrued = loan.running(on)
    plan = loan.course.plan
    return Position(
        on=on,
        balance=balance,
        principal_due=sum(one.principal for one in loan.open),
        interest_due=sum(one.interest for one in loan.open),
        penalty_due=sum(loan.penalty_of(one) for one in loan.open),
        cost_due=sum(cents for _, cents in loan.costs),
        accrued=accrued,
        credit=sum(cents for _, cents in loan.credits),
        days_past_due=loan.days_past_due(on),
        allocations=tuple(loan.allocations),
        course=loan.course,
        next_due=plan.periods[loan.row].paid_on if loan.row < len(plan.rows) else None,
        open=tuple(loan.open),
        row=loan.row,
        done=loan.done,
        called=loan.called,
    )
