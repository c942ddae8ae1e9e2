"""Where payments may go, who may take them there, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.accounts.roles import DESK_KINDS, Role
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import AnyOf, At, Clock, Days, Desk, Edge, Graph, Hours, Party, WorkingDays, register
from marketplace.payments.states import (
    HoldbackState,
    ObligationState,
    PayInState,
    PayoutAccountState,
    PayoutState,
    RefundState,
    ReversalState,
)

PAYOUT_ACCOUNT_WAITS_HOURS = 48
PAYIN_DAYS = 30


@dataclass(frozen=True)
class Matter:
    """Whoever the floor above admits to the act on its own matter: it has checked before it calls."""

    def permits(self, actor: Actor, subject: Any) -> bool:
        return True

    def describe(self) -> str:
        return "whom the matter admits"


CLOCK = Clock()
MATTER = Matter()
MONEY_DESK = Desk(frozenset(DESK_KINDS), frozenset({Role.OWNER, Role.FINANCE, Role.REVIEWER, Role.APPROVER}))
TREASURERS = Party("organisation_id", frozenset({Role.OWNER, Role.FINANCE}))
"""Those who pay for an organisation and say where it is paid."""

_O = ObligationState
OBLIGATION_GRAPH = register(
    Graph(
        name="obligation",
        model="payments.obligation",
        initial=_O.OPEN,
        states=ObligationState,
        resting=frozenset({_O.PAID, _O.REFUNDED}),
        edges=(
            Edge("part_settle", (_O.OPEN, _O.PART_PAID, _O.REOPENED), _O.PART_PAID, CLOCK, _("Part arrives")),
            Edge(
                "settle",
                (_O.OPEN, _O.PART_PAID, _O.REOPENED),
                _O.PAID,
                CLOCK,
                _("The whole arrives"),
                due=At("pay_by"),
            ),
            Edge("reopen", (_O.PAID, _O.PART_PAID, _O.REFUNDING), _O.REOPENED, CLOCK, _("Money is taken back")),
            Edge("cancel", (_O.OPEN, _O.REOPENED), _O.CANCELLED, MATTER, _("Cancel")),
            Edge("start_refund", (_O.PAID, _O.PART_PAID, _O.REOPENED), _O.REFUNDING, MATTER, _("Refund")),
            Edge("refund", (_O.REFUNDING,), _O.REFUNDED, CLOCK, _("The whole is refunded"), due=WorkingDays(5)),
            Edge("unrefund", (_O.REFUNDED,), _O.REFUNDING, CLOCK, _("A refund came back")),
            Edge("keep", (_O.REFUNDING,), _O.PAID, CLOCK, _("A part was refunded, the rest stays")),
            Edge("keep_part", (_O.REFUNDING,), _O.PART_PAID, CLOCK, _("A part was refunded, more is to come")),
        ),
    )
)

_I = PayInState
PAYIN_GRAPH = register(
    Graph(
        name="payin",
        model="payments.payin",
        initial=_I.PREPARED,
        states=PayInState,
        resting=frozenset({_I.RECEIVED, _I.EXPIRED, _I.FAILED}),
        edges=(
            Edge("open", (_I.PREPARED,), _I.WAITING, CLOCK, _("Hand out instructions"), due=Hours(1)),
            Edge(
                "part_receive", (_I.WAITING, _I.PART_RECEIVED, _I.EXPIRED), _I.PART_RECEIVED, CLOCK, _("Part arrives")
            ),
            Edge(
                "receive",
                (_I.PREPARED, _I.WAITING, _I.PART_RECEIVED, _I.EXPIRED, _I.FAILED),
                _I.RECEIVED,
                CLOCK,
                _("The whole arrives"),
            ),
            Edge("fail", (_I.PREPARED, _I.WAITING, _I.PART_RECEIVED), _I.FAILED, CLOCK, _("Fails")),
            Edge(
                "expire",
                (_I.PREPARED, _I.WAITING, _I.PART_RECEIVED),
                _I.EXPIRED,
                CLOCK,
                _("Expires"),
                due=Days(PAYIN_DAYS),
                timed=True,
            ),
            Edge("dispute", (_I.RECEIVED,), _I.DISPUTED, CLOCK, _("The payer disputes it")),
            Edge(
                "win", (_I.DISPUTED, _I.RETURNED), _I.RECEIVED, CLOCK, _("The dispute is decided for us"), due=Days(90)
            ),
            Edge(
                "take_back",
                (_I.RECEIVED, _I.DISPUTED, _I.PART_RECEIVED),
                _I.RETURNED,
                CLOCK,
                _("The money is taken back"),
            ),
        ),
    )
)

_P = PayoutState
PAYOUT_GRAPH = register(
    Graph(
        name="payout",
        model="payments.payout",
        initial=_P.PREPARED,
        states=PayoutState,
        resting=frozenset({_P.PAID}),
        edges=(
            Edge("submit", (_P.PREPARED,), _P.SUBMITTED, CLOCK, _("Hand to the provider"), due=WorkingDays(2)),
            Edge("pay", (_P.PREPARED, _P.SUBMITTED), _P.PAID, CLOCK, _("Arrives"), due=WorkingDays(5)),
            Edge("fail", (_P.PREPARED, _P.SUBMITTED, _P.PAID), _P.FAILED, CLOCK, _("Fails, also late")),
            Edge(
                "retry",
                (_P.FAILED,),
                _P.PREPARED,
                AnyOf((MONEY_DESK, CLOCK)),
                _("Try again"),
                due=WorkingDays(2),
            ),
            Edge("cancel", (_P.PREPARED, _P.FAILED), _P.CANCELLED, AnyOf((MATTER, CLOCK)), _("Cancel")),
        ),
    )
)

_R = RefundState
REFUND_GRAPH = register(
    Graph(
        name="refund",
        model="payments.refund",
        initial=_R.REVERSING,
        states=RefundState,
        edges=(
            Edge("prepare", (_R.REVERSING,), _R.PREPARED, CLOCK, _("All the money is back"), due=WorkingDays(5)),
            Edge("submit", (_R.PREPARED,), _R.SUBMITTED, CLOCK, _("Hand to the provider"), due=WorkingDays(2)),
            Edge(
                "complete",
                (_R.PREPARED, _R.SUBMITTED),
                _R.COMPLETE,
                CLOCK,
                _("Arrives"),
                due=WorkingDays(5),
            ),
            Edge("fail", (_R.PREPARED, _R.SUBMITTED, _R.COMPLETE), _R.FAILED, CLOCK, _("Fails, also late")),
            Edge("retry", (_R.FAILED,), _R.PREPARED, AnyOf((MONEY_DESK, CLOCK)), _("Try again"), due=WorkingDays(2)),
            Edge("overtake", (_R.FAILED,), _R.OVERTAKEN, CLOCK, _("The payer’s bank took the money back")),
        ),
        resting=frozenset({_R.COMPLETE}),
    )
)

_V = ReversalState
REVERSAL_GRAPH = register(
    Graph(
        name="reversal",
        model="payments.reversal",
        initial=_V.PREPARED,
        states=ReversalState,
        edges=(
            Edge("submit", (_V.PREPARED,), _V.SUBMITTED, CLOCK, _("Hand to the provider"), due=WorkingDays(2)),
            Edge("finish", (_V.PREPARED, _V.SUBMITTED), _V.DONE, CLOCK, _("Comes back"), due=WorkingDays(5)),
            Edge("fail", (_V.PREPARED, _V.SUBMITTED), _V.FAILED, CLOCK, _("Fails")),
            Edge("retry", (_V.FAILED,), _V.PREPARED, AnyOf((MONEY_DESK, CLOCK)), _("Try again"), due=WorkingDays(2)),
        ),
    )
)

_H = HoldbackState
HOLDBACK_GRAPH = register(
    Graph(
        name="holdback",
        model="payments.holdback",
        initial=_H.HELD_BACK,
        states=HoldbackState,
        edges=(Edge("free", (_H.HELD_BACK,), _H.FREED, MATTER, _("Free"), due=At("until"), timed=True),),
    )
)

_A = PayoutAccountState
PAYOUT_ACCOUNT_GRAPH = register(
    Graph(
        name="payout_account",
        model="payments.payoutaccount",
        initial=_A.WAITING,
        states=PayoutAccountState,
        resting=frozenset({_A.ACTIVE}),
        edges=(
            Edge("activate", (_A.WAITING,), _A.ACTIVE, CLOCK, _("Take into use"), due=At("usable_from"), timed=True),
            Edge("replace", (_A.ACTIVE,), _A.REPLACED, AnyOf((TREASURERS, CLOCK)), _("Replace")),
            Edge("withdraw", (_A.WAITING, _A.ACTIVE), _A.WITHDRAWN, TREASURERS, _("Withdraw")),
        ),
    )
)
