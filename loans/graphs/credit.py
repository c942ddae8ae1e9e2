"""A proposal: made by one person, passed or refused by another, void once the facts changed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loans.graphs.parties import BANK_APPROVES, PLATFORM
from loans.guards import another_person_decides, may_be_passed
from loans.states.credit import ProposalState
from marketplace.core.lifecycle import Edge, Graph, WorkingDays, register

DECIDING = 3

_S = ProposalState
PROPOSAL_GRAPH = register(
    Graph(
        name="loan_proposal",
        model="loans.proposal",
        initial=_S.OPEN,
        states=ProposalState,
        edges=(
            Edge(
                "pass",
                (_S.OPEN,),
                _S.PASSED,
                BANK_APPROVES,
                _("Pass the proposal"),
                may_be_passed,
                due=WorkingDays(DECIDING),
            ),
            Edge(
                "refuse",
                (_S.OPEN,),
                _S.REFUSED,
                BANK_APPROVES,
                _("Refuse the proposal"),
                another_person_decides,
                due=WorkingDays(DECIDING),
                asks_reason=True,
            ),
            Edge("void", (_S.OPEN,), _S.VOID, PLATFORM, _("Void, since the facts changed")),
        ),
    )
)
