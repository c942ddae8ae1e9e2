"""Every answer carries the browser's orders, whatever kind of answer it is."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from marketplace.core import files
from marketplace.core.actor import Actor
from marketplace.portal import registry
from tests.builders import a_person, a_verified_organisation

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/about/ranking/",
    "/preferences/",
    "/listings/",
    "/needs/",
    "/organisations/",
    "/account/login/",
    "/account/signup/",
    "/nowhere/",
]
BARE = ["/healthz", "/readyz", "/robots.txt", "/sitemap.xml", "/api/schema/", "/api/v1/organisations/", "/api/v1/none/"]
STATIC = ["/static/css/ground.css", "/static/js/market.js", "/static/img/mark.svg", "/static/none.css"]


def strict(policy: str) -> None:
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy


@pytest.mark.parametrize("path", [*PAGES, *(f"/en{path}" for path in PAGES), *BARE, *STATIC])
def test_orders_to_the_browser(client: Client, indexes: None, path: str) -> None:
    answer = client.get(path)
    wanted = 404 if "none" in path or "nowhere" in path else 503 if path == "/readyz" else 200
    assert answer.status_code == wanted
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    strict(answer["Content-Security-Policy"])
    if "/static/" not in path:
        assert answer["X-Frame-Options"] == "DENY"
    assert "Server" not in answer and "X-Powered-By" not in answer
    for cookie in answer.cookies.values():
        assert cookie["samesite"] == "Lax"


def test_no_page_holds_inline_code(client: Client, indexes: None) -> None:
    for path in [*PAGES, *(f"/en{path}" for path in PAGES)]:
        html = client.get(path).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html), path
        for tag in re.findall(r"<script[^>]*>", html):
            # data blocks are not code; browsers neither run nor refuse them
            assert re.search(r'src=|type="application/(ld\+)?json"', tag), (path, tag)
        outside = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(https?://[^"]+)"', html)
        assert all(url.startswith("http://127.0.0.1:8000/") for url in outside), path


def test_a_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("a secret cause")

    monkeypatch.setattr(registry, "figures", [registry.Figure(1, "x", fail, lambda: "")])
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 500
    strict(answer["Content-Security-Policy"])
    assert answer["X-Frame-Options"] == "DENY" and answer["X-Content-Type-Options"] == "nosniff"
    html = answer.content.decode()
    assert "a secret cause" not in html and "Traceback" not in html
    assert "编号" in html  # the reference people can give the service desk


def test_an_error_page_carries_a_reference_of_ours(client: Client) -> None:
    pattern = r'<dd class="mono">([0-9a-f-]{36})</dd>'
    found = [
        re.search(pattern, client.get("/nowhere/", headers={"X-Request-ID": "from-outside"}).content.decode())
        for _ in range(2)
    ]
    assert found[0] and found[1] and found[0][1] != found[1][1]


def test_a_refused_form_says_why_and_stays_strict() -> None:
    answer = Client(enforce_csrf_checks=True).post("/preferences/", {"theme": "dark"})
    assert answer.status_code == 403
    strict(answer["Content-Security-Policy"])


def test_downloads_run_nowhere(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_guards", dict(files._guards))
    files.guard("test")(lambda actor, row: row.is_public)
    person = a_person()
    organisation = a_verified_organisation(person)
    actor = Actor(user_id=person.pk, org_id=organisation.pk)
    png = BytesIO(b"\x89PNG\r\n\x1a\n" + b"\0" * 64).getvalue()
    rows = [
        files.keep(
            SimpleUploadedFile("图 纸.png", png), purpose="test", by=actor, allowed=files.IMAGES, is_public=public
        )
        for public in (True, False)
    ]
    answer = client.get(f"/files/{rows[0].pk}/")
    assert answer.status_code == 200 and b"".join(answer.streaming_content) == png
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Type"] == "image/png" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    policy = answer["Content-Security-Policy"]
    assert "sandbox" in policy and "default-src 'none'" in policy
    hidden, absent = client.get(f"/files/{rows[1].pk}/"), client.get("/files/00000000-0000-4000-8000-000000000000/")
    assert hidden.status_code == absent.status_code == 404
