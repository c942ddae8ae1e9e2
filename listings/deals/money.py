"""The money of a deal as the ledger has it: what is held, what is still to come, what went where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Sum, prefetch_related_objects

from listings.deals.splitting import Commission, Leg, Share, Terms, split
from listings.deals.states import LegPurpose
from marketplace.core.money import Money
from marketplace.payments.models import Account, Obligation, Payout, Refund, Release
from marketplace.payments.states import REFUNDS_OVER, AccountKind, ObligationState, PayoutState

if TYPE_CHECKING:
    from listings.deals.models import Deal

#: Why a buyer owes something for a deal. Registered with the payments floor in contributions.py.
PRICE, MILESTONE, COMMISSION, ROYALTY = "deal_price", "deal_milestone", "deal_commission", "deal_royalty"
#: Owed before the register is asked; milestones follow by their own days.
FIRST = (PRICE, COMMISSION)
PAYING_DAYS, DEPOSIT_DAYS = 30, 5
_OVER = (ObligationState.CANCELLED, ObligationState.REFUNDING, ObligationState.REFUNDED)


def held(deal: Deal) -> Money:
    """What the platform holds for the deal now."""
    found = Account.objects.filter(
        kind=AccountKind.HELD, currency=deal.currency, subject_kind=deal.subject[0], subject_id=deal.pk
    ).aggregate(total=Sum("balance"))["total"]
    return Money(-(found or Decimal("0.00")), deal.currency)


def obligations(deal: Deal) -> Iterable[Obligation]:
    """What the buyer owes for the deal, in the order it was asked for."""
    return Obligation.objects.about(deal.subject).order_by("id")


def still_to_come(deal: Deal) -> Money:
    """What of the price (or its first milestone) and the buyer's commission has not arrived; the whole price while
    nothing was asked for."""
    wanted = [one for one in obligations(deal) if one.purpose in FIRST and one.state not in _OVER]
    if not wanted:
        return deal.money
    return Money(sum((one.outstanding for one in wanted), Decimal("0.00")), deal.currency)


def open_payouts(deal: Deal) -> bool:
    """Claims that a payout of the deal has not arrived."""
    done = (PayoutState.PAID, PayoutState.CANCELLED)
    return Payout.objects.about(deal.subject).exclude(state__in=done).exists()


def terms_of(deal: Deal, *, hold_back: bool = True, payoff: bool = True) -> Terms:
    """The frozen terms that decide who gets what of the price; later tranches hold nothing back and pay no pledgee."""
    shares = list(deal.shares.all())
    prefetch_related_objects([one for one in shares if one.inventor_pct], "inventors")
    return Terms(
        seller_id=deal.seller_id,
        owners=tuple(
            Share(
                one.organisation_id,
                one.fraction,
                tuple(inventor.pk for inventor in one.inventors.all()) if one.inventor_pct else (),
                one.inventor_pct,
            )
            for one in shares
        ),
        platform_fee_pct=deal.platform_fee_pct,
        commissions=tuple(Commission(one.broker_id, one.pct) for one in deal.commissions.all() if not one.is_on_buyer),
        pledgee_id=deal.pledgee_id,
        payoff=Money(deal.payoff, deal.currency) if payoff and deal.payoff is not None else None,
        hold_back_pct=deal.hold_back_pct if hold_back else Decimal(0),
    )


def legs_of(deal: Deal) -> list[Leg]:
    """Where the whole price goes, shown before anything moves; raises ProceedsTooSmall."""
    return split(deal.money, terms_of(deal))


def first_legs(deal: Deal) -> list[Leg]:
    """The first release: the price (or its first milestone) by the terms, and the buyer's brokers' commissions."""
    # What was asked for, not what is there now: a payment taken back later changes nobody's part.
    first = sum(
        (one.amount - one.refunded for one in obligations(deal) if one.purpose == PRICE and one.state not in _OVER),
        Decimal("0.00"),
    )
    return [
        *split(Money(first, deal.currency), terms_of(deal)),
        *(Leg(one.broker_id, LegPurpose.BROKER, one.money) for one in buyers_commissions(deal)),
    ]


def held_back(deal: Deal) -> Money:
    """What of the money held waits until the hold-back is freed."""
    if deal.held_back_until is None:
        return Money.zero(deal.currency)
    kept = [leg.money for leg in first_legs(deal) if leg.purpose == LegPurpose.HOLD_BACK]
    return sum(kept, Money.zero(deal.currency))


def free(deal: Deal) -> Money:
    """What is held and not held back: a later milestone that has come in."""
    return held(deal) - held_back(deal)


def demand_payoff_fits(deal: Deal) -> None:
    """Raises ProceedsTooSmall when what is released first does not cover payoff, fee and commission."""
    first = [due.money for due in payment_plan(deal) if due.purpose == PRICE]
    split(sum(first, Money.zero(deal.currency)), terms_of(deal))


def tranche_legs(deal: Deal, tranche: Money) -> list[Leg]:
    """A later milestone, divided like the price; the pledgee was paid out of the first."""
    return split(tranche, terms_of(deal, hold_back=False, payoff=False))


def hold_back_legs(deal: Deal) -> list[Leg]:
    """What was held back, to those it was held back from; in proportion where the payer's bank took some of it."""
    kept = [leg for leg in first_legs(deal) if leg.purpose == LegPurpose.HOLD_BACK]
    there = held(deal)
    if not kept or not there:
        return []
    parts = [leg.money for leg in kept]
    if there < sum(parts, Money.zero(deal.currency)):
        parts = there.split([int(part.amount * 100) for part in parts])
    return [
        Leg(leg.payee_id, _OWN[leg.payee_id == deal.seller_id], part)
        for leg, part in zip(kept, parts, strict=True)
        if part
    ]


