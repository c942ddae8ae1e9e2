"""Where talks, their offers and rounds of sealed offers may go, who may take them there, and by when.

Silence ends talks: an enquiry nobody answers within thirty days, talks in which nobody writes for sixty. Either side
may take quiet talks up again by writing.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from listings.deals.graphs.parties import CLOCK, DECIDERS, OPERATORS, WORKERS
from listings.deals.talks.refusals import OfferStillStands, RoundStillOpen
from listings.deals.talks.states import OfferState, RoundState, TalkState
from marketplace.accounts.roles import Power
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.lifecycle import AnyOf, At, Edge, Graph, Party, WorkingDays, register

UNANSWERED_DAYS = 30
SILENT_DAYS = 60
OPENING_WORKING_DAYS = 10
VOID_DAYS = 60


HOLDER_WORKS = Party("holder_id", WORKERS, Power.ENQUIRE)
BUYER_WORKS = Party("buyer_id", WORKERS, Power.ENQUIRE)
EITHER_WORKS = AnyOf((HOLDER_WORKS, BUYER_WORKS))
EITHER_DECIDES = AnyOf((Party("holder_id", DECIDERS), Party("buyer_id", DECIDERS)))

_T = TalkState
NEGOTIATION_GRAPH = register(
    Graph(
        name="negotiation",
        model="deals.negotiation",
        initial=_T.ASKED,
        states=TalkState,
        resting=frozenset({_T.AGREED, _T.LAPSED}),
        edges=(
            Edge("answer", (_T.ASKED,), _T.TALKING, HOLDER_WORKS, _("Answer"), due=WorkingDays(3)),
            Edge("agree", (_T.ASKED, _T.TALKING), _T.AGREED, EITHER_DECIDES, _("Agree")),
            Edge("close", (_T.ASKED, _T.TALKING), _T.CLOSED, EITHER_WORKS, _("Close the talks"), asks_reason=True),
            Edge("resume", (_T.LAPSED,), _T.TALKING, EITHER_WORKS, _("Take the talks up again")),
            Edge("reopen", (_T.AGREED,), _T.TALKING, CLOCK, _("Reopen after a deal that fell through")),
            Edge(
                "give_up",
                (_T.ASKED,),
                _T.LAPSED,
                CLOCK,
                _("Lapse unanswered"),
                due=At("last_said_at", UNANSWERED_DAYS),
                timed=True,
            ),
            Edge(
                "lapse",
                (_T.TALKING,),
                _T.LAPSED,
                CLOCK,
                _("Lapse in silence"),
                due=At("last_said_at", SILENT_DAYS),
                timed=True,
            ),
        ),
    )
)


def validity_has_ended(offer: Any, actor: Actor) -> None:
    """An offer expires by the database's clock, whatever this machine's says. Raises OfferStillStands."""
    if clock.database_now() < offer.valid_until:
        raise OfferStillStands()


MAKER_WORKS = Party("maker_id", WORKERS, Power.ENQUIRE)
RECEIVER_WORKS = Party("receiver_id", WORKERS, Power.ENQUIRE)
RECEIVER_DECIDES = Party("receiver_id", DECIDERS)

_O = OfferState
OFFER_GRAPH = register(
    Graph(
        name="offer",
        model="deals.offer",
        initial=_O.STANDING,
        states=OfferState,
        resting=frozenset({_O.ACCEPTED}),
        edges=(
            Edge("accept", (_O.STANDING,), _O.ACCEPTED, RECEIVER_DECIDES, _("Accept this version")),
            Edge("undo", (_O.ACCEPTED,), _O.UNDONE, CLOCK, _("Its deal fell through")),
            Edge(
                "supersede",
                (_O.STANDING,),
                _O.SUPERSEDED,
                AnyOf((MAKER_WORKS, RECEIVER_WORKS)),
                _("Replace by a new version"),
            ),
            Edge("withdraw", (_O.STANDING,), _O.WITHDRAWN, MAKER_WORKS, _("Withdraw the offer")),
            Edge("reject", (_O.STANDING,), _O.REJECTED, RECEIVER_WORKS, _("Reject the offer")),
            Edge("end", (_O.STANDING,), _O.ENDED, AnyOf((MAKER_WORKS, RECEIVER_WORKS, CLOCK)), _("End with the talks")),
            Edge(
                "expire",
                (_O.STANDING,),
                _O.EXPIRED,
                CLOCK,
                _("Expire"),
                guard=validity_has_ended,
                due=At("valid_until"),
                timed=True,
            ),
        ),
    )
)


def deadline_has_passed(found: Any, actor: Actor) -> None:
    """A round closes by the database's clock. Raises RoundStillOpen."""
    if clock.database_now() < found.closes_at:
        raise RoundStillOpen()


_R = RoundState
SEALED_GRAPH = register(
    Graph(
        name="sealed",
        model="deals.sealedround",
        initial=_R.COLLECTING,
        states=RoundState,
        edges=(
            Edge(
                "close",
                (_R.COLLECTING,),
                _R.CLOSED,
                AnyOf((CLOCK, OPERATORS, Party("holder_id", DECIDERS))),
                _("Close the round"),
                guard=deadline_has_passed,
                due=At("closes_at"),
                timed=True,
            ),
            Edge(
                "open",
                (_R.CLOSED,),
                _R.OPENED,
                AnyOf((OPERATORS, Party("holder_id", DECIDERS))),
                _("Open the offers"),
                due=WorkingDays(OPENING_WORKING_DAYS),
            ),
            Edge(
                "void",
                (_R.CLOSED,),
                _R.VOID,
                CLOCK,
                _("Void, not opened in time"),
                due=At("closes_at", VOID_DAYS),
                timed=True,
            ),
        ),
    )
)
