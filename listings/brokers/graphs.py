"""Where a mandate may go and who may take it there."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from listings.brokers.states import MandateState
from marketplace.accounts.roles import Role
from marketplace.core.lifecycle import AnyOf, Clock, Days, Edge, EndOf, Graph, Party, register

PROPOSAL_DAYS = 30
BINDING = frozenset({Role.OWNER, Role.SIGNATORY})
PROPOSER = Party("proposed_by_id", BINDING)
RECEIVER = Party("receiver_id", BINDING)
CLIENT = Party("client_id", BINDING)
BROKER = Party("broker_id", BINDING)
CLOCK = Clock()

_M = MandateState
MANDATE_GRAPH = register(
    Graph(
        name="mandate",
        model="brokers.mandate",
        initial=_M.PROPOSED,
        states=MandateState,
        edges=(
            Edge("accept", (_M.PROPOSED,), _M.ACTIVE, RECEIVER, _("Accept the mandate")),
            Edge("decline", (_M.PROPOSED,), _M.DECLINED, RECEIVER, _("Decline")),
            Edge("withdraw", (_M.PROPOSED,), _M.WITHDRAWN, PROPOSER, _("Withdraw the proposal")),
            Edge("lapse", (_M.PROPOSED,), _M.LAPSED, CLOCK, _("Lapse"), due=Days(PROPOSAL_DAYS), timed=True),
            Edge(
                "terminate",
                (_M.ACTIVE,),
                _M.TERMINATED,
                AnyOf((CLIENT, BROKER)),
                _("End the mandate"),
                asks_reason=True,
            ),
            Edge("expire", (_M.ACTIVE,), _M.EXPIRED, CLOCK, _("Run out"), due=EndOf("ends_on"), timed=True),
        ),
    )
)
