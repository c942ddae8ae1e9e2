"""The pages: who sees what, the holder's way through them, and that nothing written by anybody becomes markup."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from listings.catalogue.models import Enquiry, Listing, ListingDocument, Need, SavedSearch
from listings.catalogue.services import attention
from listings.catalogue.services import listings as service
from listings.catalogue.services.documents import add_document
from listings.catalogue.states import PUBLIC, DocumentAccess, ListingState, Mode, NeedState
from marketplace.core import clock
from marketplace.core.models import FileOpening
from tests import cast
from tests.builders import a_pdf
from tests.catalogue.browsing import page
from tests.catalogue.makers import a_listing, a_need, a_right

pytestmark = pytest.mark.django_db
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


# ── public ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_public_pages_open_in_both_languages(client, searchable, prefix):
    listing, need = a_listing(), a_need()
    searchable()
    for path in (
        "/listings/",
        f"/listings/{listing.number}/",
        f"/listings/compare/?pick={listing.pk}",
        "/needs/",
        f"/needs/{need.number}/",
    ):
        response = client.get(prefix + path)
        assert response.status_code == 200, path
        assert ('lang="en"' if prefix else 'lang="zh-CN"') in response.content.decode()


def test_chinese_pages_hold_no_untranslated_words_of_ours(client, searchable):
    listing = a_listing(title_zh="膜")
    searchable()
    shown = page(client, "listing_detail", listing.number)
    for english in ("Problem solved", "Terms offered", "Asking price", "Filing date", "Fixed price", "What you can do"):
        assert english not in shown


@pytest.mark.parametrize("state", ListingState.values)
def test_only_public_listings_have_a_public_page(client, searchable, state):
    listing = a_listing(state)
    page(client, "listing_detail", listing.number, status=200 if state in PUBLIC else 404)
    page(cast.stranger().signed_in(), "listing_detail", listing.number, status=200 if state in PUBLIC else 404)


@pytest.mark.parametrize("state", NeedState.values)
def test_only_published_needs_have_a_public_page(client, searchable, state):
    page(client, "need_detail", a_need(state).number, status=200 if state == NeedState.PUBLISHED else 404)


def test_a_need_that_is_not_to_be_named_is_not_named(client, searchable):
    need = a_need(is_anonymous=True)
    searchable()
    name = cast.bo().organisation.name_zh
    assert name not in page(client, "need_detail", need.number)
    listed = page(client, "need_list")
    assert need.title_zh in listed
    assert name not in listed
    assert need.title_zh not in page(client, "need_list", q=name)
    answer = client.get(f"/api/v1/needs/{need.number}/").json()
    assert answer["organisation"] is None


def test_an_application_is_called_one_everywhere(client, searchable):
    asset = a_right(is_granted=False)
    listing = a_listing(assets=[asset], title_zh="膜的制备方法")
    searchable()
    for shown in (page(client, "listing_detail", listing.number), page(client, "listing_list")):
        assert "申请中" in shown
        assert f"CN {asset.number}" in shown
        assert f"ZL {asset.number}" not in shown


def test_texts_of_every_field_are_harmless(client, searchable):
    texts = dict.fromkeys(
        (
            "title_zh",
            "title_en",
            "problem_zh",
            "problem_en",
            "benefit_zh",
            "benefit_en",
            "applications_zh",
            "applications_en",
            "evidence_zh",
            "evidence_en",
            "territory_zh",
            "territory_en",
            "field_of_use_zh",
            "field_of_use_en",
        ),
        NASTY[:110],
    )
    asset = a_right(title_zh=NASTY, title_en=NASTY, abstract_zh=NASTY, ipc=["C08J 5/22"])
    listing = a_listing(assets=[asset], mode=Mode.ORDINARY, **texts)
    need = a_need(
        title_zh=NASTY[:110],
        title_en=NASTY[:110],
        problem_zh=NASTY,
        problem_en=NASTY,
        requirements_zh=NASTY,
        requirements_en=NASTY,
    )
    searchable()
    owner, desk, seeker = cast.ines().signed_in(), cast.ops().signed_in(), cast.bo().signed_in()
    draft = a_listing(ListingState.DRAFT, assets=[asset], **texts)
    service.submit_listing(listing_id=a_listing(ListingState.DRAFT, mode=Mode.INVEST, **texts).pk, by=cast.ines().actor)
    pages = [
        page(client, "listing_list", q="script alert"),
        page(client, "listing_list", q=NASTY),
        page(client, "listing_detail", listing.number),
        page(client, "listing_compare", pick=listing.pk),
        page(client, "need_list", q="script"),
        page(client, "need_detail", need.number),
        page(owner, "my_listings"),
        page(owner, "my_listing", listing.number),
        page(owner, "listing_preview", draft.number),
        *(
            page(owner, "listing_edit", draft.number, step)
            for step in ("rights", "offer", "summary", "price", "papers", "check")
        ),
        page(seeker, "my_needs"),
        page(seeker, "my_need", need.number),
        page(desk, "review_list"),
        page(desk, "review_detail", "listings", listing.number),
        page(desk, "review_detail", "needs", need.number),
        page(seeker, "saved_search_new", collection="listings", q=NASTY),
    ]
    for shown in pages:
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert "\"'><" not in shown


def test_strict_policy_finds_nothing_inline(client, searchable):
    listing = a_listing()
    searchable()
    for shown in (page(client, "listing_list"), page(client, "listing_detail", listing.number)):
        assert " style=" not in shown
        assert not re.search(r"\son\w+=", shown)
        scripts = re.findall(r"<script([^>]*)>", shown)
        assert all("src=" in one or "application/ld+json" in one for one in scripts)
        assert "csrfmiddlewaretoken" not in shown, "a page that is kept holds nobody's token"


def test_structured_data_names_the_offer(client, searchable):
    import json

    listing = a_listing()
    shown = page(client, "listing_detail", listing.number)
    data = json.loads(re.search(r'ld\+json">(.*?)</script>', shown, re.DOTALL).group(1))
    assert data["sku"] == listing.number
    assert (data["offers"]["price"], data["offers"]["priceCurrency"]) == ("4800000.00", "CNY")


# ── who sees what ────────────────────────────────────────────────────────────────────────────────────────────────────
OWN = [("my_listing", ()), ("listing_preview", ()), ("listing_edit", ("summary",)), ("listing_act", ("submit",))]


@pytest.mark.parametrize(("name", "more"), OWN)
def test_another_organisations_listing_is_not_there(client, searchable, name, more):
    listing = a_listing(ListingState.DRAFT)
    for who in (cast.stranger(), cast.bo(), cast.lena()):
        page(who.signed_in(), name, listing.number, *more, status=404)
    page(client, name, listing.number, *more, status=302)
    page(cast.ines().signed_in(), name, listing.number, *more)


@pytest.mark.parametrize(("name", "more"), [("my_need", ()), ("need_edit", ()), ("need_act", ("submit",))])
def test_another_organisations_need_is_not_there(searchable, name, more):
    need = a_need(NeedState.DRAFT)
    page(cast.stranger().signed_in(), name, need.number, *more, status=404)
    page(cast.bo().signed_in(), name, need.number, *more)


def test_the_review_desk_is_not_there_for_others(searchable):
    listing, need = a_listing(ListingState.IN_REVIEW), a_need(NeedState.IN_REVIEW)
    for who in (cast.ines(), cast.stranger(), cast.lena()):
        browser = who.signed_in()
        page(browser, "review_list", status=404)
        page(browser, "review_detail", "listings", listing.number, status=404)
        page(browser, "review_detail", "needs", need.number, status=404)
        assert browser.post(reverse("review_act", args=["listings", listing.number, "publish"])).status_code == 404
    assert Listing.objects.get(pk=listing.pk).state == ListingState.IN_REVIEW


def test_drafts_are_not_the_desks_business(searchable):
    listing = a_listing(ListingState.DRAFT)
    page(cast.ops().signed_in(), "review_detail", "listings", listing.number, status=404)


def test_papers_open_for_whom_they_are_meant(client, searchable):
    draft = a_listing(ListingState.DRAFT)
    ines = cast.ines()
    shown = add_document(listing_id=draft.pk, by=ines.actor, upload=a_pdf("public.pdf"))
    kept = add_document(listing_id=draft.pk, by=ines.actor, upload=a_pdf("kept.pdf"), access=DocumentAccess.ON_REQUEST)

    def opens(who: Client, document: ListingDocument) -> int:
        return who.get(reverse("file", args=[document.file_id])).status_code

    stranger, owner, desk = cast.stranger().signed_in(), ines.signed_in(), cast.ops().signed_in()
    assert [opens(stranger, one) for one in (shown, kept)] == [404, 404]
    assert [opens(owner, one) for one in (shown, kept)] == [200, 200]
    service.submit_listing(listing_id=draft.pk, by=ines.actor)
    assert [opens(desk, one) for one in (shown, kept)] == [200, 200]
    service.publish_listing(listing_id=draft.pk, by=cast.ops().actor)
    assert [opens(stranger, one) for one in (shown, kept)] == [200, 404]
    assert opens(client, shown) == 200
    detail = page(client, "listing_detail", draft.number)
    assert str(shown.file_id) in detail
    assert str(kept.file_id) not in detail
    assert "kept.pdf" in detail
    assert FileOpening.objects.filter(file=kept.file).count() == 2


# ── the story ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_holder_lists_a_right_step_by_step(searchable):
    ines, ops = cast.ines(), cast.ops()
    asset = a_right()
    browser = ines.signed_in()
    assert "ZL " + asset.number in page(browser, "listing_new")
    response = browser.post(reverse("listing_new"), {"assets": [asset.pk], "mode": "transfer"})
    listing = Listing.objects.get()
    assert response.url == reverse("listing_edit", args=[listing.number, "offer"])
    checked = page(browser, "listing_edit", listing.number, "check")
    assert "disabled" in checked
    refused = browser.post(reverse("listing_edit", args=[listing.number, "check"]))
    assert refused.status_code == 422
    steps = {
        "offer": {"territory_zh": "中国大陆", "valid_until": "2027-05-01"},
        "summary": {
            "title_zh": "含氟膜转让",
            "problem_zh": "易破",
            "benefit_zh": "38 MPa",
            "applications_zh": "电池",
            "readiness": "7",
            "evidence_zh": "检测报告",
        },
        "price": {"price_mode": "fixed", "price_min": "4800000", "currency": "CNY", "price_per": "once"},
    }
    for step, values in steps.items():
        version = Listing.objects.get().version
        response = browser.post(
            reverse("listing_edit", args=[listing.number, step]), {**values, "seen_version": version}
        )
        assert response.status_code == 302, response.content.decode()
    paper = browser.post(
        reverse("listing_edit", args=[listing.number, "papers"]),
        {"upload": a_pdf(), "title": "检测报告", "access": "public"},
    )
    assert paper.status_code == 302, paper.content.decode()
    back = page(browser, "listing_edit", listing.number, "summary")
    assert "含氟膜转让" in back and "38 MPa" in back
    preview = page(browser, "listing_preview", listing.number)
    assert "4,800,000.00 元" in preview
    assert browser.post(reverse("listing_edit", args=[listing.number, "check"])).status_code == 302

    desk = ops.signed_in()
    assert listing.number in page(desk, "review_list")
    no_reason = desk.post(reverse("review_act", args=["listings", listing.number, "return"]), {"reason": ""})
    assert no_reason.status_code == 422
    desk.post(reverse("review_act", args=["listings", listing.number, "return"]), {"reason": "请补英文标题"})
    assert "请补英文标题" in page(browser, "my_listing", listing.number)
    browser.post(
        reverse("listing_edit", args=[listing.number, "summary"]),
        {**steps["summary"], "title_en": "Fluoro membrane", "seen_version": Listing.objects.get().version},
    )
    assert browser.post(reverse("listing_act", args=[listing.number, "submit"])).status_code == 302
    assert desk.post(reverse("review_act", args=["listings", listing.number, "publish"])).status_code == 302
    searchable()
    found = page(Client(), "listing_list", q="含氟膜")
    assert listing.number in found
    assert "<mark>" in found


def test_a_stale_page_does_not_overwrite(searchable):
    listing = a_listing(ListingState.DRAFT, mode=Mode.ORDINARY)
    browser = cast.ines().signed_in()
    url = reverse("listing_edit", args=[listing.number, "offer"])
    values = {"territory_zh": "甲", "valid_until": listing.valid_until, "seen_version": listing.version}
    assert browser.post(url, values).status_code == 302
    late = browser.post(url, {**values, "territory_zh": "乙"})
    assert late.status_code == 409
    assert "乙" in late.content.decode(), "what was typed is still there"
    assert Listing.objects.get().territory_zh == "甲"


@pytest.mark.parametrize(
    ("step", "values"),
    [
        ("price", {"price_mode": "fixed", "price_min": "-5"}),
        ("price", {"price_mode": "fixed", "price_min": "four"}),
        ("price", {"price_mode": "range", "price_min": "5", "price_max": "4"}),
        ("price", {"price_mode": "royalty", "royalty_pct": "101"}),
        ("price", {"price_mode": "fixed", "price_min": "1" * 30}),
        ("offer", {"valid_until": "tomorrow"}),
        ("offer", {"term_months": "-1"}),
        ("summary", {"readiness": "10"}),
        ("summary", {"title_zh": "x" * 201}),
        ("summary", {"problem_zh": "x" * 5001}),
    ],
)
def test_unreadable_entries_are_kept_and_explained(searchable, step, values):
    listing = a_listing(ListingState.DRAFT, mode=Mode.ORDINARY)
    browser = cast.ines().signed_in()
    response = browser.post(reverse("listing_edit", args=[listing.number, step]), values)
    assert response.status_code == 422
    shown = response.content.decode()
    assert "errsum" in shown
    assert str(next(iter(reversed(values.values()))))[:20] in shown
    assert Listing.objects.get().version == listing.version


def test_enquiries_reach_the_holder_once(searchable, client):
    listing = a_listing()
    url = reverse("listing_ask", args=[listing.number])
    assert client.get(url).status_code == 302
    buyer = cast.bo().signed_in()
    form = {"purpose": "production", "stage": "ready", "horizon": "month", "decider": "board", "currency": "CNY"}
    assert buyer.post(url, form | {"message": "能提供检测报告吗？"}).status_code == 302
    assert buyer.post(url, form | {"message": "再问"}).status_code == 409
    assert cast.ines().signed_in().post(url, form | {"message": "自问"}).status_code == 409
    assert buyer.post(url, form | {"message": "  "}).status_code == 422
    assert buyer.post(url, {"message": "没有填表"}).status_code == 422
    assert Enquiry.objects.count() == 1
    assert "能提供检测报告吗" in page(cast.ines().signed_in(), "enquiries")
    assert "能提供检测报告吗" in page(buyer, "enquiries", box="sent")
    assert "能提供检测报告吗" not in page(cast.stranger().signed_in(), "enquiries")


def test_views_are_counted_beside_the_cached_page(client, searchable):
    listing = a_listing()
    attention._redis().delete(attention.OPENED)
    reader = {"HTTP_USER_AGENT": "Mozilla/5.0"}
    for _ in range(3):
        client.get(reverse("listing_detail", args=[listing.number]), **reader)
    client.get(reverse("listing_detail", args=[listing.number]), HTTP_USER_AGENT="Googlebot/2.1")
    cast.bo().signed_in().get(reverse("listing_detail", args=[listing.number]), **reader)
    cast.ines().signed_in().get(reverse("listing_detail", args=[listing.number]), **reader)
    client.get(reverse("listing_detail", args=["L-2026-99999"]), **reader)
    assert attention.flush() == 1
    assert listing.days.get().views == 4
    client.get(reverse("listing_detail", args=[listing.number]), **reader)
    attention.flush()
    assert listing.days.get().views == 5
    assert attention.flush() == 0


def test_needs_from_draft_to_met(searchable):
    browser, desk = cast.bo().signed_in(), cast.ops().signed_in()
    response = browser.post(
        reverse("need_new"),
        {
            "title_zh": "主轴密封",
            "problem_zh": "漏油",
            "requirements_zh": "不漏",
            "deadline": "2027-03-01",
            "ipc": "F16J 15/32，h01m",
            "modes": ["ordinary"],
            "budget_max": "500000",
            "currency": "CNY",
        },
    )
    assert response.status_code == 302, response.content.decode()
    need = Need.objects.get()
    assert need.ipc_hints == ["F16J 15/32", "H01M"]
    browser.post(reverse("need_act", args=[need.number, "submit"]))
    desk.post(reverse("review_act", args=["needs", need.number, "publish"]))
    assert Need.objects.get().state == NeedState.PUBLISHED
    browser.post(reverse("need_act", args=[need.number, "meet"]))
    assert Need.objects.get().state == NeedState.MET
    bad = browser.post(reverse("need_new"), {"title_zh": "x", "ipc": "Z99"})
    assert bad.status_code == 422


# ── saved searches ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_search_is_kept_looked_at_renamed_and_forgotten(searchable):
    browser = cast.bo().signed_in()
    url = reverse("saved_search_new")
    assert "fixed" in page(browser, "saved_search_new", collection="listings", price_mode="fixed", page="3")
    form = {"name": "固定价", "collection": "listings", "query": "price_mode=fixed&page=3&q="}
    assert browser.post(url, form).status_code == 302
    saved = SavedSearch.objects.get()
    assert saved.query == "price_mode=fixed"
    assert browser.post(url, form).status_code == 422, "the name is taken"
    from datetime import timedelta

    SavedSearch.objects.update(seen_at=saved.seen_at - timedelta(minutes=5))
    a_listing()
    searchable()
    assert re.search(r'class="n">1<', page(browser, "saved_search_list"))
    opened = browser.get(reverse("saved_search_open", args=[saved.pk]))
    assert opened.url == "/listings/?price_mode=fixed"
    assert re.search(r'class="n">0<', page(browser, "saved_search_list"))
    stranger = cast.stranger().signed_in()
    assert stranger.get(reverse("saved_search_open", args=[saved.pk])).status_code == 404
    assert stranger.post(reverse("saved_search_delete", args=[saved.pk])).status_code == 404
    browser.post(reverse("saved_search_rename", args=[saved.pk]), {"name": "别名"})
    assert SavedSearch.objects.get().name == "别名"
    browser.post(reverse("saved_search_delete", args=[saved.pk]))
    assert not SavedSearch.objects.exists()


# ── what a page must not leave out ───────────────────────────────────────────────────────────────────────────────────
def test_pages_name_the_state_and_not_its_shape_alone(client, searchable):
    listing, need = a_listing(ListingState.DRAFT), a_need()
    searchable()
    assert re.search(r'class="st go box">.*?</svg>已发布</span>', page(client, "need_detail", need.number))
    confirm = page(cast.ines().signed_in(), "listing_act", listing.number, "withdraw")
    assert "<dt>当前状态</dt><dd>草稿</dd>" in confirm


def test_a_need_in_the_list_says_until_when_and_for_what(client, searchable):
    need = a_need(modes=[Mode.ORDINARY])
    searchable()
    listed = page(client, "need_list")
    assert need.deadline.isoformat() in listed
    assert '<span class="tag">普通许可</span></div>' in listed


def test_the_desk_and_the_workspace_name_the_same_last_day(client, searchable):
    listing = a_listing(ListingState.IN_REVIEW)
    last = clock.last_day(listing.due_at)
    browser = cast.ops().signed_in()
    for shown in (page(browser, "workspace"), page(browser, "review_detail", "listings", listing.number)):
        assert f'datetime="{last.isoformat()}"' in shown
        assert f'datetime="{(last + timedelta(days=1)).isoformat()}"' not in shown
