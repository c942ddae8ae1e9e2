"""The way of a deal from agreement to completion, and the ways out of it.

Every waiting state has somebody who owes the next step and a day. Until the price is held the clock ends a wait that
nobody ends; once it is held, only a recorded right, an agreed refund or a decided dispute moves money. A deal that ends
early gives back whatever was paid by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from listings.deals import guards
from listings.deals.graphs.parties import CLOCK, EITHER_DECIDES, EITHER_WORKS, OPERATORS, PLATFORM
from listings.deals.states import DealState
from marketplace.core.lifecycle import AnyOf, Days, Edge, Graph, WorkingDays, register

if TYPE_CHECKING:
    from listings.deals.models import Deal

CONTRACT_WORKING_DAYS = 10
SIGNING_WORKING_DAYS = 15
CONSENT_WORKING_DAYS = 20
PAYING_DAYS = 30
RECORDING_WORKING_DAYS = 60
PAYOUT_WORKING_DAYS = 5
REFUND_WORKING_DAYS = 10


@dataclass(frozen=True)
class PayoutsDone:
    """Some working days, or the day until which a part is held back, whichever is later."""

    count: int

    def __call__(self, subject: Deal, since: datetime) -> datetime:
        usual = WorkingDays(self.count)(subject, since)
        if subject.held_back_until is None:
            return usual
        day = timezone.make_aware(datetime.combine(subject.held_back_until + timedelta(days=1), time.min))
        return max(usual, WorkingDays(self.count)(subject, day))

    def __str__(self) -> str:
        return f"{self.count} working days, after what is held back"


_D = DealState
DEAL_GRAPH = register(
    Graph(
        name="deal",
        model="deals.deal",
        initial=_D.AGREED,
        states=DealState,
        resting=frozenset({_D.COMPLETED}),
        edges=(
            Edge(
                "draw_up",
                (_D.AGREED,),
                _D.SIGNING,
                EITHER_WORKS,
                _("Draw up the contract"),
                guards.rights_still_allow,
                due=WorkingDays(CONTRACT_WORKING_DAYS),
            ),
            Edge(
                "redraw",
                (_D.SIGNING, _D.CONSENTING, _D.PAYING),
                _D.AGREED,
                EITHER_DECIDES,
                _("Change the contract"),
                guards.nothing_is_paid,
                asks_reason=True,
            ),
            Edge(
                "ask_consents",
                (_D.SIGNING,),
                _D.CONSENTING,
                PLATFORM,
                _("Ask for the consents"),
                guards.contract_is_signed,
                due=WorkingDays(SIGNING_WORKING_DAYS),
            ),
            Edge(
                "call_for_payment",
                (_D.SIGNING, _D.CONSENTING),
                _D.PAYING,
                PLATFORM,
                _("Call for payment"),
                guards.rights_and_consents_stand,
                due=WorkingDays(CONSENT_WORKING_DAYS),
            ),
            Edge(
                "fund",
                (_D.PAYING,),
                _D.RECORDING,
                PLATFORM,
                _("The price is held"),
                guards.price_is_held,
                due=Days(PAYING_DAYS),
            ),
            Edge(
                "release",
                (_D.RECORDING,),
                _D.RELEASING,
                PLATFORM,
                _("Pay out"),
                guards.money_may_leave,
                due=WorkingDays(RECORDING_WORKING_DAYS),
            ),
            Edge(
                "settle",
                (_D.RECORDING,),
                _D.RELEASING,
                PLATFORM,
                _("Pay out as decided"),
                guards.dispute_is_decided,
            ),
            Edge(
                "complete",
                (_D.RELEASING,),
                _D.COMPLETED,
                PLATFORM,
                _("Complete"),
                guards.everybody_is_paid,
                due=PayoutsDone(PAYOUT_WORKING_DAYS),
            ),
            Edge(
                "reopen",
                (_D.COMPLETED,),
                _D.RELEASING,
                PLATFORM,
                _("A payout came back"),
            ),
            Edge(
                "cancel",
                (_D.AGREED, _D.SIGNING, _D.CONSENTING, _D.PAYING),
                _D.CANCELLED,
                EITHER_DECIDES,
                _("Cancel the deal"),
                asks_reason=True,
            ),
            Edge(
                "refund",
                (_D.RECORDING,),
                _D.REFUNDING,
                AnyOf((OPERATORS, PLATFORM)),
                _("Give the money back"),
                guards.refund_is_decided,
                asks_reason=True,
            ),
            Edge(
                "refunded",
                (_D.REFUNDING,),
                _D.REFUNDED,
                PLATFORM,
                _("The money is back"),
                guards.nothing_is_held,
                due=WorkingDays(REFUND_WORKING_DAYS),
            ),
            Edge(
                "lapse",
                (_D.AGREED,),
                _D.EXPIRED,
                CLOCK,
                _("Lapse: no contract drawn up"),
                due=WorkingDays(CONTRACT_WORKING_DAYS),
                timed=True,
            ),
            Edge(
                "lapse",
                (_D.SIGNING,),
                _D.EXPIRED,
                CLOCK,
                _("Lapse: not signed in time"),
                due=WorkingDays(SIGNING_WORKING_DAYS),
                timed=True,
            ),
            Edge(
                "lapse",
                (_D.CONSENTING,),
                _D.EXPIRED,
                CLOCK,
                _("Lapse: consents not given in time"),
                due=WorkingDays(CONSENT_WORKING_DAYS),
                timed=True,
            ),
            Edge(
                "lapse",
                (_D.PAYING,),
                _D.EXPIRED,
                CLOCK,
                _("Lapse: not paid in time"),
                due=Days(PAYING_DAYS),
                timed=True,
            ),
        ),
    )
)
