"""Appearance: a cookie for everybody, and no way out of the site."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_theme_is_kept_and_shown(client: Client) -> None:
    answer = client.post("/preferences/", {"theme": "dark", "next": "/en/about/fees/"})
    assert answer["Location"] == "/en/about/fees/"
    kept = client.cookies["theme"]
    assert kept.value == "dark"
    assert kept["httponly"] and kept["samesite"] == "Lax" and int(kept["max-age"]) >= 86400 * 300
    assert 'data-theme="dark"' in client.get("/").content.decode()
    client.post("/preferences/", {"theme": ""})
    assert "data-theme" not in client.get("/").content.decode()


@pytest.mark.parametrize("theme", ["<script>", "dark ", "DARK", "sepia"])
def test_an_unknown_theme_is_none(client: Client, theme: str) -> None:
    client.post("/preferences/", {"theme": theme})
    assert client.cookies["theme"].value == ""
    client.cookies["theme"] = theme
    assert "data-theme" not in client.get("/about/fees/").content.decode()


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "home",
        "elsewhere.example",
        "",
        "///elsewhere.example",
        "\thttps://elsewhere.example",
    ],
)
def test_it_never_leads_outside(client: Client, target: str) -> None:
    assert client.post("/preferences/", {"theme": "dark", "next": target})["Location"] == "/"
    assert client.post("/en/preferences/", {"theme": "dark", "next": target})["Location"] == "/en/"


def test_the_form_needs_its_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/preferences/", {"theme": "dark"}).status_code == 403
    strict.get("/preferences/")
    token = strict.cookies["csrftoken"].value
    assert strict.post("/preferences/", {"theme": "dark", "csrfmiddlewaretoken": token}).status_code == 302


def test_the_page_marks_what_is_chosen_and_escapes_next(client: Client) -> None:
    client.cookies["theme"] = "light"
    html = client.get("/en/preferences/", {"next": '"><script>x</script>'}).content.decode()
    assert 'value="light" checked' in html
    assert "<script>x" not in html
