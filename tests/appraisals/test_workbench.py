"""The workbench when something is wrong: said at its place, in the reader's language, with everything typed kept."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse
from django.utils import translation

from tests import cast
from tests.appraisals import stages
from valuation.appraisals.worksheets import BY_METHOD, place_of

pytestmark = pytest.mark.django_db
ROYALTY = {
    "revenue": "10000000\n11,000,000\n12000000", "revenue__spread": "20%", "revenue__reason": "合同与订单",
    "royalty_rate": "4.2%", "royalty_rate__low": "3.4%", "royalty_rate__high": "5.1%", "royalty_rate__reason": "同类",
    "discount_rate": "17.5%", "discount_rate__reason": "累加法", "tax_rate": "25%", "tax_rate__reason": "税法",
    "why": "收益可预测",
}  # fmt: skip
DEALS = {
    "comparables": "5000000, 24000000\n2600000, 11800000", "comparables__reason": "六笔成交",
    "subject_revenue": "17100000", "subject_revenue__reason": "本年收入", "why": "有成交可比",
}  # fmt: skip
CASES = (
    ("relief_from_royalty", ROYALTY, "revenue", "10000000\n-11000000\n12000000", 2),
    ("relief_from_royalty", ROYALTY, "revenue", "", 0),
    ("relief_from_royalty", ROYALTY, "revenue", "10000000\n1000000000000000000", 2),
    ("relief_from_royalty", ROYALTY, "royalty_rate", "约四个点", 0),
    ("relief_from_royalty", ROYALTY, "tax_rate", "100%", 0),
    ("relief_from_royalty", ROYALTY, "discount_rate", "-5%", 0),
    ("relief_from_royalty", ROYALTY, "royalty_rate__low", "三成", 0),
    ("relief_from_royalty", ROYALTY, "royalty_rate__high", "", 0),
    ("relief_from_royalty", ROYALTY, "revenue__spread", "120%", 0),
    ("comparable_transactions", DEALS, "comparables", "", 0),
    ("comparable_transactions", DEALS, "comparables", "5000000, 24000000\n2600000, 0", 2),
)
#: How a bound is said where rates are typed in percent.
BOUNDS = {
    ("tax_rate", "zh-hans"): "须为 0% 至 100%（不含 100%）。", ("tax_rate", "en"): "From 0% to under 100%.",
    ("revenue", "zh-hans"): "须为零或正数。", ("revenue", "en"): "Zero or more.",
}  # fmt: skip
LINES = {"zh-hans": "第 2 行", "en": "Line 2"}


def shown(page: str, name: str) -> str:
    """What stands in a field of the page, as its reader sees it."""
    field = re.search(rf'<(textarea|input)[^>]* name="{name}"[^>]*>(?:([^<]*)</textarea>)?', page)
    assert field, name
    value = field[2] if field[1] == "textarea" else re.search(r'value="([^"]*)"', field[0])[1]  # type: ignore[index]
    return html.unescape(value).removeprefix("\n")


def test_what_is_wrong_stands_at_its_place_and_nothing_typed_is_lost() -> None:
    order = stages.drafting_stage()
    appraiser = stages.member(cast.val(), "a").signed_in()
    for method, sheet, name, bad, line in CASES:
        sent = {**sheet, name: bad}
        for language, said_line in LINES.items():
            entry = name.partition("__")[0]  # a bound is part of its entry
            with translation.override(language):
                answer = appraiser.post(reverse("appraisal_method", args=[order.number, method]), sent)
                label = str(BY_METHOD[method].entry(entry).label)  # type: ignore[union-attr]
            page, where = answer.content.decode(), (name, bad, language)
            assert answer.status_code == 422, where
            invalid = re.findall(r'name="(\w+)"[^>]*aria-invalid="true"', page)
            assert invalid == [entry], where
            problem = re.search(rf'id="err-{entry}"><li>([^<]+)</li>', page)
            assert problem and f'href="#in-{entry}">{label}' in page, where
            assert (said_line in problem[1]) == bool(line), where
            assert bool(re.search(r"[\u4e00-\u9fff]", problem[1])) == (language == "zh-hans"), (where, problem[1])
            assert {one: shown(page, one) for one in sent} == sent, where
            if bad in ("100%", "10000000\n-11000000\n12000000"):
                assert problem[1].endswith(BOUNDS[entry, language]), where
    assert not order.methods.exists()


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("royalty_rate", ("royalty_rate", "")),
        ("revenue[2]", ("revenue", "Line 3:")),
        ("comparables[1].revenue", ("comparables", "Line 2:")),
        ("royalty_rate.high", ("royalty_rate", "")),
        ("", ("", "")),
    ],
)
def test_a_path_of_the_engine_is_read_as_an_entry_and_a_line(path: str, place: tuple[str, str]) -> None:
    with translation.override("en"):
        assert place_of(path) == place


def test_how_often_the_draws_lie_under_an_amount_is_asked_and_not_kept() -> None:
    order = stages.drafting_stage()
    appraiser = stages.member(cast.val(), "a").signed_in()
    live = reverse("appraisal_live", args=[order.number, "relief_from_royalty"])
    page = appraiser.post(live, ROYALTY).content.decode()
    assert page.count("<rect") > 30 and "低于" not in page
    shares = []
    for amount in ("600,000", "900000", "1200000"):
        page = appraiser.post(live, {**ROYALTY, "under": amount}).content.decode()
        found = re.search(r"的抽样</dt><dd class=\"num\">([\d.]+)%", page)
        assert found and "t-ask" in page
        shares.append(float(found[1]))
    assert shares == sorted(shares) and 0 <= shares[0] < 50 < shares[-1] <= 100
    page = appraiser.post(live, {**ROYALTY, "under": "很多"}).content.decode()
    assert 'id="err-under"' in page and 'class="big"' in page  # the result stands beside what is wrong
    saved = appraiser.post(
        reverse("appraisal_method", args=[order.number, "relief_from_royalty"]), {**ROYALTY, "under": "900000"}
    )
    assert saved.status_code == 302
    assert "prob_below_loan" not in order.methods.get().simulation
