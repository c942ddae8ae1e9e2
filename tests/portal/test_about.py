"""The plain-language pages: there, in both languages, and leading on."""

import re

import pytest
from django.test import Client

from marketplace.portal.about import ABOUT

pytestmark = pytest.mark.django_db

SAYS = {
    "ranking": ("第七十九条", "article 79"),
    "sources": ("CC BY 4.0", "CC BY 4.0"),
    "fees": ("不收取任何费用", "charges nothing"),
    "complaints": ("45 个工作日", "45 working days"),
    "accessibility": ("AA 级", "level AA"),
}


@pytest.mark.parametrize("page", ABOUT)
def test_each_page_speaks_both_languages(client: Client, page: str) -> None:
    for prefix, words in zip(("", "/en"), SAYS[page], strict=True):
        answer = client.get(f"{prefix}/about/{page}/")
        assert answer.status_code == 200
        html = answer.content.decode()
        assert words in html
        assert html.count('aria-current="page"') == 2  # the crumb and the list of pages
        article = html.split("<article", 1)[1].split("</article>", 1)[0]
        plain = re.sub(r"<[^>]+>", " ", article)
        han = len(re.findall(r"[\u4e00-\u9fff]", plain))
        assert (han == 0) if prefix else (han > 200)
        assert "%(" not in plain and "%%" not in plain


@pytest.mark.parametrize("page", ABOUT)
def test_links_of_a_page_open(client: Client, indexes: None, page: str) -> None:
    html = client.get(f"/en/about/{page}/").content.decode()
    for url in set(re.findall(r'<a[^>]+href="(/[^"#]*)"', html)):
        assert client.get(url).status_code in (200, 302), url


def test_another_name_is_not_found(client: Client) -> None:
    assert client.get("/about/nothing/").status_code == 404
    assert client.get("/en/about/ranking.html").status_code == 404


def test_samples_are_named_only_where_they_are(client: Client, settings) -> None:
    assert "invented for this project" in client.get("/en/about/sources/").content.decode()
    settings.IS_DEMO = False
    assert "invented for this project" not in client.get("/en/about/sources/?fresh=1").content.decode()


def test_without_a_phone_the_pages_say_to_write(client: Client, settings) -> None:
    settings.MARKET_PHONE = ""
    assert "Write to the host." in client.get("/en/about/complaints/").content.decode()
    assert "write to the host: you get" in client.get("/en/about/accessibility/").content.decode()
