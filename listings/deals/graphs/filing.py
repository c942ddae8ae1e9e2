"""A matter at an office: filed, perhaps refused and corrected, proved, and the proof checked by a second person."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from listings.deals import guards
from listings.deals.graphs.parties import OPERATORS, PLATFORM, WORKERS
from listings.deals.states import FilingState
from marketplace.core.lifecycle import AnyOf, Edge, EndOf, Graph, Party, WorkingDays, register

CHECK_WORKING_DAYS = 2
FILER = AnyOf((Party("owed_by_id", WORKERS), OPERATORS))

_F = FilingState
FILING_GRAPH = register(
    Graph(
        name="filing",
        model="deals.filing",
        initial=_F.DUE,
        states=FilingState,
        # the office's own time; the deal's deadline and reminders watch over it
        resting=frozenset({_F.FILED}),
        edges=(
            Edge("file", (_F.DUE, _F.REFUSED), _F.FILED, FILER, _("Say that it was filed"), due=EndOf("due_on")),
            Edge(
                "refuse",
                (_F.FILED,),
                _F.REFUSED,
                FILER,
                _("Say what the office found wanting"),
                asks_reason=True,
            ),
            Edge(
                "prove",
                (_F.FILED, _F.REFUSED),
                _F.EVIDENCED,
                FILER,
                _("Hand in the office’s notice"),
                guards.has_evidence,
            ),
            Edge(
                "approve",
                (_F.EVIDENCED,),
                _F.APPROVED,
                OPERATORS,
                _("Confirm that it is recorded"),
                guards.another_person_approves,
                due=WorkingDays(CHECK_WORKING_DAYS),
            ),
            Edge(
                "return",
                (_F.EVIDENCED,),
                _F.REFUSED,
                OPERATORS,
                _("Return the evidence"),
                asks_reason=True,
            ),
            Edge("drop", (_F.DUE, _F.FILED, _F.REFUSED, _F.EVIDENCED), _F.DROPPED, PLATFORM, _("No longer needed")),
        ),
    )
)
