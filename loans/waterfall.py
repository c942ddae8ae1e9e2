"""Where the proceeds of a sold collateral go, and who bears what they do not cover. Pure; whole cents.

Costs of the sale come first, then those of enforcement, interest with default interest, principal, penalties, creditors
of a later registration, and what is left goes back to the pledgor (Civil Code, articles 389, 436 to 438 and 561; the
last ranks no penalty, so the contract places it behind the principal). A principal lost is borne by the guarantor and
the risk pools by their shares and caps, the rest by the bank; what is recovered later goes back to all pro rata.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from listings.rights.ruling import enforces


class Rank(StrEnum):
    """Who is met, in this order."""

    SALE_COSTS = "sale_costs"
    ENFORCEMENT = "enforcement"
    INTEREST = "interest"
    PRINCIPAL = "principal"
    PENALTY = "penalty"
    LATER = "later"
    SURPLUS = "surplus"


@dataclass(frozen=True, slots=True)
class Claims:
    """What is claimed from the proceeds, in cents. `later` are the claims of later-ranked creditors in their order."""

    sale_costs: int = 0
    enforcement: int = 0
    interest: int = 0
    principal: int = 0
    penalty: int = 0
    later: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if min(self.sale_costs, self.enforcement, self.interest, self.principal, self.penalty, *self.later, 0) < 0:
            raise ValueError("A claim is never negative.")


@dataclass(frozen=True, slots=True)
class Step:
    """One rank: what was claimed, what was paid, what stays open; cents."""

    rank: Rank
    claimed: int
    paid: int

    @property
    def open(self) -> int:
        return self.claimed - self.paid


@dataclass(frozen=True, slots=True)
class Flow:
    """All ranks in order; the last is the surplus, which claims nothing."""

    steps: tuple[Step, ...]

    def paid(self, rank: Rank) -> int:
        return sum(one.paid for one in self.steps if one.rank is rank)

    @property
    def surplus(self) -> int:
        return self.paid(Rank.SURPLUS)

    @property
    def lost_principal(self) -> int:
        """Principal that the proceeds did not cover; it stays a debt (Civil Code, article 438)."""
        return sum(one.open for one in self.steps if one.rank is Rank.PRINCIPAL)


@enforces("PLG-SURPLUS", "ENF-ORDER", "PLG-SCOPE")
def flow(proceeds: int, claims: Claims) -> Flow:
    """Share the proceeds out by rank. Raises ValueError for negative proceeds."""
    if proceeds < 0:
        raise ValueError("Proceeds are never negative.")
    left, steps = proceeds, []
    ranked = (
        (Rank.SALE_COSTS, claims.sale_costs),
        (Rank.ENFORCEMENT, claims.enforcement),
        (Rank.INTEREST, claims.interest),
        (Rank.PRINCIPAL, claims.principal),
        (Rank.PENALTY, claims.penalty),
        *((Rank.LATER, one) for one in claims.later),
    )
    for rank, claimed in ranked:
        paid = min(left, claimed)
        left -= paid
        steps.append(Step(rank, claimed, paid))
    return Flow((*steps, Step(Rank.SURPLUS, left, left)))


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody who bears a share of a lost principal, in per cent, up to a cap in cents where there is one."""

    name: str
    pct: Decimal
    cap: int | None = None


BANK = "bank"


def bear(lost: int, bearers: Sequence[Bearer]) -> dict[str, int]:
    """{who: cents} of a lost principal; the bank keeps what the others' shares and caps leave. Rounded down for them.

    Raises ValueError when the shares exceed the whole or a name stands twice.
    """
    if sum((one.pct for one in bearers), Decimal(0)) > 100 or any(one.pct < 0 for one in bearers):
        raise ValueError("Shares of a loss are between nothing and the whole.")
    if len({one.name for one in bearers} | {BANK}) != len(bearers) + 1:
        raise ValueError("Everybody bears one share.")
    borne = {}
    for one in bearers:
        over, under = one.pct.as_integer_ratio()
        share = lost * over // (100 * under)
        borne[one.name] = share if one.cap is None else min(share, one.cap)
    return {**borne, BANK: lost - sum(borne.values())}


def give_back(recovered: int, borne: dict[str, int]) -> dict[str, int]:
    """Share a later recovery among those who bore the loss, in proportion; nobody gets more than it bore.

    What exceeds the whole loss is the debtor's and answered under "". Cents left over go to the largest remainders.
    """
    lost = sum(borne.values())
    shared = min(recovered, lost)
    if not lost:
        return {"": recovered} if recovered else {}
    parts = {who: shared * cents // lost for who, cents in borne.items()}
    by_remainder = sorted(borne, key=lambda who: (-(shared * borne[who] % lost), who))
    for who in by_remainder[: shared - sum(parts.values())]:
        parts[who] += 1
    return {**parts, "": recovered - shared} if recovered > shared else parts
