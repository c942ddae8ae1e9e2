"""Reviews of a completed deal, double-blind: neither side reads the other's before its own is written or time is up."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from listings.deals.graphs.parties import EITHER_DECIDES
from listings.deals.models import Deal, Review
from listings.deals.refusals import AlreadyReviewed, TooEarlyToReview
from listings.deals.states import DealState
from marketplace.core import clock, events, timers
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Invalid, NotPermitted
from marketplace.core.locks import locked

OPEN_DAYS = 14
LONGEST = 2000
FAMILY = "review"


def write_review(*, deal_id: int, stars: int, text: str, by: Actor) -> Review:
    """One's word on the other side, once. Both are published together, or one alone after fourteen days.

    Raises NotPermitted, TooEarlyToReview, AlreadyReviewed, Invalid.
    """
    if not 1 <= stars <= 5:
        raise Invalid(field="stars", problem=_("Choose one to five stars."))
    if len(text) > LONGEST:
        raise Invalid(field="text", problem=_("At most 2,000 characters."))
    with locked(Deal, deal_id) as deal:
        if not EITHER_DECIDES.permits(by, deal) or by.acts_for is None or by.user_id is None:
            raise NotPermitted()
        if deal.state != DealState.COMPLETED:
            raise TooEarlyToReview()
        if deal.reviews.filter(by=by.acts_for).exists():
            raise AlreadyReviewed()
        about = deal.buyer_id if by.acts_for == deal.seller_id else deal.seller_id
        review = Review.objects.create(
            deal=deal,
            by_id=by.acts_for,
            about_id=about,
            written_by_id=by.user_id,
            stars=stars,
            text=text.strip(),
            written_at=clock.now(),
        )
        events.record("deal.review", deal, by, data={"number": deal.number, "about": about})
        if deal.reviews.count() == 2:
            _publish(deal, by)
        else:
            timers.arm(deal, FAMILY, "publish", clock.now() + timedelta(days=OPEN_DAYS))
    return review


@transaction.atomic
def publish_due(deal_id: int, act: str) -> None:
    """The time for the second review is over: what was written becomes public."""
    with locked(Deal, deal_id) as deal:
        _publish(deal, SYSTEM)


def _publish(deal: Deal, by: Actor) -> None:
    timers.disarm(deal, FAMILY)
    if deal.reviews.filter(published_at=None).update(published_at=clock.now()):
        events.record(
            "deal.reviews_public",
            deal,
            by,
            data={"number": deal.number, "touched": {"accounts.organisation": [deal.seller_id, deal.buyer_id]}},
        )


timers.on_timer(FAMILY, publish_due)
