"""A dispute: gathered, decided by two persons of the operator, or withdrawn by who raised it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from listings.deals import guards
from listings.deals.graphs.parties import DECIDERS, OPERATORS, PLATFORM
from listings.deals.states import DisputeState
from marketplace.core.lifecycle import AnyOf, Edge, Graph, Party, WorkingDays, register

DECIDE_WORKING_DAYS = 20
CONFIRM_WORKING_DAYS = 5

_S = DisputeState
DISPUTE_GRAPH = register(
    Graph(
        name="dispute",
        model="deals.dispute",
        initial=_S.OPEN,
        states=DisputeState,
        edges=(
            Edge(
                "propose",
                (_S.OPEN, _S.DECIDING),
                _S.DECIDING,
                OPERATORS,
                _("Propose a decision"),
                due=WorkingDays(DECIDE_WORKING_DAYS),
            ),
            Edge(
                "decide",
                (_S.DECIDING,),
                _S.DECIDED,
                OPERATORS,
                _("Confirm the decision"),
                guards.another_person_decides,
                due=WorkingDays(CONFIRM_WORKING_DAYS),
            ),
            Edge(
                "withdraw",
                (_S.OPEN, _S.DECIDING),
                _S.WITHDRAWN,
                AnyOf((Party("raised_by_id", DECIDERS), PLATFORM)),
                _("Withdraw the dispute"),
                asks_reason=True,
            ),
        ),
    )
)
