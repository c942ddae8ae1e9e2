"""From the notice of default to proceeds distributed: never by the right passing to the bank itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loans import servicing_guards as guards
from loans.graphs.lending import CLOCK, OFFICER, OFFICER_OR_CLOCK
from loans.states.servicing import DisposalState
from marketplace.core.lifecycle import Edge, Graph, WorkingDays, register

PREPARING_WORKING_DAYS = 20
OFFERED_WORKING_DAYS = 120
DISTRIBUTING_WORKING_DAYS = 5

_S = DisposalState
DISPOSAL_GRAPH = register(
    Graph(
        name="disposal",
        model="loans.disposal",
        initial=_S.NOTICED,
        states=DisposalState,
        edges=(
            Edge("cure", (_S.NOTICED, _S.PREPARING), _S.CURED, CLOCK, _("Cured")),
            Edge(
                "prepare",
                (_S.NOTICED,),
                _S.PREPARING,
                OFFICER,
                _("Choose the way to sell"),
                guards.cure_has_run_out,
                due=WorkingDays(PREPARING_WORKING_DAYS),
            ),
            Edge(
                "offer",
                (_S.PREPARING,),
                _S.OFFERED,
                OFFICER,
                _("Put up for sale"),
                due=WorkingDays(PREPARING_WORKING_DAYS),
            ),
            Edge(
                "sell",
                (_S.OFFERED,),
                _S.SOLD,
                OFFICER_OR_CLOCK,
                _("Sold"),
                guards.has_a_price,
                due=WorkingDays(OFFERED_WORKING_DAYS),
            ),
            Edge(
                "distribute",
                (_S.SOLD,),
                _S.DISTRIBUTED,
                OFFICER,
                _("Distribute the proceeds"),
                guards.has_a_price,
                due=WorkingDays(DISTRIBUTING_WORKING_DAYS),
            ),
            Edge(
                "give_up",
                (_S.NOTICED, _S.PREPARING, _S.OFFERED),
                _S.CLOSED,
                OFFICER,
                _("Give the sale up"),
                asks_reason=True,
            ),
        ),
    )
)
