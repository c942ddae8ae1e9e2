"""The internal review: comments, return, approval (Appraisal Law, article 26)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from marketplace.core import clock, events, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import IllegalTransition, Invalid, NotPermitted
from marketplace.core.locks import locked
from valuation.appraisals.graphs.order import ORDER_GRAPH
from valuation.appraisals.graphs.parties import AGENCY_REVIEWS
from valuation.appraisals.guards import reviewer_did_not_draft
from valuation.appraisals.services.signing import put_before_signers, void_unsigned
from valuation.appraisals.states import OrderState
from valuation.appraisals.telling import told
from valuation.models import Order, Report, ReviewComment


def comment(*, order_id: int, text: str, place: str = "", by: Actor) -> ReviewComment:
    """Say what must be changed. Raises SamePerson, Invalid, NotPermitted, IllegalTransition."""
    if not text.strip():
        raise Invalid(field="text", problem=_("Write what must be changed."))
    with locked(Order, order_id) as order:
        if not AGENCY_REVIEWS.permits(by, order) or by.user_id is None:
            raise NotPermitted()
        if order.state != OrderState.REVIEWING:
            raise IllegalTransition(state=OrderState(order.state).label)
        reviewer_did_not_draft(order, by)
        made = ReviewComment.objects.create(
            order=order, place=place[:40], text=text.strip()[:4000], by_id=by.user_id, at=clock.now()
        )
        events.record("appraisal.comment", order, by, data=told(order))
    return made


def return_draft(*, order_id: int, reason: str, by: Actor) -> Order:
    """Send the draft back with the reason. Raises SamePerson, ReasonMissing, NotPermitted, IllegalTransition."""
    with locked(Order, order_id) as order:
        lifecycle.walk(ORDER_GRAPH, order, "return", by=by, reason=reason, data=told(order))
    return order


def approve(*, order_id: int, by: Actor) -> Report:
    """Approve for signature: the text is fixed, set in both languages and put before the two appraisers and the agency.

    Raises SamePerson, CommentsOpen, DraftIncomplete, AppraisersWrong, NotPermitted, IllegalTransition.
    """
    with locked(Order, order_id) as order:
        lifecycle.walk(ORDER_GRAPH, order, "approve", by=by, data=told(order))
        return put_before_signers(order, by=by)


def take_back(*, order_id: int, reason: str, by: Actor) -> Order:
    """The agency takes a report back from its signers to change it. Raises ReasonMissing, NotPermitted,
    IllegalTransition."""
    with locked(Order, order_id) as order:
        lifecycle.walk(ORDER_GRAPH, order, "take_back", by=by, reason=reason, data=told(order))
        void_unsigned(order, by=by, reason=reason)
    return order
