"""Sitemap, robots and the API's documentation page."""

import re

import pytest
from django.test import Client

from marketplace.portal.about import ABOUT
from marketplace.portal.sitemaps import sitemaps
from tests.builders import a_draft_organisation, a_verified_organisation

pytestmark = pytest.mark.django_db


def test_the_index_names_every_section(client: Client) -> None:
    xml = client.get("/sitemap.xml").content.decode()
    assert {"pages", "organisations"} <= set(sitemaps)
    for section in sitemaps:
        assert f"/sitemap-{section}.xml" in xml
        assert client.get(f"/sitemap-{section}.xml").status_code == 200


def test_pages_stand_there_in_both_languages(client: Client) -> None:
    xml = client.get("/sitemap-pages.xml").content.decode()
    paths = re.findall(r"<loc>https?://[^/]+(/[^<]*)</loc>", xml)
    wanted = {"/", "/organisations/", *(f"/about/{page}/" for page in ABOUT)}
    assert set(paths) == wanted | {f"/en{path}" for path in wanted}
    assert 'hreflang="en"' in xml and 'hreflang="zh-hans"' in xml
    for path in paths:
        assert client.get(path).status_code == 200, path


def test_only_verified_organisations_are_listed(client: Client) -> None:
    verified, draft = a_verified_organisation(), a_draft_organisation()
    xml = client.get("/sitemap-organisations.xml").content.decode()
    assert f"/organisations/{verified.pk}/" in xml and f"/en/organisations/{verified.pk}/" in xml
    assert f"/organisations/{draft.pk}/" not in xml


def test_robots_keeps_crawlers_out_of_the_desks(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    text = answer.content.decode()
    for path in ("/workspace/", "/desk/", "/account/", "/files/", "/search/", "/preferences/"):
        assert f"Disallow: {path}\n" in text and f"Disallow: /en{path}\n" in text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in text


@pytest.mark.parametrize(
    ("query", "words"), [("", "API 文档"), ("?lang=en", "API documentation"), ("?lang=xx", "API 文档")]
)
def test_the_documentation_page_has_a_policy_of_its_own(client: Client, query: str, words: str) -> None:
    answer = client.get(f"/api/docs/{query}")
    html = answer.content.decode()
    assert words in html
    orders = dict(one.strip().split(" ", 1) for one in answer["Content-Security-Policy"].split(";"))
    assert orders["style-src"] == "'self' 'unsafe-inline'"
    assert orders["script-src"] == orders["connect-src"] == "'self'"
    assert orders["default-src"] == orders["object-src"] == "'none'"
    assert not any("http" in order for order in orders.values())
    assert "<script>" not in html and "<style" not in html
    for url in re.findall(r'(?:src|href)="(/static/[^"]+)"', html):
        assert client.get(url).status_code == 200, url


def test_its_language_links_stay_on_it(client: Client) -> None:
    html = client.get("/api/docs/").content.decode()
    assert 'href="/api/docs/?lang=en"' in html and "/en/api/docs" not in html
    assert 'href="/api/docs/?lang=en"' in client.get("/en/about/fees/").content.decode()
    assert 'href="/api/docs/"' in client.get("/about/fees/").content.decode()


def test_the_schema_it_reads_is_there(client: Client) -> None:
    answer = client.get("/api/schema/?format=json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")
