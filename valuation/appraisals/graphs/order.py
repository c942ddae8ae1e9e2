"""The way of an appraisal order from request to report, of the quotes for it, and of what the agency asks for.

Every wait has somebody who owes the next step and a day. Until the fee is held the clock ends a wait that nobody ends;
once it is held, a report is issued or the engagement is terminated, and the money follows.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from marketplace.core.lifecycle import AnyOf, At, Days, Edge, EndOf, Graph, WorkingDays, register
from valuation.appraisals import guards
from valuation.appraisals.graphs.parties import (
    AGENCY_DECIDES,
    AGENCY_REVIEWS,
    AGENCY_WORKS,
    CLIENT_DECIDES,
    CLIENT_WORKS,
    CLOCK,
    EITHER_DECIDES,
    PLATFORM,
)
from valuation.appraisals.states import DataState, OrderState, QuoteState

INVITE_WORKING_DAYS = 10
CHOOSE_WORKING_DAYS = 10
CONTRACT_WORKING_DAYS = 10
PAYING_DAYS = 15
DATA_WORKING_DAYS = 20
REVIEW_WORKING_DAYS = 5
SIGNING_WORKING_DAYS = 10

_O = OrderState
ORDER_GRAPH = register(
    Graph(
        name="appraisal",
        model="valuation.order",
        initial=_O.REQUESTED,
        states=OrderState,
        resting=frozenset({_O.ISSUED}),
        edges=(
            Edge(
                "invite",
                (_O.REQUESTED,),
                _O.QUOTING,
                CLIENT_WORKS,
                _("Ask for quotes"),
                guards.somebody_is_invited,
                due=WorkingDays(INVITE_WORKING_DAYS),
            ),
            Edge(
                "close_quotes",
                (_O.QUOTING,),
                _O.CHOOSING,
                PLATFORM,
                _("Open the quotes"),
                due=At("quotes_until"),
                timed=True,
            ),
            Edge("decline", (_O.CHOOSING,), _O.DECLINED, PLATFORM, _("No agency takes it"), guards.nobody_offered),
            Edge(
                "engage",
                (_O.CHOOSING,),
                _O.CONTRACTING,
                CLIENT_DECIDES,
                _("Engage the agency"),
                guards.quote_stands,
                due=WorkingDays(CHOOSE_WORKING_DAYS),
            ),
            Edge(
                "contract",
                (_O.CONTRACTING,),
                _O.ENGAGED,
                PLATFORM,
                _("The engagement contract is signed"),
                guards.contract_is_signed,
                due=WorkingDays(CONTRACT_WORKING_DAYS),
            ),
            Edge(
                "choose_again",
                (_O.CONTRACTING,),
                _O.CHOOSING,
                PLATFORM,
                _("The engagement contract is not signed: choose again"),
                asks_reason=True,
            ),
            Edge(
                "start",
                (_O.ENGAGED,),
                _O.DATA,
                PLATFORM,
                _("The fee is held"),
                guards.fee_is_held,
                due=Days(PAYING_DAYS),
            ),
            Edge("post", (_O.REQUESTED,), _O.DRAFTING, AGENCY_WORKS, _("Post a report"), guards.engaged_elsewhere),
            Edge(
                "begin_drafting",
                (_O.DATA,),
                _O.DRAFTING,
                AGENCY_WORKS,
                _("Begin drafting"),
                guards.data_is_complete,
                due=WorkingDays(DATA_WORKING_DAYS),
            ),
            Edge(
                "hand_in",
                (_O.DRAFTING,),
                _O.REVIEWING,
                AGENCY_WORKS,
                _("Hand in for review"),
                guards.draft_is_complete,
                due=EndOf("report_due"),
            ),
            Edge(
                "return",
                (_O.REVIEWING,),
                _O.DRAFTING,
                AGENCY_REVIEWS,
                _("Return to the drafter"),
                guards.reviewer_did_not_draft,
                asks_reason=True,
            ),
            Edge(
                "approve",
                (_O.REVIEWING,),
                _O.SIGNING,
                AGENCY_REVIEWS,
                _("Approve for signature"),
                guards.review_is_sound,
                due=WorkingDays(REVIEW_WORKING_DAYS),
            ),
            Edge(
                "take_back",
                (_O.SIGNING,),
                _O.DRAFTING,
                AnyOf((AGENCY_WORKS, PLATFORM)),
                _("Take back to be changed"),
                asks_reason=True,
            ),
            Edge(
                "issue",
                (_O.SIGNING,),
                _O.ISSUED,
                PLATFORM,
                _("Issue"),
                guards.report_is_sealed,
                due=WorkingDays(SIGNING_WORKING_DAYS),
            ),
            Edge(
                "revise",
                (_O.ISSUED,),
                _O.DRAFTING,
                AGENCY_DECIDES,
                _("Revise the report"),
                guards.report_may_be_revised,
                asks_reason=True,
            ),
            Edge(
                "cancel",
                (_O.REQUESTED, _O.QUOTING, _O.CHOOSING, _O.CONTRACTING, _O.ENGAGED),
                _O.CANCELLED,
                CLIENT_DECIDES,
                _("Cancel the order"),
                guards.fee_is_not_held,
                asks_reason=True,
            ),
            Edge(
                "terminate",
                (_O.DATA, _O.DRAFTING, _O.REVIEWING, _O.SIGNING),
                _O.TERMINATED,
                EITHER_DECIDES,
                _("Terminate the engagement"),
                asks_reason=True,
            ),
            Edge(
                "resign",
                (_O.CONTRACTING, _O.ENGAGED),
                _O.TERMINATED,
                AGENCY_DECIDES,
                _("Resign before work begins"),
                asks_reason=True,
            ),
            Edge(
                "lapse",
                (_O.REQUESTED,),
                _O.CANCELLED,
                CLOCK,
                _("Lapse: nobody was invited"),
                due=WorkingDays(INVITE_WORKING_DAYS),
                timed=True,
            ),
            Edge(
                "lapse",
                (_O.CHOOSING,),
                _O.CANCELLED,
                CLOCK,
                _("Lapse: no quote was chosen"),
                due=WorkingDays(CHOOSE_WORKING_DAYS),
                timed=True,
            ),
            Edge(
                "lapse",
                (_O.CONTRACTING,),
                _O.CANCELLED,
                CLOCK,
                _("Lapse: the engagement contract was not signed"),
                due=WorkingDays(CONTRACT_WORKING_DAYS),
                timed=True,
            ),
            Edge(
                "lapse",
                (_O.ENGAGED,),
                _O.CANCELLED,
                CLOCK,
                _("Lapse: the fee was not paid"),
                guards.fee_is_not_held,
                due=Days(PAYING_DAYS),
                timed=True,
            ),
        ),
    )
)

_Q = QuoteState
QUOTE_GRAPH = register(
    Graph(
        name="quote",
        model="valuation.quote",
        initial=_Q.INVITED,
        states=QuoteState,
        resting=frozenset({_Q.ACCEPTED}),  # the order owes the next step
        edges=(
            Edge(
                "offer",
                (_Q.INVITED, _Q.OFFERED),
                _Q.OFFERED,
                AGENCY_WORKS,
                _("Quote"),
                guards.quoting_is_open,
                due=At("quotes_until", 30),
            ),
            Edge("decline", (_Q.INVITED, _Q.OFFERED), _Q.DECLINED, AGENCY_WORKS, _("Decline"), asks_reason=True),
            Edge("accept", (_Q.OFFERED,), _Q.ACCEPTED, CLIENT_DECIDES, _("Choose this quote")),
            Edge("lose", (_Q.OFFERED,), _Q.LOST, AnyOf((CLIENT_DECIDES, PLATFORM)), _("Not chosen")),
            Edge("fall_through", (_Q.ACCEPTED,), _Q.LOST, PLATFORM, _("Chosen, but no contract was signed")),
            Edge(
                "lapse",
                (_Q.INVITED,),
                _Q.LAPSED,
                AnyOf((CLIENT_DECIDES, CLOCK)),
                _("No answer in time"),
                due=At("quotes_until"),
                timed=True,
            ),
        ),
    )
)

_S = DataState
DATA_GRAPH = register(
    Graph(
        name="data_request",
        model="valuation.datarequest",
        initial=_S.ASKED,
        states=DataState,
        resting=frozenset({_S.WITHHELD}),
        edges=(
            Edge("deliver", (_S.ASKED, _S.WITHHELD), _S.DELIVERED, CLIENT_WORKS, _("Deliver"), due=EndOf("due_on")),
            Edge("withhold", (_S.ASKED,), _S.WITHHELD, CLIENT_DECIDES, _("Withhold"), asks_reason=True),
            Edge("accept", (_S.DELIVERED,), _S.ACCEPTED, AGENCY_WORKS, _("Accept"), due=WorkingDays(5)),
            Edge("return", (_S.DELIVERED,), _S.ASKED, AGENCY_WORKS, _("Ask again"), asks_reason=True),
            Edge(
                "drop",
                (_S.ASKED, _S.DELIVERED, _S.WITHHELD),
                _S.DROPPED,
                AnyOf((AGENCY_WORKS, PLATFORM)),
                _("No longer needed"),
            ),
        ),
    )
)
