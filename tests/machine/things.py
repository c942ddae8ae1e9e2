"""The things of the machine's model: offers, talks, sums owed, deals and rights, as plain facts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
FEE_PCT = Decimal(1)
PAYABLE = ("open", "part_paid", "reopened")
OVER = ("cancelled", "refunding", "refunded")
UNFUNDED = ("agreed", "signing", "consenting", "paying")
LIVE = (*UNFUNDED, "recording", "releasing")
WORKING_DAYS = {"agreed": 10, "signing": 15, "consenting": 20}
PAYING_DAYS = 30
RECORDALS = ("assignment", "licence")


def part(amount: Decimal, pct: Decimal) -> Decimal:
    """`pct` percent of an amount, half a cent upward."""
    return (amount * pct / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@dataclass
class Offered:
    """One version of an offer."""

    maker: str
    price: Decimal
    plan: Plan
    valid_until: datetime
    state: str = "standing"


@dataclass(frozen=True)
class Plan:
    """How the price is paid: `deposit` first or `first` as the first of two milestones; a part held back for days."""

    deposit: Decimal = ZERO
    first: Decimal = ZERO
    hold_pct: int = 0
    hold_days: int = 0


@dataclass
class Talks:
    """Between the holder and `buyer` about listing number `listing`."""

    listing: int
    buyer: str
    state: str = "asked"
    said_at: datetime | None = None
    offers: list[Offered] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.state in ("asked", "talking")


@dataclass
class Owed:
    """An obligation. `pending` is on its way back to the payer; `ways` is what came by each provider, net."""

    purpose: str
    amount: Decimal
    paid: Decimal = ZERO
    refunded: Decimal = ZERO
    pending: Decimal = ZERO
    state: str = "open"
    ways: Counter[str] = field(default_factory=Counter)

    @property
    def outstanding(self) -> Decimal:
        return self.amount - self.paid

    def take_in(self, amount: Decimal, way: str) -> tuple[Decimal, Decimal]:
        """(taken, too much)"""
        taken = min(amount, self.outstanding) if self.state in PAYABLE else ZERO
        if taken:
            self.paid += taken
            self.ways[way] += taken  # type: ignore[assignment]
            self.state = "paid" if self.paid == self.amount else "part_paid"
        return taken, amount - taken


@dataclass
class Matter:
    """A filing with the office."""

    state: str = "due"
    evidenced_by: str = ""


@dataclass
class Quarrel:
    """The dispute of a deal that is not settled."""

    raised_by: str
    state: str = "open"
    pct: int | None = None
    proposed_by: str = ""

    @property
    def shown(self) -> list[object]:
        return [self.state, self.pct, self.proposed_by]


@dataclass
class Deal:
    talks: int
    buyer: str
    mode: str
    assets: tuple[str, ...]
    price: Decimal
    plan: Plan
    is_pledged: bool
    since: datetime
    version: int
    state: str = "agreed"
    signed: int = 0
    paper: str = ""  # "", live, complete, dead
    drawn_at: datetime | None = None
    payoff: Decimal | None = None
    consent: str = ""
    owed: list[Owed] = field(default_factory=list)
    held: Decimal = ZERO
    recoverable: Decimal = ZERO
    filings: dict[str, Matter] = field(default_factory=dict)
    quarrel: Quarrel | None = None
    decided: list[int] = field(default_factory=list)
    give_back_agreed: set[str] = field(default_factory=set)
    released: Counter[str] = field(default_factory=Counter)
    kept_back: Decimal = ZERO
    free_at: datetime | None = None
    unsent: int = 0
    bounced: int = 0
    news: list[str] = field(default_factory=list)

    @property
    def waits_for_the_register(self) -> bool:
        return self.mode in ("transfer", "exclusive")

    @property
    def to_come(self) -> Decimal:
        wanted = [one for one in self.owed if one.purpose == "deal_price" and one.state not in OVER]
        return sum((one.outstanding for one in wanted), ZERO) if wanted else self.price

    @property
    def is_giving_back(self) -> bool:
        return any(one.pending for one in self.owed)

    @property
    def is_recorded(self) -> bool:
        return any(self.filings[kind].state == "approved" for kind in RECORDALS if kind in self.filings)


@dataclass
class Right:
    """What the register shows of a right, and who was promised it: indexes of deals."""

    owner: str = "ines"
    pledge: bool = False
    licences: list[str] = field(default_factory=list)
    promised: list[int] = field(default_factory=list)
