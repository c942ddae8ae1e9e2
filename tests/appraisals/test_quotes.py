"""Free choice, blindness, conflicts and dumping."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from listings.assets.models import Party
from marketplace.core import clock, timers
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.models import Event
from tests import cast
from tests.appraisals import stages
from tests.catalogue.makers import a_right
from tests.rights.makers import owned
from valuation.appraisals import access
from valuation.appraisals.refusals import AgencyNotOpen, InConflict, NobodyInvited, NotIndependent, QuotesClosed
from valuation.appraisals.services import orders, quotes
from valuation.appraisals.states import OrderState, QuoteState
from valuation.models import Quote

pytestmark = pytest.mark.django_db


@pytest.mark.rule("APR-CHOICE")
def test_the_client_alone_chooses_whom_to_ask() -> None:
    order = stages.requested()
    with pytest.raises(NobodyInvited):
        orders.invite(order_id=order.pk, agency_ids=[], by=cast.ines().actor)
    agency = stages.agency_of(cast.val())
    for other in (cast.bo(), cast.val(), cast.lena(), cast.ops()):
        with pytest.raises(NotPermitted):
            orders.invite(order_id=order.pk, agency_ids=[agency.pk], by=other.actor)


def test_no_agency_sees_anothers_quote_and_the_client_none_before_they_open() -> None:
    val, vera, ines = cast.val(), stages.vera(), cast.ines()
    order = stages.quoted(stages.invited(stages.requested(), val, vera), val)

    assert order.state == OrderState.QUOTING
    assert [one.agency.organisation for one in access.quotes_seen_by(vera.actor, order)] == [vera.organisation]
    assert Quote.objects.get(agency__organisation=val.organisation) not in access.quotes_seen_by(ines.actor, order)
    with pytest.raises(NotFound):
        access.quote_of(vera.actor, order, stages.quote_of(order, val).pk)

    order = stages.quoted(order, vera, fee=Decimal("48000.00"))

    assert order.state == OrderState.CHOOSING  # everybody has answered
    assert {one.fee for one in access.quotes_seen_by(ines.actor, order)} == {stages.FEE, Decimal("48000.00")}
    assert access.quotes_seen_by(val.actor, order).get().fee == stages.FEE


def test_events_of_quotes_tell_no_fee() -> None:
    stages.quoted(stages.invited(stages.requested(), cast.val(), stages.vera()))
    told = Event.objects.filter(kind="quote.offer").get()
    assert "53000" not in str(told.data)


def test_when_time_is_over_the_quotes_open_and_late_ones_are_refused() -> None:
    order = stages.invited(stages.requested(), cast.val(), stages.vera())
    order = stages.quoted(order)
    with time_machine.travel(order.quotes_until + timedelta(minutes=1), tick=False):
        timers.run_due()
        order = stages.now(order)
        assert order.state == OrderState.CHOOSING
        assert stages.quote_of(order, stages.vera()).state == QuoteState.LAPSED
        with pytest.raises(QuotesClosed):
            quotes.offer(quote_id=stages.quote_of(order, cast.val()).pk, terms=stages.terms(), by=cast.val().actor)


def test_an_order_nobody_offers_for_ends() -> None:
    order = stages.invited(stages.requested())
    quotes.decline(quote_id=stages.quote_of(order, cast.val()).pk, reason="无人手", by=cast.val().actor)
    assert stages.now(order).state == OrderState.DECLINED


@pytest.mark.rule("APR-CONFLICT")
def test_a_quote_needs_the_declaration_of_independence() -> None:
    order = stages.invited(stages.requested())
    with pytest.raises(NotIndependent):
        quotes.offer(
            quote_id=stages.quote_of(order, cast.val()).pk,
            terms=stages.terms(is_independent=False),
            by=cast.val().actor,
        )


@pytest.mark.rule("APR-CONFLICT")
def test_an_owner_of_a_share_may_not_value_it() -> None:
    right = a_right()
    owned(right, (cast.ines(), (3, 4)), (cast.val(), (1, 4)))
    with pytest.raises(InConflict):
        stages.invited(stages.requested(None, right))


@pytest.mark.rule("APR-CONFLICT")
def test_an_owner_by_name_in_the_register_is_found_too() -> None:
    right = a_right()
    Party.objects.create(asset=right, role="owner", sequence=2, name="瓦尔评估 有限公司")
    with pytest.raises(InConflict):
        stages.invited(stages.requested(None, right))


@pytest.mark.rule("APR-CONFLICT")
def test_an_earlier_job_for_the_other_side_stands_against_an_agency() -> None:
    right = a_right()
    order = stages.invited(stages.requested(cast.ines(), right))
    stages.quoted(order)
    orders.engage(order_id=order.pk, quote_id=stages.quote_of(order, cast.val()).pk, by=cast.ines().actor)
    other = stages.requested(cast.bo(), right)
    with pytest.raises(InConflict) as refused:
        stages.invited(other, client=cast.bo())
    assert order.number in refused.value.message


@pytest.mark.rule("APR-CONFLICT")
def test_of_two_sides_that_asked_at_once_only_one_can_engage_the_agency() -> None:
    right = a_right()
    first = stages.quoted(stages.invited(stages.requested(cast.ines(), right)))
    second = stages.quoted(stages.invited(stages.requested(cast.bo(), right), client=cast.bo()))
    orders.engage(order_id=first.pk, quote_id=stages.quote_of(first, cast.val()).pk, by=cast.ines().actor)
    with pytest.raises(InConflict):
        orders.engage(order_id=second.pk, quote_id=stages.quote_of(second, cast.val()).pk, by=cast.bo().actor)


def test_an_agency_without_two_appraisers_takes_no_orders() -> None:
    from valuation.appraisals.services import agencies

    agency = stages.agency_of(cast.val())
    agencies.appraiser_leaves(by=cast.val().actor, appraiser_id=agency.appraisers.first().pk)
    with pytest.raises(AgencyNotOpen):
        stages.invited(stages.requested())


@pytest.mark.rule("APR-CONFLICT")
def test_a_fee_far_under_the_agencys_own_is_flagged() -> None:
    for _one in range(3):
        stages.quoted(stages.invited(stages.requested()))
    order = stages.invited(stages.requested())
    stages.quoted(order, fee=Decimal("9000.00"))
    flags = stages.quote_of(order, cast.val()).flags
    assert [one["code"] for one in flags] == ["under_own"]
    assert Event.objects.filter(kind="quote.flag").count() == 1


def test_an_unpaid_engagement_lapses() -> None:
    order = stages.engaged()
    with time_machine.travel(clock.now() + timedelta(days=16), tick=False):
        timers.run_due()
        orders.lapsed(order_id=order.pk)
        assert stages.now(order).state == OrderState.CANCELLED
