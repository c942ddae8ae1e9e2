"""Two sides engage one agency for one right at the same moment: one wins, the other is refused; and the control."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db.models import Model

from listings.assets.models import Asset
from marketplace.core import locks
from tests import cast
from tests.appraisals import stages
from tests.cast import Part
from tests.catalogue.makers import a_right
from tests.concurrency.test_offers import only_refusals, race, wins
from valuation.appraisals import conflicts
from valuation.appraisals.services import orders
from valuation.models import Order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def both_ask() -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Ines and Bo both have Val's quote for the same right before them."""
    right = a_right()
    val, parts = cast.val(), (cast.ines(), cast.bo())
    for part in parts:
        stages.quoted(stages.invited(stages.requested(part, right), val, client=part), val)

    def engages(part: Part) -> Callable[[], Any]:
        order = Order.objects.get(client=part.organisation)
        quote, actor = stages.quote_of(order, val), part.actor
        return lambda: orders.engage(order_id=order.pk, quote_id=quote.pk, by=actor)

    return engages(parts[0]), engages(parts[1])


@pytest.fixture
def wide_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some time between the check for conflicts and what follows from it."""
    check = conflicts.demand_none

    def slowly(*args: Any, **kwargs: Any) -> None:
        check(*args, **kwargs)
        time.sleep(0.5)

    monkeypatch.setattr(conflicts, "demand_none", slowly)


@pytest.mark.rule("APR-CONFLICT")
def test_one_agency_is_not_engaged_by_both_sides_at_once(wide_gap: None) -> None:
    ends = race(*both_ask())
    assert wins(ends) == 1
    only_refusals(ends)


def test_control_without_the_locks_of_the_rights_both_engage(wide_gap: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_rights(wanted: Sequence[tuple[type[Model], int]]) -> Any:
        return locks.locked_all([one for one in wanted if one[0] is not Asset])

    asks = both_ask()
    monkeypatch.setattr(orders, "locked_all", without_rights)
    assert wins(race(*asks)) == 2
