"""A royalty period: runs, its statement falls due, is invoiced, is paid."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from listings.deals.graphs.parties import CLOCK, PLATFORM, WORKERS
from listings.deals.states import PeriodState
from marketplace.accounts.roles import Role
from marketplace.core.lifecycle import Days, Edge, EndOf, Graph, Party, register

PAYMENT_DAYS = 30
LICENSEE = Party("buyer_id", WORKERS | {Role.FINANCE})

_P = PeriodState
ROYALTY_GRAPH = register(
    Graph(
        name="royalty",
        model="deals.royaltyperiod",
        initial=_P.RUNNING,
        states=PeriodState,
        edges=(
            Edge("end", (_P.RUNNING,), _P.DUE, CLOCK, _("The period is over"), due=EndOf("ends_on"), timed=True),
            Edge("state", (_P.DUE,), _P.INVOICED, LICENSEE, _("Hand in the statement"), due=EndOf("statement_due_on")),
            Edge("pay", (_P.INVOICED,), _P.PAID, PLATFORM, _("Paid"), due=Days(PAYMENT_DAYS)),
        ),
    )
)
