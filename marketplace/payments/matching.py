"""What a line of money coming in pays for: pure rules over what the line says and what is open.

A reference found in the text decides which obligation is meant; the payer's name decides whether the money may be taken
for it. Nothing is guessed from a sum alone, and no tolerance is given: a cent less is a part, a cent more an excess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from marketplace.payments.names import same_name
from marketplace.payments.states import LineState

ZERO = Decimal("0.00")


@dataclass
class Claim:
    """An obligation as matching sees it. `outstanding` goes down as lines of the same file pay it."""

    obligation_id: int
    currency: str
    outstanding: Decimal
    is_payable: bool
    payer_id: int
    payer_names: tuple[str, ...]

    def take(self, amount: Decimal) -> None:
        self.outstanding -= amount
        self.is_payable = self.is_payable and self.outstanding > 0


@dataclass(frozen=True)
class Decision:
    """What becomes of a line: how much goes to which obligation, and what waits unattributed.

    `owner` is the claim whose payer the waiting money belongs to, where that is sure.
    """

    state: LineState
    parts: tuple[tuple[Claim, Decimal], ...] = ()
    rest: Decimal = ZERO
    owner: Claim | None = None


def decide(
    *, amount: Decimal, currency: str, payer_name: str, references: Sequence[str], claims: Mapping[str, Claim]
) -> Decision:
    """Where money that came in belongs. Changes the claims it pays.

    * no reference we know: unmatched; another currency than owed: quarantined;
    * the payer is not the one who owes: third party, quarantined whole;
    * one obligation: exact, part, or over (the excess waits and is the payer's);
    * an obligation that is paid already, or not to be paid (any more): duplicate, all of it waits and is the payer's;
    * several obligations: only of one payer, and only when the sums agree to the cent.
    """
    meant = [claims[one] for one in dict.fromkeys(references) if one in claims]
    if not meant:
        return Decision(LineState.UNMATCHED, rest=amount)
    if any(claim.currency != currency for claim in meant):
        return Decision(LineState.CURRENCY, rest=amount)
    if not all(same_name(payer_name, claim.payer_names) for claim in meant):
        return Decision(LineState.THIRD_PARTY, rest=amount)
    payable = [claim for claim in meant if claim.is_payable]
    if not payable:
        return Decision(LineState.DUPLICATE, rest=amount, owner=meant[0])
    if len(meant) > 1:
        if len(payable) < len(meant) or sum((claim.outstanding for claim in meant), ZERO) != amount:
            return Decision(LineState.SUMS_DIFFER, rest=amount)
        parts = tuple((claim, claim.outstanding) for claim in meant)
        for claim, part in parts:
            claim.take(part)
        return Decision(LineState.MATCHED, parts)
    claim = payable[0]
    part = min(amount, claim.outstanding)
    state = LineState.MATCHED if part == claim.outstanding else LineState.PARTIAL
    if part < amount:
        state = LineState.OVER
    claim.take(part)
    return Decision(state, ((claim, part),), rest=amount - part, owner=claim)