_OWN = {True: LegPurpose.SELLER, False: LegPurpose.CO_OWNER}


def still_owed(deal: Deal) -> bool:
    """Claims that a milestone or another part of the price is still to be paid."""
    return any(one.outstanding and one.state not in _OVER for one in obligations(deal) if one.purpose != ROYALTY)


def releases(deal: Deal) -> int:
    """How often money was released for the deal."""
    return Release.objects.filter(subject_kind=deal.subject[0], subject_id=deal.pk).count()


def open_refunds(deal: Deal) -> bool:
    """Claims that a refund of the deal has not arrived."""
    return (
        Refund.objects.filter(obligation__in=Obligation.objects.about(deal.subject))
        .exclude(state__in=REFUNDS_OVER)
        .exists()
    )


@dataclass(frozen=True, slots=True)
class BuyersCommission:
    """What the buyer owes its own broker beside the price."""

    broker_id: int
    money: Money


def buyers_commissions(deal: Deal) -> list[BuyersCommission]:
    return [
        BuyersCommission(one.broker_id, deal.money.times(one.pct / 100))
        for one in deal.commissions.all()
        if one.is_on_buyer and one.pct
    ]


@dataclass(frozen=True, slots=True)
class Due:
    """A sum the buyer is asked for: why, how much, within how many days of the call, under which title."""

    purpose: str
    money: Money
    days: int
    title_zh: str
    title_en: str


def payment_plan(deal: Deal) -> list[Due]:
    """What the buyer owes: the price at once or by milestones, of which the first comes before the register is asked,
    and the commission of a broker it pays itself. The sums of price and milestones make the price.

    The deposit is the part of the price that shows the buyer means it; it is asked for first and within fewer days.
    """
    milestones = [
        (one["title"], Decimal(one["amount"]), int(one["due_days"])) for one in deal.terms.get("milestones", ())
    ]
    if not milestones:
        rest = deal.price - deal.deposit
        plan = [
            Due(PRICE, Money(deal.deposit, deal.currency), DEPOSIT_DAYS, "保证金", "Deposit"),
            Due(PRICE, Money(rest, deal.currency), PAYING_DAYS, "价款", "Price"),
        ]
    else:
        plan = [
            Due(PRICE if at == 0 else MILESTONE, Money(amount, deal.currency), max(days, DEPOSIT_DAYS), title, title)
            for at, (title, amount, days) in enumerate(milestones)
        ]
    plan += [
        Due(COMMISSION, one.money, PAYING_DAYS, "买方经纪佣金", "Buyer’s broker’s commission")
        for one in buyers_commissions(deal)
    ]
    return [one for one in plan if one.money]
