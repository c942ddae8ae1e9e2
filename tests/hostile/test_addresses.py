"""Hostile addresses and headers: read as nothing, or refused; never a broken page, never believed."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from listings.catalogue.filters import ListingFilter, NeedFilter
from listings.patents.filters import PatentFilter
from tests.hostile.corpus import DATES, NUMBERS, TEXTS, runs
from tests.world import World

COMMON = ["page", "per_page", "pick", "id", "sort", "q", "part", "collection"]
#: Lists and what their addresses may carry; the last word names who asks.
LISTS = [
    ("/listings/", [*ListingFilter.base_filters, *COMMON], "anonymous"),
    ("/needs/", [*NeedFilter.base_filters, *COMMON], "anonymous"),
    ("/patents/", [*PatentFilter.base_filters, *COMMON], "anonymous"),
    ("/en/listings/export.csv", [*ListingFilter.base_filters, *COMMON], "anonymous"),
    ("/patents/export.xlsx", [*PatentFilter.base_filters, *COMMON], "anonymous"),
    ("/listings/compare/", COMMON, "anonymous"),
    ("/patents/compare/", COMMON, "anonymous"),
    ("/organisations/", ["kind", "region", *COMMON], "anonymous"),
    ("/search/", ["in", *COMMON], "anonymous"),
    ("/api/v1/listings/", [*ListingFilter.base_filters, *COMMON], "anonymous"),
    ("/api/v1/needs/", [*NeedFilter.base_filters, *COMMON], "anonymous"),
    ("/api/v1/patents/", [*PatentFilter.base_filters, *COMMON], "anonymous"),
    ("/api/v1/patents/check-number/", ["number"], "anonymous"),
    ("/api/v1/organisations/", ["kind", "region", "page_size", *COMMON], "anonymous"),
    ("/workspace/patents/", [*PatentFilter.base_filters, *COMMON], "owner"),
    ("/workspace/patents/number/", ["number"], "owner"),
    ("/workspace/patents/imports/", COMMON, "owner"),
    ("/workspace/listings/", ["state", *COMMON], "owner"),
    ("/workspace/listings/new/", ["asset", *COMMON], "owner"),
    ("/workspace/needs/", ["state", *COMMON], "owner"),
    ("/workspace/enquiries/", ["box", *COMMON], "owner"),
    ("/workspace/notices/", COMMON, "owner"),
    ("/workspace/searches/new/", COMMON, "owner"),
    ("/desk/organisations/", ["state", *COMMON], "reviewer"),
    ("/desk/people/", COMMON, "reviewer"),
]
NAMES = ("attribute", "template", "percent", "sql", "nul", "control", "rtl", "surrogates", "combining", "long", "empty")
VALUES = [*(TEXTS[name][:300] for name in NAMES), *NUMBERS, DATES[0], "%zz", "0", "1,2"]


def test_any_query_string_is_answered(world: World) -> None:
    wrong = []
    for url, names, who in LISTS:
        client = world.visitor(who)
        asked = [dict.fromkeys(names, value) for value in VALUES]
        singly = [] if "export" in url or "workspace" in url else dict.fromkeys(names)
        asked += [{name: value} for name in singly for value in ("\x00", "1" + "0" * 30)]
        asked.append({names[0]: ["x"] * 300})
        for query in asked:
            answer = client.get(url, query)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if answer.status_code not in (200, 302, 400, 404, 422):
                wrong.append(f"{url} {query!r:.120}: {answer.status_code}")
            elif "html" in answer.get("Content-Type", "") and runs(body.decode()):
                wrong.append(f"{url} {query!r:.120}: {runs(body.decode())}")
        for raw in (
            "?%00=%00",
            "?page=%ff%fe",
            "?" + "q=a&" * 1500,
            "?q=%ED%A0%80",
            "?page=1&page=2&page=x",
            "?[x]=1&x[]=2",
        ):
            status = client.get(url + raw).status_code
            if status not in (200, 302, 400, 404, 422):
                wrong.append(f"{url}{raw[:40]}: {status}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_odd_paths_are_not_found(world: World) -> None:
    client = Client(raise_request_exception=False)
    big = 10**30
    paths = [
        f"/patents/{big}/",
        f"/organisations/{big}/",
        "/listings/L-2026-%00/",
        "/listings/%F0%9F%92%A9/",
        "/patents/٣/",
    ]
    paths += [
        "/about/../../etc/passwd/",
        "/static/../manage.py",
        "/static/%2e%2e/manage.py",
        "/static//etc/passwd",
        "/files/x/",
    ]
    paths += [
        f"/api/v1/patents/{big}/",
        f"/api/v1/organisations/{big}/",
        "/patents/export.exe",
        "/en/en/",
        "//evil.test/x",
    ]
    paths += [
        "/listings/export.%00",
        f"/invitations/{big}/{'x' * 5000}/",
        "/patents/export.csv/../../",
        "/" + "a/" * 2000,
    ]
    for path in paths:
        for shown in (path, f"/en{path}"):
            assert client.get(shown).status_code in (301, 400, 404), shown
    for made in (10**30, 2**63, 2**31, 0):
        assert Client(raise_request_exception=False).get(f"/patents/{made}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:80", "127.0.0.1.evil.test", "a b", "[::1", "x" * 5000, "testserver@evil.test"]
)
def test_another_host_is_refused(host: str) -> None:
    answer = Client(raise_request_exception=False).get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil.test" not in answer.content.decode()


def test_forwarded_headers_are_a_stranger_s_claim(world: World) -> None:
    """Neither the host of a link nor the scheme nor the address of a reader comes from a header."""
    claims = {
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "9.9.9.9",
        "Forwarded": "host=evil.test",
        "X-Original-URL": "/workspace/",
        "X-Rewrite-URL": "/workspace/",
        "X-HTTP-Method-Override": "DELETE",
        "X-Real-IP": "9.9.9.9",
    }
    page = Client().get("/about/fees/", headers=claims)
    assert page.status_code == 200 and "evil.test" not in page.content.decode()
    number = world.ines.listings["published"].number
    assert "evil.test" not in Client().get(reverse("listing_detail", args=[number]), headers=claims).content.decode()
    # nor may one reader's headers be kept in the page that the next one is given
    assert "evil.test" not in Client().get(reverse("listing_detail", args=[number])).content.decode()


def test_the_api_s_limit_cannot_be_passed_by_a_header(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import AnonRateThrottle

    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "5/min"})
    statuses = [
        Client().get("/api/v1/organisations/", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(8)
    ]
    assert statuses == [200] * 5 + [429] * 3
    assert Client(REMOTE_ADDR="10.9.9.9").get("/api/v1/organisations/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "x" * 20_000},
        {"Accept-Language": "en;q=NaN, *;q=9e99, zh-\x00"},
        {"Accept-Language": "../../etc"},
        {"Cookie": "theme=" + "x" * 60_000},
        {"Cookie": "sessionid=" + "\x00'; DROP TABLE x" * 20},
        {"Cookie": "a=1; " * 3000},
        {"Cookie": "django_language=../../x; theme=<script>"},
        {"User-Agent": "<script>alert(1)</script>" * 500},
        {"Referer": "javascript:alert(1)"},
        {"Authorization": "Bearer \xff"},
        {"Authorization": "Bearer " + "x" * 9000},
        {"Authorization": "Basic Og=="},
        {"X-Request-ID": "<script>\r\nX: y" + "x" * 9000},
        {"HX-Request": "true", "HX-Target": "<b>"},
        {"If-Modified-Since": "yesterday"},
        {"Range": "bytes=0-9999999999,0-1"},
        {"Accept": "*/*;q=" + "9" * 400},
        {"Content-Type": "multipart/form-data; boundary="},
        {"Content-Length": "-5"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_odd_headers_break_nothing(headers: dict[str, str]) -> None:
    client = Client(raise_request_exception=False)
    for url in ("/about/fees/", "/organisations/", "/api/v1/organisations/", "/nowhere/"):
        answer = client.get(url, headers=headers)
        assert answer.status_code < 500, url
        assert "<script>" not in answer.content.decode().replace('type="application/ld+json"', "")
        for name, value in answer.items():
            assert "\n" not in value and "\r" not in value, name


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body", ["a" * 6_000_000, "&".join(f"f{n}=1" for n in range(3000))], ids=["6 MB", "3000 fields"]
)
def test_too_much_is_refused(body: str) -> None:
    answer = Client(raise_request_exception=False).post(
        "/preferences/", body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code in (400, 413)


def test_nobody_is_sent_away_from_the_site(world: World) -> None:
    """No redirect follows an address that a stranger wrote into a link."""
    for target in (
        "//evil.test",
        "https://evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "javascript:alert(1)",
        "http:///evil.test",
        "/%09/evil.test",
        "\t//evil.test",
    ):
        told = Client().post("/preferences/", {"theme": "dark", "next": target})
        assert told.status_code == 302 and not _leaves(told["Location"]), (target, told["Location"])
        login = Client().post(
            f"/account/login/?next={target}",
            {"login": "ines@holder.test", "password": "correct horse battery", "next": target},
        )
        assert login.status_code in (200, 302)
        if login.status_code == 302:
            assert not _leaves(login["Location"]), (target, login["Location"])
        cache.clear()
        acted = world.visitor("owner").get(f"/search/?in={target}&q=x")
        assert not _leaves(acted["Location"]), target


def _leaves(location: str) -> bool:
    return location.startswith(("//", "/\\", "\\", "javascript")) or (
        "://" in location and "://testserver" not in location
    )


@pytest.mark.django_db
@override_settings(DEBUG=False)
def test_an_error_tells_a_stranger_nothing() -> None:
    answer = Client(raise_request_exception=False).get(
        "/patents/export.csv?q=" + "x" * 100, headers={"Host": "evil.test"}
    )
    text = answer.content.decode()
    for word in ("Traceback", "django.", "postgres", str(settings.BASE_DIR), "SECRET"):
        assert word not in text
