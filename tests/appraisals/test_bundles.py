"""Orders over several rights: each has its value, the bundle its concentration, and the conclusion is shared out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from listings.assets.models import Asset
from tests import cast
from tests.appraisals import stages
from tests.catalogue.makers import a_right
from valuation.appraisals import bundles, completeness, twin
from valuation.appraisals.refusals import DraftIncomplete, OneMethodOnly
from valuation.appraisals.services import data, drafting, orders, reviewing
from valuation.appraisals.services.drafting import Working
from valuation.models import MethodUse, Order


def test_parts_sum_to_the_conclusion_to_the_cent() -> None:
    lines = [{"number": str(at), "category": "H01M", "value": "333.33"} for at in range(3)]
    parts = bundles.parts_of(Decimal("1000.00"), "CNY", lines)
    assert [one["part"] for one in parts] == ["333.34", "333.33", "333.33"]
    assert bundles.parts_of(Decimal("1000.00"), "CNY", [{**one, "value": "0"} for one in lines]) == []
    with pytest.raises(bundles.RightsWrong):
        bundles.parts_of_methods(Decimal(1), "CNY", [{"method": "portfolio", "input": {"patents": [{}]}}])


def drafted(*assets: Asset) -> Order:
    ines, val = cast.ines(), cast.val()
    order = stages.invited(stages.requested(ines, *assets), val)
    stages.quoted(order, val)
    chosen = stages.quote_of(order, val)

    orders.engage(order_id=order.pk, quote_id=chosen.pk, by=ines.actor)
    order = stages.paid(stages.contracted(stages.now(order)))
    data.begin_drafting(order_id=order.pk, by=val.actor)
    stages.write_everything(order, stages.member(val, "a"))
    return stages.now(order)


def portfolio(*lines: tuple[str, str, str]) -> Working:
    given = {
        "patents": [{"number": number, "value": value, "category": category} for number, value, category in lines],
        "diversification_factor": "0.2",
    }
    return Working("portfolio", given, dict.fromkeys(given, "依据各项价值"), {}, "多项权利。")


@pytest.mark.django_db
def test_a_bundle_is_concluded_with_the_value_of_each_right() -> None:
    val = cast.val()
    one, other = a_right(cast.ines()), a_right(cast.ines())
    order, anna = drafted(one, other), stages.member(val, "a")
    with pytest.raises(DraftIncomplete):
        drafting.hand_in(order_id=order.pk, by=anna.actor)
    for lines in ([(one.number, "600000", "C08J")], [(one.number, "1", "x"), (one.number, "1", "x")]):
        with pytest.raises(bundles.RightsWrong):
            drafting.use_method(order_id=order.pk, working=portfolio(*lines), by=anna.actor)
    lines = [(one.number, "600000", "C08J"), (other.number, "400000", "H01M")]
    drafting.use_method(order_id=order.pk, working=portfolio(*lines), by=anna.actor)
    use = MethodUse.objects.get(order=order, method="portfolio")
    assert use.value == Decimal("896000.00")  # 1,000,000 × (1 − 0.2 × (0.6² + 0.4²))
    weights = {"relief_from_royalty": Decimal(40), "replacement_cost": Decimal(20), "portfolio": Decimal(40)}
    drafting.weigh(order_id=order.pk, weights=weights, by=anna.actor)
    drafting.hand_in(order_id=order.pk, by=anna.actor)
    report = reviewing.approve(order_id=order.pk, by=stages.member(val, "c").actor)
    parts = report.twin["conclusion"]["parts"]
    assert [part["number"] for part in parts] == [one.number, other.number]
    assert sum(Decimal(part["part"]) for part in parts) == report.amount
    assert twin.recompute(report.twin).agrees
    report.twin["conclusion"]["parts"][0]["part"] = "1.00"
    assert not twin.recompute(report.twin).agrees
    issued = stages.all_sign(report)
    with pytest.raises(DatabaseError), transaction.atomic():
        MethodUse.objects.filter(order=issued.order).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        issued.order.delete()


@pytest.mark.django_db
def test_a_sum_of_values_is_no_second_method() -> None:
    one, other = a_right(cast.ines()), a_right(cast.ines())
    order, anna = drafted(one, other), stages.member(cast.val(), "a")
    drafting.drop_method(order_id=order.pk, method="replacement_cost", by=anna.actor)
    lines = [(one.number, "600000", "C08J"), (other.number, "400000", "H01M")]
    drafting.use_method(order_id=order.pk, working=portfolio(*lines), by=anna.actor)
    drafting.weigh(
        order_id=order.pk, weights={"relief_from_royalty": Decimal(50), "portfolio": Decimal(50)}, by=anna.actor
    )
    with pytest.raises(OneMethodOnly):
        completeness.demand_methods(stages.now(order))
