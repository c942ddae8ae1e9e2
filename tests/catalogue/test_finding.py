"""Filters against brute force, numbers in any spelling, exports, the API."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.http import QueryDict
from django.test import Client

from listings.catalogue.filters import ListingFilter, NeedFilter, day_after_years, yuan
from listings.catalogue.models import Listing, Need, SavedSearch
from listings.catalogue.naming import kind_key
from listings.catalogue.search import LISTINGS, readiness_band
from listings.catalogue.states import ListingState, Mode, NeedState, PriceMode
from marketplace.accounts.services.tokens import issue_token
from marketplace.core import clock
from marketplace.search import index
from tests import cast
from tests.catalogue.makers import a_listing, a_need, a_right
from tests.once import shared


def a_shop():
    """Thirty listings that differ in everything that can be filtered."""
    kinds = itertools.cycle([("invention", True), ("invention", False), ("utility_model", True)])
    ipc = itertools.cycle([["C08J 5/22", "H01M 8/10"], ["C09D 183/08"], ["B25J 9/16"]])
    modes = itertools.cycle([Mode.TRANSFER, Mode.ORDINARY, Mode.EXCLUSIVE, Mode.INVEST])
    prices = itertools.cycle([Decimal(80_000), None, Decimal(500_000), Decimal(2_500_000), Decimal("12000000.50")])
    for level in range(30):
        kind, is_granted = next(kinds)
        price = next(prices)
        asset = a_right(
            kind=kind,
            is_granted=is_granted,
            ipc=next(ipc),
            expires_on=clock.today() + timedelta(days=700 + 200 * level),
        )
        a_listing(
            assets=[asset],
            mode=next(modes),
            readiness=level % 9 + 1,
            price_min=price,
            term_months=12,
            price_mode=PriceMode.FIXED if price else PriceMode.NEGOTIABLE,
            title_zh=f"含氟膜第{level}号",
        )
    for name in ("listings", "needs"):
        index.rebuild(name)
    return list(Listing.objects.with_rights())


built_shop, shop = shared(a_shop, called="shop")


def ids(address: str) -> set[int]:
    asked = ListingFilter(QueryDict(address))
    return {one for page in asked.every_id() for one in page}


CONDITIONS = {
    "mode=ordinary": lambda one: one.mode == "ordinary",
    "mode=ordinary&mode=transfer": lambda one: one.mode in {"ordinary", "transfer"},
    "kind=invention_pending": lambda one: kind_key(one.rights[0]) == "invention_pending",
    "granted=granted": lambda one: one.rights[0].is_granted,
    "ipc=C08": lambda one: any(s.startswith("C08") for s in one.rights[0].patent.ipc),
    "ipc=C&ipc=C09D": lambda one: any(s.startswith("C09D") for s in one.rights[0].patent.ipc),
    "ipc=H": lambda one: any(s.startswith("H") for s in one.rights[0].patent.ipc),
    "status=pending": lambda one: one.rights[0].status == "pending",
    "readiness=7-9": lambda one: readiness_band(one.readiness) == "7-9",
    "price_mode=negotiable": lambda one: one.price_mode == "negotiable",
    "price_min=50&price_max=300": lambda one: one.price_min is not None and yuan(50) <= int(one.price_min) <= yuan(300),
    "price_min=50&price_missing=on": lambda one: one.price_min is None or int(one.price_min) >= yuan(50),
    "price_max=8": lambda one: one.price_min is not None and one.price_min <= 80_000,
    "expires_min=5": lambda one: one.rights[0].expires_on.toordinal() >= day_after_years(Decimal(5)),
    "expires_max=10": lambda one: one.rights[0].expires_on.toordinal() <= day_after_years(Decimal(10)),
}


def test_every_pair_of_filters_agrees_with_brute_force(shop):
    for first, second in itertools.combinations_with_replacement(CONDITIONS, 2):
        if first != second and first.split("=")[0].split("_m")[0] == second.split("=")[0].split("_m")[0]:
            continue  # two values of one filter are alternatives, not a further condition
        wanted = {one.pk for one in shop if CONDITIONS[first](one) and CONDITIONS[second](one)}
        assert ids(f"{first}&{second}" if first != second else first) == wanted, (first, second)


def test_facet_counts_say_what_choosing_them_finds(shop):
    for address in ("", "mode=ordinary", "ipc=C08&readiness=4-6", "price_min=50"):
        asked = ListingFilter(QueryDict(address))
        found = asked.search()
        for spec in asked.facets:
            for value, count in found.facets[spec.name]:
                alone = QueryDict(address, mutable=True)
                alone.setlist(spec.name, [value])
                assert len(ids(alone.urlencode())) == count, (address, spec.name, value)


def test_pages_are_a_partition_in_order(shop):
    asked = ListingFilter(QueryDict("sort=price"))
    seen = [one for page in range(1, 5) for one in asked.search(page=page, per_page=10).ids]
    assert len(seen) == len(set(seen)) == 30
    prices = [Listing.objects.get(pk=pk).price_min for pk in seen]
    known = [int(price) for price in prices if price is not None]
    assert known == sorted(known)
    assert all(price is None for price in prices[len(known) :]), "those without a price come last"


@pytest.mark.parametrize(
    "write",
    [
        "{0}",
        "ZL{0}",
        "ZL {0}",
        "CN{1}",
        "{1}",
        "zl {0} ",
        "ＺＬ{0}",
    ],
)
def test_a_number_is_found_in_any_spelling(shop, write):
    listing = shop[3]
    number = listing.rights[0].number
    assert ids(f"q={write.format(number, number.replace('.', ''))}") == {listing.pk}


def test_a_listing_is_found_by_its_own_number(shop):
    assert ids(f"q={shop[5].number.lower()}") == {shop[5].pk}


def test_words_of_the_right_and_of_the_holder_are_found(shop):
    assert len(ids("q=electrolyte membrane")) == 30
    assert len(ids("q=因氏氟材")) == 30
    assert next(one.pk for one in shop if one.title_zh == "含氟膜第7号") in ids("q=含氟膜第7号")
    assert ids("q=zzqxv") == set()


@pytest.mark.parametrize(
    "address",
    [
        "price_min=abc",
        "mode=" + "x" * 200,
        "sort=rank",
        "page=0",
        "page=99999999999",
        "per_page=7",
        "q=" + "%00",
        "q=" + "字" * 300,
        "pick=1&pick=x&pick=99999999999999999999",
    ],
)
def test_addresses_nobody_meant_still_open(shop, client, address):
    assert client.get(f"/listings/?{address}").status_code == 200


def test_the_index_follows_the_database(shop):
    assert index.check("listings").none
    from listings.catalogue.services.listings import withdraw_listing

    gone = shop[0]
    withdraw_listing(listing_id=gone.pk, by=cast.ines().actor)
    assert index.check("listings").extra == [gone.pk]
    index.upsert("listings", [gone.pk])
    assert index.check("listings").none
    asset = shop[1].rights[0]
    asset.version += 1
    asset.save(update_fields=["version"])
    assert index.check("listings").stale == [shop[1].pk]


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_exports_hold_everything_found_and_no_formulas(searchable, client):
    for start in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"):
        a_listing(title_zh=f"{start}标题")
    searchable()
    response = client.get("/listings/export.csv")
    text = b"".join(response.streaming_content).decode("utf-8")
    assert text.startswith("\ufeff")
    table = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert len(table) == 7
    for row in table:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "＝")) for cell in row)
    response = client.get("/listings/export.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert sheet.max_row == 7
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet.cell(2, 11).value == 4800000
    assert client.get("/listings/export.pdf").status_code == 404


@pytest.mark.django_db
def test_needs_are_exported_without_hidden_names(searchable, client):
    a_need(is_anonymous=True)
    searchable()
    text = b"".join(client.get("/needs/export.csv").streaming_content).decode()
    assert "主轴密封" in text
    assert cast.bo().organisation.name_zh not in text


@pytest.mark.django_db
def test_needs_are_filtered_by_budget_and_class(searchable):
    small = a_need(budget_min=None, budget_max=Decimal(100_000), ipc_hints=["H01M 8/10"])
    large = a_need()
    searchable()

    def found(address: str) -> list[int]:
        return [one for page in NeedFilter(QueryDict(address)).every_id() for one in page]

    assert found("budget_max=20") == [small.pk]
    assert found("ipc=F16J") == [large.pk]
    assert found("mode=ordinary&q=spindle") == [large.pk, small.pk] or set(found("q=spindle")) == {small.pk, large.pk}


# ── the API ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def bearer(part: cast.Part) -> dict[str, str]:
    _token, text = issue_token(membership_id=part.membership.pk, name="test", days=30, by=part.actor)
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}


def test_the_api_finds_what_the_page_finds(shop, client):
    answer = client.get("/api/v1/listings/", {"mode": "ordinary", "per_page": 5, "page": 1}).json()
    assert answer["count"] == len([one for one in shop if one.mode == "ordinary"])
    assert len(answer["results"]) == 5
    assert {row["value"]: row["count"] for row in answer["facets"]["mode"]}["ordinary"] == answer["count"]
    assert answer["results"][0]["rights"][0]["shown_number"]
    assert client.get("/api/v1/listings/", {"price_min": "abc"}).status_code == 400
    assert client.get("/api/v1/listings/", {"page": "x"}).status_code == 400


@pytest.mark.django_db
def test_the_api_writes_through_the_same_services(searchable):
    client, ines = Client(), cast.ines()
    asset = a_right()
    key = bearer(ines)
    body = {
        "rights": [asset.pk],
        "mode": "transfer",
        "title_zh": "膜转让",
        "problem_zh": "易破",
        "benefit_zh": "强",
        "applications_zh": "电池",
        "readiness": 3,
        "price_mode": "fixed",
        "price_min": "100000.00",
        "valid_until": str(clock.today() + timedelta(days=90)),
    }
    assert client.post("/api/v1/listings/", body, content_type="application/json").status_code in {401, 403}
    made = client.post("/api/v1/listings/", body, content_type="application/json", **key)
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    address = f"/api/v1/listings/{number}/"
    assert client.get(address).status_code == 404, "a draft is nobody else's business"
    bad = client.patch(address, {"readiness": 12}, content_type="application/json", **key)
    assert bad.status_code == 400
    client.patch(address, {"price_min": None}, content_type="application/json", **key)
    refused = client.post(f"{address}submit/", **key)
    assert refused.status_code == 422
    assert refused.json()["error"]["missing"][0]["code"] == "no_price"
    stale = client.patch(address, {"price_min": "5", "version": 1}, content_type="application/json", **key)
    assert stale.status_code == 409
    version = client.get(address, **key).json()["version"]
    assert (
        client.patch(
            address, {"price_min": "120000.00", "version": version}, content_type="application/json", **key
        ).status_code
        == 200
    )
    assert client.get(f"{address}missing/", **key).json() == [] or all(
        not row["blocks"] for row in client.get(f"{address}missing/", **key).json()
    )
    assert client.post(f"{address}submit/", **key).json()["state"] == "in_review"
    assert client.post(f"{address}submit/", **key).status_code == 409
    assert client.post(f"{address}withdraw/", **bearer(cast.stranger())).status_code == 404
    assert client.post(f"{address}withdraw/", **key).json()["state"] == "withdrawn"
    assert client.patch(address, {"title_zh": "x"}, content_type="application/json", **key).status_code == 409
    theirs = a_right(cast.bo())
    assert (
        client.post("/api/v1/listings/", {"rights": [theirs.pk]}, content_type="application/json", **key).status_code
        == 422
    )


@pytest.mark.django_db
def test_the_api_keeps_needs_and_searches(searchable):
    client, key = Client(), bearer(cast.bo())
    made = client.post(
        "/api/v1/needs/",
        {
            "title_zh": "密封",
            "problem_zh": "漏",
            "requirements_zh": "不漏",
            "deadline": str(clock.today() + timedelta(days=30)),
            "ipc_hints": ["F16J 15/32"],
            "modes": ["ordinary"],
        },
        content_type="application/json",
        **key,
    )
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert client.post(f"/api/v1/needs/{number}/submit/", **key).json()["state"] == "in_review"
    assert Need.objects.get().state == NeedState.IN_REVIEW
    saved = client.post(
        "/api/v1/saved-searches/",
        {"name": "甲", "collection": "listings", "query": "mode=open"},
        content_type="application/json",
        **key,
    )
    assert saved.status_code == 201, saved.content
    assert client.get("/api/v1/saved-searches/", **key).json()[0]["new"] == 0
    assert client.get("/api/v1/saved-searches/", **bearer(cast.stranger())).json() == []
    assert client.delete(f"/api/v1/saved-searches/{saved.json()['id']}/", **bearer(cast.stranger())).status_code == 404
    assert client.delete(f"/api/v1/saved-searches/{saved.json()['id']}/", **key).status_code == 204
    assert not SavedSearch.objects.exists()
    assert client.get("/api/v1/saved-searches/").status_code in {401, 403}


def test_suspended_listings_leave_the_index(shop):
    from listings.assets.models import Asset
    from listings.catalogue.services.listings import suspend_for_status

    one = shop[2]
    Asset.objects.filter(pk=one.rights[0].pk).update(status="lapsed")
    suspend_for_status([one.rights[0].pk])
    index.upsert("listings", [one.pk])
    assert one.pk not in ids("")
    assert Listing.objects.get(pk=one.pk).state == ListingState.SUSPENDED


@pytest.mark.rule("PAT-OFFICE-NEUTRAL")
@pytest.mark.django_db
def test_no_place_in_a_list_is_paid_for_or_recommended(client, searchable):
    assert LISTINGS.sorts == {"price", "expires", "published"}
    prices = [(cast.ines(), 30), (cast.ines(), 10), (cast.bo(), 20), (cast.stranger(), 15)]
    made = {price: a_listing(by=part, price_min=Decimal(price * 10_000)).number for part, price in prices}
    searchable()
    rows = client.get("/api/v1/listings/?sort=price").json()["results"]
    assert [row["number"] for row in rows] == [made[price] for price in sorted(made)]
