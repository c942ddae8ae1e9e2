"""The front page: what the floors contribute, its search, its structured data, and what it costs."""

import json
import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import translation

from marketplace.portal import registry

pytestmark = pytest.mark.django_db


def structured(html: str) -> dict:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize(("path", "words"), [("/", "每一项事实"), ("/en/", "every fact with its source and date")])
def test_both_languages(client: Client, path: str, words: str) -> None:
    html = client.get(path).content.decode()
    assert words in html
    assert f'rel="canonical" href="http://127.0.0.1:8000{path}"' in html
    assert 'hreflang="zh-CN" href="http://127.0.0.1:8000/"' in html
    assert 'hreflang="en" href="http://127.0.0.1:8000/en/"' in html
    assert "<form" in html and 'role="search"' in html


def test_every_scope_of_the_search_bar_leads_to_its_list(client: Client) -> None:
    html = client.get("/").content.decode()
    scopes = [place for place in registry.places if place.has_search]
    assert {place.url_name for place in scopes} >= {"listing_list", "need_list", "organisation_list"}
    for place in scopes:
        assert f'<option value="{place.url_name}"' in html
        answer = client.get("/search/", {"in": place.url_name, "q": "氟 硅&x=1"})
        assert answer.status_code == 302
        assert answer["Location"] == f"{reverse(place.url_name)}?q=%E6%B0%9F+%E7%A1%85%26x%3D1"


@pytest.mark.parametrize("scope", ["", "home", "https://elsewhere.example/", "listing_detail", "logout"])
def test_an_unknown_scope_goes_to_the_first_list_and_nowhere_else(client: Client, scope: str) -> None:
    first = next(place for place in registry.places if place.has_search)
    assert client.get("/search/", {"in": scope, "q": "a"})["Location"] == f"{reverse(first.url_name)}?q=a"


def test_search_keeps_the_language_and_bounds_the_text(client: Client) -> None:
    answer = client.get("/en/search/", {"in": "listing_list", "q": "x" * 5000})
    assert answer["Location"] == "/en/listings/?q=" + "x" * 200


def test_structured_data_names_the_site_and_a_search_that_works(client: Client) -> None:
    data = structured(client.get("/en/").content.decode())
    assert data["@type"] == "WebSite"
    assert data["inLanguage"] == "en"
    template = data["potentialAction"]["target"]["urlTemplate"]
    assert template.startswith(data["url"])
    path = template.removeprefix("http://127.0.0.1:8000").replace("{search_term_string}", "film")
    assert client.get(path)["Location"].endswith("?q=film")


def test_structured_data_cannot_close_its_block(client: Client, settings) -> None:
    settings.MARKET_NAME_ZH = "</script><script>alert(1)</script>"
    html = client.get("/").content.decode()
    assert "<script>alert(1)" not in html
    assert structured(html)["name"] == settings.MARKET_NAME_ZH


def test_what_a_floor_registers_is_shown(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("figures", "entrances", "shortcuts", "blocks"):
        monkeypatch.setattr(registry, name, list(getattr(registry, name)))
    registry.figure(1, "Things counted", lambda: 1234567, note=lambda: "noted <b>", url_name="organisation_list")
    registry.entrance(1, "Come in here", "it is open", "organisation_list")
    registry.shortcut(1, "Short cut", "organisation_list", "kind=bank")
    registry.home_block(1, "portal/about/fees.html", dict, column="aside")
    html = client.get("/en/").content.decode()
    assert "1,234,567" in html and "noted &lt;b&gt;" in html
    assert "Come in here" in html and 'href="/en/organisations/?kind=bank"' in html
    assert "This market charges nothing" in html
    assert 'class="cols"' in html


def test_cold_and_warm_costs(client: Client, django_assert_max_num_queries, django_assert_num_queries) -> None:
    cache.clear()
    with django_assert_max_num_queries(8):
        cold = client.get("/")
    with django_assert_num_queries(0):
        warm = client.get("/")
    assert warm.content == cold.content


def test_the_page_is_made_anew_each_minute(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from marketplace.core import clock

    counted = iter(range(100, 200))
    monkeypatch.setattr(registry, "figures", [registry.Figure(1, "Counted", lambda: next(counted), lambda: "", "")])
    start = clock.now().replace(second=5)
    with clock.at(start):
        assert ">100<" in client.get("/en/").content.decode()
        assert ">100<" in client.get("/en/").content.decode()
    with clock.at(start + timedelta(minutes=1)):
        assert ">101<" in client.get("/en/").content.decode()


def test_entrances_and_shortcuts_open(client: Client, indexes: None) -> None:
    with translation.override("en"):
        urls = [reverse(one.url_name) for one in registry.entrances]
        urls += [f"{reverse(one.url_name)}?{one.query}" for one in registry.shortcuts]
    assert urls
    for url in urls:
        assert client.get(url).status_code in (200, 302), url
