"""A matter at the office of pledges: filed jointly, perhaps corrected, certified, confirmed by a second person."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loans.graphs.parties import BANK_WORKS, EITHER_WORKS, PLATFORM
from loans.guards import another_person_confirms
from loans.states.pledge import FilingState
from marketplace.core.lifecycle import Edge, EndOf, Graph, WorkingDays, register

CONFIRMING = 1

_S = FilingState
PLEDGE_FILING_GRAPH = register(
    Graph(
        name="pledge_filing",
        model="loans.pledgefiling",
        initial=_S.PREPARING,
        states=FilingState,
        edges=(
            Edge("file", (_S.PREPARING,), _S.FILED, EITHER_WORKS, _("Say that it was filed"), due=EndOf("file_by")),
            Edge(
                "ask_correction",
                (_S.FILED,),
                _S.CORRECTING,
                EITHER_WORKS,
                _("The office asks for a correction"),
                due=EndOf("decide_by"),
                asks_reason=True,
            ),
            Edge(
                "correct",
                (_S.CORRECTING,),
                _S.FILED,
                EITHER_WORKS,
                _("Say that it was corrected"),
                due=EndOf("correct_by"),
                asks_reason=True,
            ),
            Edge(
                "refuse",
                (_S.FILED, _S.CORRECTING),
                _S.REFUSED,
                EITHER_WORKS,
                _("The office refused it"),
                asks_reason=True,
            ),
            Edge("certify", (_S.FILED,), _S.CERTIFIED, EITHER_WORKS, _("Hand in the certificate")),
            Edge(
                "confirm",
                (_S.CERTIFIED,),
                _S.EFFECTIVE,
                BANK_WORKS,
                _("Confirm the certificate"),
                another_person_confirms,
                due=WorkingDays(CONFIRMING),
            ),
            Edge(
                "send_back",
                (_S.CERTIFIED,),
                _S.FILED,
                BANK_WORKS,
                _("Send the certificate back"),
                asks_reason=True,
            ),
            Edge(
                "drop",
                (_S.PREPARING, _S.FILED, _S.CORRECTING, _S.CERTIFIED),
                _S.DROPPED,
                PLATFORM,
                _("No longer needed"),
            ),
        ),
    )
)
