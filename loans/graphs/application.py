"""An application, from the borrower's draft to a loan paid out (the states of a pledge loan before it is served)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from loans.graphs.parties import BANK_APPROVES, BANK_REVIEWS, BANK_WORKS, BORROWER_DECIDES, BORROWER_WORKS, PLATFORM
from loans.guards import (
    approval_has_passed,
    contracts_are_signed,
    diligence_is_complete,
    every_right_is_pledged,
    is_free_of_interest,
    may_be_submitted,
    nothing_is_pledged,
    offer_may_be_accepted,
    pre_check_passes,
    refusal_has_passed,
)
from loans.states.application import AMENDABLE, UNDECIDED, ApplicationState
from marketplace.core.lifecycle import Days, Edge, EndOf, Graph, WorkingDays, register

#: Service times of the market for a bank that has not said otherwise, in working days (usual times, no rule of law).
TAKING, CHECKING, LOOKING, DECIDING, CONTRACTING, SIGNING, FILING, PAYING = 1, 3, 10, 5, 5, 10, 15, 2
CORRECTION_DAYS = 60

_S = ApplicationState
APPLICATION_GRAPH = register(
    Graph(
        name="loan_application",
        model="loans.application",
        initial=_S.DRAFT,
        states=ApplicationState,
        resting=frozenset({_S.DRAFT}),  # nobody waits for what was not submitted
        edges=(
            Edge(
                "submit",
                tuple(sorted(AMENDABLE)),
                _S.SUBMITTED,
                BORROWER_DECIDES,
                _("Submit to the bank"),
                may_be_submitted,
            ),
            Edge(
                "take",
                (_S.SUBMITTED,),
                _S.PRE_CHECK,
                BANK_REVIEWS,
                _("Take on"),
                is_free_of_interest,
                due=WorkingDays(TAKING),
            ),
            Edge(
                "look_into",
                (_S.PRE_CHECK,),
                _S.DUE_DILIGENCE,
                BANK_REVIEWS,
                _("Pass the pre-check"),
                pre_check_passes,
                due=WorkingDays(CHECKING),
            ),
            Edge(
                "put_forward",
                (_S.DUE_DILIGENCE,),
                _S.CREDIT_REVIEW,
                BANK_REVIEWS,
                _("Put before credit review"),
                diligence_is_complete,
                due=WorkingDays(LOOKING),
            ),
            Edge(
                "offer",
                (_S.CREDIT_REVIEW,),
                _S.OFFERED,
                BANK_APPROVES,
                _("Make the offer"),
                approval_has_passed,
                due=WorkingDays(DECIDING),
            ),
            Edge(
                "return",
                tuple(sorted(UNDECIDED - {_S.SUBMITTED})),
                _S.RETURNED,
                BANK_REVIEWS,
                _("Return for correction"),
                is_free_of_interest,
                asks_reason=True,
            ),
            Edge(
                "reject",
                tuple(sorted(UNDECIDED - {_S.SUBMITTED})),
                _S.REJECTED,
                BANK_APPROVES,
                _("Decline"),
                refusal_has_passed,
                asks_reason=True,
            ),
            Edge(
                "accept",
                (_S.OFFERED,),
                _S.ACCEPTED,
                BORROWER_DECIDES,
                _("Accept the offer"),
                offer_may_be_accepted,
            ),
            Edge("expire", (_S.OFFERED,), _S.EXPIRED, PLATFORM, _("Lapse"), due=EndOf("offer_until"), timed=True),
            Edge(
                "draw_up",
                (_S.ACCEPTED,),
                _S.CONTRACTING,
                BANK_WORKS,
                _("Draw up the contracts"),
                due=WorkingDays(CONTRACTING),
            ),
            Edge("redraw", (_S.CONTRACTING,), _S.ACCEPTED, BANK_WORKS, _("Change the contracts"), asks_reason=True),
            Edge("unsign", (_S.CONTRACTING,), _S.ACCEPTED, PLATFORM, _("A contract was not signed")),
            Edge(
                "file",
                (_S.CONTRACTING,),
                _S.REGISTERING,
                PLATFORM,
                _("Register the pledge"),
                contracts_are_signed,
                due=WorkingDays(SIGNING),
            ),
            Edge(
                "register",
                (_S.REGISTERING,),
                _S.REGISTERED,
                PLATFORM,
                _("Pledge in effect"),
                every_right_is_pledged,
                due=WorkingDays(FILING),
            ),
            Edge(
                "disburse",
                (_S.REGISTERED,),
                _S.DISBURSED,
                BANK_WORKS,
                _("Pay out"),
                every_right_is_pledged,
                due=WorkingDays(PAYING),
            ),
            Edge(
                "withdraw",
                tuple(sorted(AMENDABLE | UNDECIDED | {_S.OFFERED, _S.ACCEPTED, _S.CONTRACTING})),
                _S.WITHDRAWN,
                BORROWER_DECIDES,
                _("Withdraw the application"),
            ),
            Edge("discard", (_S.DRAFT,), _S.WITHDRAWN, BORROWER_WORKS, _("Discard the draft")),
            Edge(
                "lapse",
                (_S.RETURNED,),
                _S.WITHDRAWN,
                PLATFORM,
                _("Lapse without a correction"),
                due=Days(CORRECTION_DAYS),
                timed=True,
            ),
            Edge(
                "give_way",
                (*sorted(AMENDABLE | UNDECIDED), _S.OFFERED),
                _S.WITHDRAWN,
                PLATFORM,
                _("Another bank’s offer was accepted"),
            ),
            Edge(
                "fail",
                (_S.ACCEPTED, _S.CONTRACTING, _S.REGISTERING, _S.REGISTERED),
                _S.FAILED,
                BANK_APPROVES,
                _("Call the loan off"),
                nothing_is_pledged,
                asks_reason=True,
            ),
        ),
    )
)
