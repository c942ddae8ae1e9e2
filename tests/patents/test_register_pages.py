"""The public register: search, one right, side by side, files, API."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from listings.assets.models import Asset
from listings.patents.models import AnnuityPayment
from listings.patents.services import statuses
from listings.patents.services.importing import import_paths
from marketplace.core.actor import SYSTEM
from tests.cast import Part
from tests.patents.conftest import a_row, cn

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(sheet, index_now):
    """Forty rights of all sorts."""

    def fill(count: int = 40) -> None:
        rows = [
            a_row(
                n,
                **{
                    "专利名称": f"一种{'电解质膜' if n % 2 else '轴承装置'}及其制备方法 {n}",
                    "摘要": "用于燃料电池。" if n % 2 else "用于机床。",
                    "IPC主分类号": ["C08J 5/22", "H01M 8/10", "F16C 33/00"][n % 3],
                    "授权日": "2021-03-23" if n % 4 else "",
                    "法律状态": "有效" if n % 4 else "审中",
                    "公开（公告）号": f"CN{199000000 + n}{'B' if n % 4 else 'A'}",
                },
            )
            for n in range(1, count + 1)
        ]
        import_paths([sheet(rows)], by=SYSTEM)
        index_now()

    return fill


def test_words_are_found_and_marked(client: Client, register):
    register()
    page = client.get(reverse("patent_list"), {"q": "电解质膜"}).content.decode()
    assert "<mark>" in page
    assert "轴承" not in page.partition('class="results"')[2]


@pytest.mark.parametrize("spell", ["{0}", "CN{0}", "ZL {0}", "{1}", "ＣＮ{0}", "CN 199000001 B", "CN199000001"])
def test_a_number_is_found_in_any_spelling(client: Client, register, spell):
    register(6)
    number = cn("201910000001")
    page = client.get(reverse("patent_list"), {"q": spell.format(number, number.replace(".", ""))})
    assert page.context["total"] == 1
    assert page.context["rows"][0]["plain_title"].endswith(" 1")


def test_filters_count_as_the_database_does(client: Client, register):
    register()
    page = client.get(reverse("patent_list"), {"ipc": "C"})
    assert page.context["total"] == Asset.objects.filter(patent__ipc__contains=["C08J 5/22"]).count()
    options = {
        one.value: one.count for group in page.context["groups"] if group["name"] == "ipc" for one in group["options"]
    }
    # its own group is not cut by itself, and the level under the chosen section is open
    assert options["H"] == Asset.objects.filter(patent__ipc__contains=["H01M 8/10"]).count()
    assert options["C08"] == page.context["total"]
    both = client.get(reverse("patent_list"), {"ipc": ["C", "C08"], "status": "pending"})
    assert both.context["total"] == Asset.objects.filter(patent__ipc__contains=["C08J 5/22"], status="pending").count()
    assert {chip["label"] for chip in both.context["chips"]} >= {"申请待审"} or len(both.context["chips"]) == 3


def test_pages_together_are_the_whole_once(client: Client, register):
    register(45)
    seen = [
        row["pk"] for page in (1, 2, 3) for row in client.get(reverse("patent_list"), {"page": page}).context["rows"]
    ]
    assert sorted(seen) == sorted(Asset.objects.values_list("pk", flat=True))
    assert client.get(reverse("patent_list"), {"page": 999}).context["number"] == 3


@pytest.mark.parametrize(
    "query",
    [
        "page=x",
        "page=-1",
        "page=99999999999999",
        "sort=nothing",
        "ipc=" + "A" * 500,
        "filed_year_min=abc",
        "q=" + "x" * 5000,
        "filed_year_min=1e999",
        "pick=1&pick=zz",
        "expires_day_min=99999999999",
        "q=%00",
        "q=%22%28%29AND+OR",
        "status=%27%3B--",
    ],
)
def test_odd_addresses_still_answer(client: Client, register, query):
    register(3)
    assert client.get(reverse("patent_list") + "?" + query).status_code == 200


@pytest.mark.parametrize("count", [2, 40])
def test_the_list_asks_little_of_the_database(client: Client, register, count, django_assert_max_num_queries):
    register(count)
    with django_assert_max_num_queries(4):
        client.get(reverse("patent_list"))
    with django_assert_max_num_queries(1):
        client.get(reverse("patent_list"))


def test_a_detail_page_asks_a_bounded_number(client: Client, register, django_assert_max_num_queries):
    register(3)
    url = reverse("patent_detail", args=[Asset.objects.first().pk])
    with django_assert_max_num_queries(16):
        client.get(url)
    with django_assert_max_num_queries(3):
        client.get(url)


def test_the_page_shows_facts_with_source_and_date(client: Client, register):
    register(2)
    asset = Asset.objects.get(number=cn("201910000001"))
    page = client.get(reverse("patent_detail", args=[asset.pk])).content.decode()
    assert f"ZL {asset.number}" in page
    assert "2039-06-18" in page
    assert "发明专利" in page
    english = client.get("/en" + reverse("patent_detail", args=[asset.pk])).content.decode()
    assert "Filing date" in english
    assert "18 Jun 2019" in english


def test_an_application_is_never_called_a_patent(client: Client, register):
    register(4)
    asset = Asset.objects.get(granted_on=None)
    page = client.get(reverse("patent_detail", args=[asset.pk])).content.decode()
    head = page.partition("<main")[2].partition("</h1>")[0]
    assert "申请" in head
    assert "ZL" not in head
    assert f"CN {asset.number}" in page


def test_the_calendar_shows_what_is_owed_and_what_lateness_costs(client: Client, register):
    register(1)
    asset = Asset.objects.get()
    for year in range(3, 9):
        AnnuityPayment.objects.create(
            patent_id=asset.pk, year=year, amount=Decimal(900), paid_on=date(2016 + year, 5, 1), source="demo"
        )
    statuses.refresh(asset_id=asset.pk, by=SYSTEM)
    context = client.get(reverse("patent_detail", args=[asset.pk])).context
    assert context["calendar"].next_year.year == 9
    assert [step.surcharge_pct for step in context["calendar"].next_year.grace] == [0, 5, 10, 15, 20, 25]


def test_conflicting_sources_are_both_shown(client: Client, register, index_now):
    from listings.patents.record import PatentIn, RawRecord
    from listings.patents.services.importing import import_records

    register(1)
    record = PatentIn(
        source="cnipa",
        office="CN",
        application_number=cn("201910000001"),
        filed_on=date(2019, 6, 20),
        as_of=date(2026, 1, 5),
    )
    import_records([RawRecord("x", 1, b"x", record)], by=SYSTEM, organisation_id=None, name="x")
    index_now()
    page = client.get(reverse("patent_detail", args=[Asset.objects.get().pk])).content.decode()
    assert "2019-06-20" in page
    assert 'class="other"' in page
    assert "2019-06-18" in page


def test_what_is_not_there_is_not_found(client: Client, register):
    register(1)
    assert client.get(reverse("patent_detail", args=[987654321])).status_code == 404
    assert client.get(reverse("patent_export", args=["exe"])).status_code == 404


def test_up_to_four_stand_side_by_side(client: Client, register):
    register(6)
    ids = list(Asset.objects.values_list("pk", flat=True))
    page = client.get(reverse("patent_compare"), {"pick": ids[:6]})
    assert len(page.context["heads"]) == 4
    assert any(line["differs"] for line in page.context["lines"])
    assert client.get(reverse("patent_compare"), {"pick": ids[:1]}).context["too_few"]


def test_exports_hold_everything_found_and_no_formula(client: Client, sheet, index_now):
    import_paths([sheet([a_row(1, 专利名称="=1+1"), a_row(2)])], by=SYSTEM)
    index_now()
    answer = client.get(reverse("patent_export", args=["csv"]))
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 3
    assert "'=1+1" in {row[1] for row in rows}
    assert client.get(reverse("patent_export", args=["xlsx"])).getvalue()[:2] == b"PK"


def test_the_portfolio_is_the_holders_own(holder: Part, sheet, index_now):
    import_paths(
        [sheet([a_row(1), a_row(2, **{"申请（专利权）人": ""})])],
        by=holder.actor,
        organisation_id=holder.organisation.pk,
    )
    import_paths([sheet([a_row(3, **{"申请（专利权）人": "别家公司"})])], by=SYSTEM)
    index_now()
    page = holder.signed_in().get(reverse("portfolio"))
    assert page.context["total"] == 2
    rows = csv.reader(
        io.StringIO(holder.signed_in().get(reverse("portfolio_export", args=["csv"])).getvalue().decode("utf-8-sig"))
    )
    assert len(list(rows)) == 3


class TestApi:
    def test_the_list_answers_as_the_page_does(self, client: Client, register):
        register()
        answer = client.get("/api/v1/patents/", {"ipc": "C08", "q": "电解质膜"}).json()
        page = client.get(reverse("patent_list"), {"ipc": "C08", "q": "电解质膜"})
        assert answer["count"] == page.context["total"] > 0
        assert [one["id"] for one in answer["results"]] == [row["pk"] for row in page.context["rows"]]
        assert {one["value"] for one in answer["facets"]["status"]} <= {"in_force", "pending"}

    def test_one_right_whole(self, client: Client, register):
        register(1)
        asset = Asset.objects.get()
        answer = client.get(f"/api/v1/patents/{asset.pk}/").json()
        assert answer["shown_number"] == f"ZL {asset.number}"
        assert answer["facts"]["filed_on"][0] == "cn_sheet"
        assert len(answer["annuities"]) == 19
        json.dumps(answer)
        assert client.get("/api/v1/patents/999999/").status_code == 404

    def test_a_wrong_filter_is_refused(self, client: Client, register):
        register(1)
        assert client.get("/api/v1/patents/?filed_year_min=abc").status_code == 400
        assert client.get("/api/v1/patents/?page=0").status_code == 400

    def test_numbers_are_looked_at(self, client: Client, register):
        register(1)
        number = cn("201910000001")
        good = client.get("/api/v1/patents/check-number/", {"number": f"ZL{number}"}).json()
        assert (good["is_valid"], good["canonical"], good["patent"]) == (True, number, Asset.objects.get().pk)
        bad = number[:-1] + ("1" if number[-1] != "1" else "2")
        refused = client.get("/api/v1/patents/check-number/", {"number": bad}).json()
        assert (refused["is_valid"], refused["code"]) == (False, "check_digit")
        assert number[-1] in refused["message_zh"]


def test_reasons_are_said_in_both_languages():
    from listings.patents import reasons

    for table in (reasons.REASONS, reasons.NOT_PATENTS, reasons.BASES):
        for sentence in table.values():
            with translation.override("zh-hans"):
                zh = str(sentence)
            with translation.override("en"):
                en = str(sentence)
            assert zh != en
            assert any("\u4e00" <= character <= "\u9fff" for character in zh)


def test_offices_have_names_and_the_register_one_name(client: Client, register) -> None:
    register(3)
    page = client.get(reverse("patent_list")).content.decode()
    assert "中国 CN</span>" in page
    assert "China CN</span>" in client.get("/en/patents/").content.decode()
    right = Asset.objects.first()
    assert right is not None
    inner = client.get(f"/patents/{right.pk}/").content.decode()
    crumb = inner.partition('class="crumb"')[2].partition("</ol>")[0]
    assert ">专利登记</a>" in crumb
