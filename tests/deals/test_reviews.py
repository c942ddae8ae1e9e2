"""Reviews: of completed deals, once a side, unseen by the other until both are written or fourteen days are over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listings.deals.models import Deal
from listings.deals.refusals import AlreadyReviewed
from listings.deals.services import reviews
from marketplace.accounts.roles import Role
from marketplace.core import clock, timers
from marketplace.core.errors import Invalid, NotPermitted
from marketplace.core.models import Event
from tests import cast
from tests.builders import member_actor
from tests.deals import stages
from tests.deals.test_deal_path import own_place  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def times_published(deal: Deal) -> int:
    return Event.objects.filter(kind="deal.reviews_public", subject_id=deal.pk).count()


def test_each_side_writes_once_and_is_read_when_both_have_or_after_fourteen_days():
    deal = stages.paid_out(stages.recorded(stages.paid(stages.signed(stages.agreed()))), cast.ines())
    buyer, seller = cast.bo(), cast.ines()

    def writes(by, stars=5, text=""):
        return reviews.write_review(deal_id=deal.pk, stars=stars, text=text, by=by)

    for outsider in (cast.stranger().actor, cast.ops().actor, member_actor(buyer.organisation, Role.STAFF)):
        with pytest.raises(NotPermitted):
            writes(outsider)
    for field, wrong in (("stars", {"stars": 0}), ("stars", {"stars": 6}), ("text", {"text": "好" * 2001})):
        with pytest.raises(Invalid) as refused:
            writes(buyer.actor, **wrong)
        assert refused.value.field == field

    of_seller = writes(buyer.actor, 2, " 响应慢 ")
    assert (of_seller.about, of_seller.text, of_seller.stars) == (seller.organisation, "响应慢", 2)
    with pytest.raises(AlreadyReviewed):
        writes(buyer.actor, 5)

    with stages.what_if():  # both are written
        of_buyer = writes(seller.actor, 1, "好" * 2000)
        assert (of_buyer.about, of_buyer.by) == (buyer.organisation, seller.organisation)
        assert deal.reviews.published().count() == 2
        with clock.at(clock.now() + timedelta(days=30)):
            timers.run_due()
            reviews.publish_due(deal.pk, "publish")
        assert times_published(deal) == 1, "the clock has nothing left to publish"

    page, begun = f"/workspace/deals/{deal.number}/", clock.now()
    with clock.at(begun + timedelta(days=13, hours=23)):
        timers.run_due()
        assert "响应慢" not in seller.signed_in().get(page).content.decode()
    with clock.at(begun + timedelta(days=14, minutes=1)):
        timers.run_due()
        assert deal.reviews.get().published_at == clock.now()
        assert "响应慢" in seller.signed_in().get(page).content.decode()
        late = writes(seller.actor, 4, "交接顺利")
        late.refresh_from_db()
        assert late.published_at == clock.now(), "the second is public at once"
    assert times_published(deal) == 2
