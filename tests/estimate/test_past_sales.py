"""Sales of before the market's books: entered from their papers, learnt from, never read back as anybody's deal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from marketplace.core import clock
from marketplace.core.actor import SYSTEM
from marketplace.core.errors import NotPermitted
from tests import cast
from tests.appraisals import stages
from tests.catalogue.makers import a_right
from valuation.appraisals.comparables import candidates
from valuation.estimate.entering import COLUMNS, enter_past_sales
from valuation.estimate.sales import closed_sales
from valuation.estimate.services import estimate_of, refit
from valuation.models import PastSale

pytestmark = pytest.mark.django_db


def row(number: str, at: int) -> dict[str, str]:
    """The sale of a right a year and `at` days ago, by a seller and to a buyer of its own."""
    day = clock.today() - timedelta(days=365 + at)
    return {
        "number": number, "price": f"{400_000 + 50_000 * at}.00", "agreed_on": day.isoformat(),
        "seller": f"甲方{at}", "buyer": f"乙方{at}", "source": f"云澜技交第 {at} 号",
    }  # fmt: skip


def test_thirteen_sales_of_before_give_a_range_and_stand_among_comparables() -> None:
    rights = [a_right(title_zh=f"样品{at}") for at in range(13)]
    rows = [row(one.number, at) for at, one in enumerate(rights)]
    assert enter_past_sales(rows, by=SYSTEM) == 13
    assert enter_past_sales(rows, by=SYSTEM) == 0
    assert {one.number for one in closed_sales()} == {f"P-{one.pk}" for one in PastSale.objects.all()}
    made = refit()
    assert made is not None and made.count == 13 and made.lack == ""
    subject = a_right()
    found = estimate_of(subject.pk)
    assert found is not None and found.guess is not None
    order = stages.requested(cast.ines(), subject)
    (beside,) = candidates(order)
    assert beside.median is not None and len(beside.rows) == 13
    page = cast.ops().signed_in().get(reverse("desk_estimates")).content.decode()
    assert "P-" in page and "/deals/P-" not in page


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"number": "0000"}, "past_sale_right_unknown", "rows[1].number"),
        ({"price": "-5"}, "out_of_range", "rows[1].price"),
        ({"price": "1e18"}, "amount_too_large", "rows[1].price"),
        ({"agreed_on": "2026/01/05"}, "bad_date", "rows[1].agreed_on"),
        ({"agreed_on": "2999-01-01"}, "past_sale_not_past", "rows[1].agreed_on"),
        ({"source": " "}, "missing", "rows[1].source"),
    ],
)
def test_one_bad_row_keeps_all_out(given: dict[str, str], code: str, field: str, tmp_path: Path) -> None:
    number = a_right().number
    rows = [row(number, 1), {**row(number, 2), **given}]
    table = tmp_path / "sales.csv"
    lines = [",".join(COLUMNS), *(",".join(one[name] for name in COLUMNS) for one in rows)]
    table.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        call_command("enter_past_sales", str(table))
    assert str(caught.value).startswith(f"{field}: ")
    assert getattr(caught.value.__cause__, "code", "") == code
    assert not PastSale.objects.exists()


def test_nobody_enters_sales_in_passing() -> None:
    with pytest.raises(NotPermitted):
        enter_past_sales([row(a_right().number, 1)], by=cast.ines().actor)
