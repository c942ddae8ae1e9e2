"""What may become of a report once it is written, and of an objection to it.

A report speaks for a year from its base date. It stops speaking at once when a right it values ends, when its agency
is suspended, when it is withdrawn or replaced; each of these is a state, so wherever the report is used it says so.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from marketplace.core.lifecycle import AnyOf, Days, Edge, EndOf, Graph, Party, WorkingDays, register
from valuation.appraisals import guards
from valuation.appraisals.graphs.parties import AGENCY_DECIDES, AGENCY_WORKS, DECIDERS, PLATFORM
from valuation.appraisals.states import ObjectionState, ReportState

SIGNING_WORKING_DAYS = 10
EXPLAIN_WORKING_DAYS = 10
SILENT_WORKING_DAYS = 20
SECOND_DAYS = 120

_R = ReportState
REPORT_GRAPH = register(
    Graph(
        name="report",
        model="valuation.report",
        initial=_R.SIGNING,
        states=ReportState,
        resting=frozenset({_R.EXPIRED}),
        edges=(
            Edge(
                "issue",
                (_R.SIGNING,),
                _R.ISSUED,
                PLATFORM,
                _("Issue"),
                guards.document_is_complete,
                due=WorkingDays(SIGNING_WORKING_DAYS),
            ),
            Edge("drop", (_R.SIGNING,), _R.DROPPED, AnyOf((AGENCY_WORKS, PLATFORM)), _("Give up"), asks_reason=True),
            Edge("dispute", (_R.ISSUED,), _R.DISPUTED, PLATFORM, _("An objection is open")),
            Edge("settle", (_R.DISPUTED,), _R.ISSUED, PLATFORM, _("The objection is settled")),
            Edge("suspend", (_R.ISSUED, _R.DISPUTED), _R.SUSPENDED, PLATFORM, _("The agency is suspended")),
            Edge("reinstate", (_R.SUSPENDED,), _R.ISSUED, PLATFORM, _("The agency is reinstated")),
            Edge(
                "end_right",
                (_R.ISSUED, _R.DISPUTED, _R.SUSPENDED),
                _R.RIGHT_ENDED,
                PLATFORM,
                _("A right it values has ended"),
            ),
            Edge("revive", (_R.RIGHT_ENDED,), _R.ISSUED, PLATFORM, _("The right is in force again")),
            Edge(
                "expire",
                (_R.ISSUED, _R.DISPUTED, _R.SUSPENDED, _R.RIGHT_ENDED),
                _R.EXPIRED,
                PLATFORM,
                _("Its year of use is over"),
                due=EndOf("valid_until"),
                timed=True,
            ),
            Edge(
                "supersede",
                (_R.ISSUED, _R.DISPUTED, _R.SUSPENDED, _R.EXPIRED, _R.RIGHT_ENDED),
                _R.SUPERSEDED,
                PLATFORM,
                _("Replaced by a newer report"),
            ),
            Edge(
                "withdraw",
                (_R.ISSUED, _R.DISPUTED, _R.SUSPENDED),
                _R.WITHDRAWN,
                AGENCY_DECIDES,
                _("Withdraw the report"),
                asks_reason=True,
            ),
        ),
    )
)

RAISER_DECIDES = Party("raised_by_id", DECIDERS)
_J = ObjectionState
OBJECTION_GRAPH = register(
    Graph(
        name="objection",
        model="valuation.objection",
        initial=_J.RAISED,
        states=ObjectionState,
        edges=(
            Edge(
                "explain",
                (_J.RAISED,),
                _J.EXPLAINED,
                AGENCY_DECIDES,
                _("Explain"),
                due=WorkingDays(EXPLAIN_WORKING_DAYS),
            ),
            Edge(
                "settle",
                (_J.EXPLAINED,),
                _J.SETTLED,
                RAISER_DECIDES,
                _("Accept the explanation"),
                due=WorkingDays(SILENT_WORKING_DAYS),
                timed=True,
            ),
            Edge("ask_second", (_J.EXPLAINED,), _J.SECOND, RAISER_DECIDES, _("Order a second opinion")),
            Edge(
                "conclude",
                (_J.SECOND,),
                _J.CONCLUDED,
                PLATFORM,
                _("The second opinion is there"),
                due=Days(SECOND_DAYS),
            ),
            Edge(
                "withdraw",
                (_J.RAISED, _J.EXPLAINED, _J.SECOND),
                _J.WITHDRAWN,
                AnyOf((RAISER_DECIDES, PLATFORM)),
                _("Withdraw the objection"),
                asks_reason=True,
            ),
        ),
    )
)
