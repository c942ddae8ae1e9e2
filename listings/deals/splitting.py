"""Who gets what of a price, exactly: pledgee first, then fee and commission, then the owners by their shares.

Pure arithmetic over `Money`; the terms are those frozen when the offer was accepted. The proceeds of a pledged right go
first to the early repayment of the debt it secures (Civil Code, article 444(2)); the fee of the platform and the
broker's commission are parts of the whole price; what remains belongs to the owners in the ratio of their shares, and
an inventor's share comes out of the owners' part in which it was promised. Cents that do not divide go to the largest
remainders, so the legs always sum to the price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

from listings.deals.refusals import ProceedsTooSmall
from listings.deals.states import LegPurpose
from marketplace.core.money import Money


@dataclass(frozen=True, slots=True)
class Share:
    """An owner's part of what the owners get. `inventor_pct` of it goes to `inventors`, divided equally."""

    organisation_id: int
    share: Fraction
    inventors: tuple[int, ...] = ()
    inventor_pct: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Commission:
    """What a broker gets out of the price: one the seller pays. A buyer's broker is paid beside the price."""

    broker_id: int
    pct: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides the split. Percentages are of the price, `payoff` is what the pledgee states to be owed to it."""

    seller_id: int
    owners: tuple[Share, ...]
    platform_fee_pct: Decimal
    commissions: tuple[Commission, ...] = ()
    pledgee_id: int | None = None
    payoff: Money | None = None
    hold_back_pct: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Leg:
    """One payment out of the price: to whom (None: the platform itself), why, how much."""

    payee_id: int | None
    purpose: LegPurpose
    money: Money


def split(price: Money, terms: Terms) -> list[Leg]:
    """The legs of `price`, in the order they are paid; they sum to it to the cent and none is zero or negative.

    With `hold_back_pct` each owner's part appears twice: what goes out now, and a HOLD_BACK leg of the same payee that
    stays held. Raises ProceedsTooSmall when payoff, fee and commission exceed the price, ValueError when the owners'
    shares do not sum to one.
    """
    if sum((owner.share for owner in terms.owners), Fraction(0)) != 1:
        raise ValueError("The owners' shares must sum to one.")
    fee = price.times(terms.platform_fee_pct / 100)
    commissions = [(one.broker_id, price.times(one.pct / 100)) for one in terms.commissions]
    costs = sum((money for _broker, money in commissions), fee)
    payoff = terms.payoff or Money.zero(price.currency)
    rest = price - payoff - costs
    if rest.amount < 0:
        raise ProceedsTooSmall(price=price.amount, payoff=payoff.amount, costs=costs.amount)
    legs = [Leg(terms.pledgee_id, LegPurpose.PLEDGEE, payoff)]
    for owner, part in zip(terms.owners, _by_share(rest, [owner.share for owner in terms.owners]), strict=True):
        legs += _owner_legs(owner, part, terms)
    legs += [
        *(Leg(broker, LegPurpose.BROKER, money) for broker, money in commissions),
        Leg(None, LegPurpose.PLATFORM, fee),
    ]
    return [leg for leg in legs if leg.money]


def _owner_legs(owner: Share, part: Money, terms: Terms) -> list[Leg]:
    to_inventors = part.times(owner.inventor_pct / 100) if owner.inventors else Money.zero(part.currency)
    own = part - to_inventors
    held = own.times(terms.hold_back_pct / 100)
    purpose = LegPurpose.SELLER if owner.organisation_id == terms.seller_id else LegPurpose.CO_OWNER
    legs = [Leg(owner.organisation_id, purpose, own - held)]
    if to_inventors:
        each = to_inventors.split([1] * len(owner.inventors))
        legs += [Leg(payee, LegPurpose.INVENTOR, one) for payee, one in zip(owner.inventors, each, strict=True)]
    legs.append(Leg(owner.organisation_id, LegPurpose.HOLD_BACK, held))
    return legs


def _by_share(whole: Money, shares: Sequence[Fraction]) -> list[Money]:
    """`whole` divided by exact fractions of one."""
    common = lcm(*(share.denominator for share in shares))
    return whole.split([int(share * common) for share in shares])
