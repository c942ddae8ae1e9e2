"""The way of a loan from the day it is paid out to the day its pledge is released, or its loss is borne."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loans import servicing_guards as guards
from loans.graphs.lending import CLOCK, HEAD, OFFICER, OFFICER_OR_CLOCK
from loans.states.servicing import LIVE, LoanState
from marketplace.core.lifecycle import Edge, Graph, WorkingDays, register

#: The pledge is cancelled within so many working days of the last payment (rule PLG-CANCEL; the span is the contract's
#: usual one and not in the law).
RELEASE_WORKING_DAYS = 5

_S = LoanState
LOAN_GRAPH = register(
    Graph(
        name="loan",
        model="loans.loan",
        initial=_S.ACTIVE,
        states=LoanState,
        resting=LIVE,
        edges=(
            Edge("fall_overdue", (_S.ACTIVE,), _S.OVERDUE, CLOCK, _("Falls overdue")),
            Edge("catch_up", (_S.OVERDUE, _S.ACCELERATED, _S.DEFAULT), _S.ACTIVE, CLOCK, _("Everything due is paid")),
            Edge(
                "accelerate",
                (_S.ACTIVE, _S.OVERDUE),
                _S.ACCELERATED,
                OFFICER,
                _("Call the loan in"),
                asks_reason=True,
            ),
            Edge(
                "declare_default",
                (_S.OVERDUE, _S.ACCELERATED),
                _S.DEFAULT,
                OFFICER,
                _("Declare default"),
                asks_reason=True,
            ),
            Edge("dispose", (_S.DEFAULT,), _S.DISPOSAL, OFFICER_OR_CLOCK, _("Sell the collateral")),
            Edge("end_disposal", (_S.DISPOSAL,), _S.DEFAULT, OFFICER_OR_CLOCK, _("Give the sale up")),
            Edge(
                "settle",
                tuple(sorted(LIVE)),
                _S.SETTLED,
                OFFICER_OR_CLOCK,
                _("Paid off"),
                guards.nothing_is_owed,
            ),
            Edge("reopen", (_S.SETTLED,), _S.ACTIVE, CLOCK, _("A payment was taken back")),
            Edge(
                "release",
                (_S.SETTLED,),
                _S.RELEASED,
                OFFICER_OR_CLOCK,
                _("Release the pledge"),
                due=WorkingDays(RELEASE_WORKING_DAYS),
            ),
            Edge(
                "write_off",
                (_S.DEFAULT, _S.DISPOSAL),
                _S.WRITTEN_OFF,
                HEAD,
                _("Write off"),
                asks_reason=True,
            ),
        ),
    )
)
