"""The money of a deal as a picture and as a table."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from listings.deals import money
from listings.deals.presenting.facts import Facts
from listings.deals.refusals import ProceedsTooSmall
from listings.deals.splitting import Leg
from listings.deals.states import FUNDED, UNFUNDED, LegPurpose
from marketplace.core import clock
from marketplace.core.errors import Sentence
from marketplace.payments.presenting import PAYOUT_SHAPES, SHAPES
from marketplace.payments.states import ObligationState, PayoutState

LEG_COLOURS = {
    LegPurpose.PLEDGEE: "b-pledge",
    LegPurpose.SELLER: "b-own",
    LegPurpose.CO_OWNER: "b-sole",
    LegPurpose.INVENTOR: "b-ordinary",
    LegPurpose.BROKER: "b-core",
    LegPurpose.PLATFORM: "b-band",
    LegPurpose.HOLD_BACK: "b-soft",
}
#: Too pale for words inside them.
PALE = frozenset({LegPurpose.PLATFORM, LegPurpose.HOLD_BACK})


def money_picture(facts: Facts) -> dict[str, Any]:
    """What is held, where it goes (drawn and as a table that sums to the price), what was asked for, what went out."""
    deal = facts.deal
    try:
        legs = money.legs_of(deal)
        refusal = None
    except ProceedsTooSmall as error:
        legs, refusal = [], error
    held = facts.small.held if deal.state in FUNDED or facts.obligations else None
    return {
        "held": held,
        "price": deal.money,
        "legs": list(_leg_rows(facts, legs)),
        "refusal": refusal,
        "is_private": not _sees_money(facts),
        "awaited": facts.names.get(deal.pledgee_id or 0, "") if deal.payoff is None and deal.state in UNFUNDED else "",
        "obligations": [
            {
                "title": one.title,
                "reference": one.reference,
                "due": clock.last_day(one.pay_by),
                "paid": one.paid,
                "money": one.money,
                "said": ObligationState(one.state).label,
                "shape": SHAPES[one.state],
                "url": reverse("obligation", args=[one.reference]) if facts.is_buyer else "",
            }
            for one in facts.obligations
        ],
        "payouts": [
            {
                "name": facts.names.get(one.payee_id or 0, _("Platform")),
                "purpose": _purpose(facts, one.purpose),
                "money": one.money,
                "state": PayoutState(one.state).label,
                "shape": PAYOUT_SHAPES[one.state],
                "on": one.paid_at,
            }
            for one in facts.payouts
        ],
    }


def _purpose(facts: Facts, purpose: str) -> Sentence:
    """Why somebody gets a part; whoever licenses is no seller."""
    if purpose == LegPurpose.SELLER and facts.deal.is_licence:
        return _("Licensor")
    return LegPurpose(purpose).label if purpose in LegPurpose.values else purpose


def _sees_money(facts: Facts) -> bool:
    return facts.actor.acts_for in {facts.deal.seller_id, facts.deal.buyer_id} or facts.actor.on_behalf_of is None


def _leg_rows(facts: Facts, legs: Iterable[Leg]) -> Iterable[dict[str, Any]]:
    left = Decimal(0)
    for leg in legs:
        share = leg.money.amount * 100 / facts.deal.price
        yield {
            "name": facts.names.get(leg.payee_id, "") if leg.payee_id else _("Platform fee"),
            "why": _purpose(facts, leg.purpose),
            "money": leg.money,
            "pct": share,
            "css": LEG_COLOURS[leg.purpose],
            "x": f"{left:.3f}%",
            "width": f"{max(share - Decimal('0.3'), Decimal('0.2')):.3f}%",
            "is_wide": share > 18 and leg.purpose not in PALE,
        }
        left += share
