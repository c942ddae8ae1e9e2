"""Signs of kickbacks that the market's own data can show, for the desk alone."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from listings.brokers.models import Mandate
from marketplace.accounts.models import Organisation
from marketplace.core import clock
from tests import cast
from tests.appraisals import stages
from valuation.appraisals.kickbacks import Given, Paid, share_in_step, signs, steered
from valuation.appraisals.services import orders, posting

DAY = date(2026, 6, 1)


def paid(*pairs: tuple[str, str]) -> list[Paid]:
    return [Paid(f"A-{at}", Decimal(amount), Decimal(fee)) for at, (amount, fee) in enumerate(pairs)]


def test_a_fee_that_follows_the_value_is_a_sign_and_a_fee_per_job_is_none() -> None:
    following = [(f"{n}000000", f"{n}0100") for n in (1, 2, 3, 5, 8)]
    share = share_in_step(paid(*following))
    assert share is not None and Decimal("0.0100") <= share <= Decimal("0.0102")
    assert share_in_step(paid(*following[:4])) is None  # four may be chance
    assert share_in_step(paid(*[(amount, "30000") for amount, _fee in following])) is None
    assert share_in_step(paid(*[(f"{n}000000", f"{n}0000") for n in ("1", "1.1", "1.2", "1.3", "1.4")])) is None


def mandate(client: int, *, ended_on: date | None = None) -> Mandate:
    broker = Organisation(pk=90, name_zh="桥梁经纪", name_en="Bridge Brokers")
    ends_on = DAY + timedelta(days=300)
    return Mandate(client_id=client, broker=broker, starts_on=DAY, ends_on=ends_on, ended_on=ended_on)


def test_a_broker_whose_clients_all_end_at_one_agency_is_a_sign() -> None:
    given = [Given(f"A-{at}", at, 7, DAY + timedelta(days=at)) for at in range(5)]
    mandates = [mandate(client) for client in range(5)]
    (found,) = steered(given, mandates)
    assert (found.code, found.agency_id, len(found.orders)) == ("steered", 7, 5)
    assert found.figures == {"broker": "桥梁经纪", "count": "5", "whole": "5"}
    assert list(steered(given[:4], mandates)) == []
    spread = [*given, *[Given(f"B-{at}", at, 8, DAY + timedelta(days=40)) for at in range(2)]]
    assert list(steered(spread, mandates)) == []  # five of seven go there: no more than a habit
    over = [mandate(client, ended_on=DAY) for client in range(5)]
    assert list(steered(given, over)) == []  # the mandates were over when all but one were given


@pytest.mark.django_db
def test_a_report_taken_outside_after_a_quote_is_seen_by_the_desk_alone() -> None:
    ines, val = cast.ines(), cast.val()
    order = stages.quoted(stages.invited(stages.requested()))
    assert signs() == []
    orders.cancel(order_id=order.pk, reason="另行安排", by=ines.actor)
    wanted = stages.wanted(*order.subject_rights)
    posted = posting.post_elsewhere(client_id=ines.organisation.pk, wanted=wanted, by=val.actor)
    (found,) = signs()
    assert (found.code, found.orders) == ("taken_outside", (order.number, posted.number))
    assert found.agency_id == posted.agency_id and found.figures == {"days": "0"}
    page = cast.ops().signed_in().get(reverse("desk_appraisals")).content.decode()
    assert "可能的回扣迹象" in page and posted.number in page
    for other in (val.signed_in(), ines.signed_in(), Client()):
        assert other.get(reverse("desk_appraisals")).status_code in (302, 404)
    assert clock.today() == posted.base_date
