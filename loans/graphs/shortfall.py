"""A shortfall: found by a close, cover asked for, covered or not in time, the loan called in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loans import servicing_guards as guards
from loans.graphs.lending import CLOCK, OFFICER
from loans.states.servicing import ShortfallState
from marketplace.core.lifecycle import Edge, EndOf, Graph, WorkingDays, register

NOTICE_WORKING_DAYS = 2

_S = ShortfallState
SHORTFALL_GRAPH = register(
    Graph(
        name="shortfall",
        model="loans.shortfall",
        initial=_S.OPEN,
        states=ShortfallState,
        resting=frozenset({_S.OVERDUE}),
        edges=(
            Edge(
                "notify",
                (_S.OPEN,),
                _S.NOTIFIED,
                OFFICER,
                _("Ask for cover"),
                due=WorkingDays(NOTICE_WORKING_DAYS),
            ),
            Edge(
                "cure",
                (_S.OPEN, _S.NOTIFIED, _S.OVERDUE),
                _S.CURED,
                CLOCK,
                _("Covered"),
                guards.nothing_is_missing,
            ),
            Edge("miss", (_S.NOTIFIED,), _S.OVERDUE, CLOCK, _("Not covered in time"), due=EndOf("cure_by"), timed=True),
            Edge(
                "accelerate",
                (_S.OVERDUE,),
                _S.ACCELERATED,
                OFFICER,
                _("Call the loan in"),
                asks_reason=True,
            ),
        ),
    )
)
