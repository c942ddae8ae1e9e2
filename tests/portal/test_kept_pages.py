"""Pages kept for plain readers hold nothing of anybody's, and differ where readers' choices do; Redis may be away."""

import pytest
from django.core.cache import cache, caches
from django.test import Client

from marketplace.core.caching import ForgivingRedisCache
from marketplace.core.pagecache import LONGEST_QUERY

pytestmark = pytest.mark.django_db
KEPT = ("/", "/en/", "/about/fees/", "/en/about/ranking/")


@pytest.fixture
def away(settings) -> None:
    """A Redis that nobody answers at."""
    settings.CACHES = {
        "default": {"BACKEND": "marketplace.core.caching.ForgivingRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }


@pytest.mark.parametrize("path", KEPT)
def test_they_set_no_cookie_and_hold_no_token(path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    for _ in range(2):
        answer = strict.get(path)
        assert answer.status_code == 200 and not answer.cookies
        assert b"csrfmiddlewaretoken" not in answer.content


@pytest.mark.parametrize("path", KEPT)
def test_the_second_reading_costs_no_query(client: Client, path: str, django_assert_num_queries) -> None:
    cold = client.get(path)
    with django_assert_num_queries(0):
        warm = client.get(path)
    assert warm.content == cold.content
    for name in ("Content-Type", "Content-Language", "Content-Security-Policy", "X-Frame-Options"):
        assert warm[name] == cold[name]


def test_languages_and_themes_are_kept_apart(client: Client) -> None:
    seen = set()
    for theme in ("", "light", "dark"):
        client.cookies["theme"] = theme
        for path in ("/about/fees/", "/en/about/fees/"):
            cold, warm = (client.get(path).content for _ in range(2))
            assert cold == warm
            assert (f'data-theme="{theme}"'.encode() in warm) is bool(theme)
            seen.add(warm)
    assert len(seen) == 6


def test_parts_for_htmx_are_kept_apart(client: Client) -> None:
    client.get("/about/fees/")
    before = set(cache._cache.get_client(None).keys("*page:*"))  # type: ignore[attr-defined]
    client.get("/about/fees/", headers={"HX-Request": "true"})
    after = set(cache._cache.get_client(None).keys("*page:*"))  # type: ignore[attr-defined]
    assert len(after - before) == 1


def test_who_is_signed_in_is_neither_given_nor_kept(client: Client, signed_in: Client) -> None:
    own = signed_in.get("/en/about/fees/").content.decode()
    assert "reader" in own and "Sign in" not in own
    plain = client.get("/en/about/fees/").content.decode()
    assert "Sign in" in plain and "reader" not in plain
    assert "reader" in signed_in.get("/en/about/fees/").content.decode()


def test_other_hosts_do_not_fill_ours(client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    client.get("/about/fees/")
    keys = len(cache._cache.get_client(None).keys("*page:*"))  # type: ignore[attr-defined]
    client.get("/about/fees/", headers={"Host": "other.example"})
    assert len(cache._cache.get_client(None).keys("*page:*")) == keys + 1  # type: ignore[attr-defined]
    assert client.get("/about/fees/", headers={"Host": "evil.example"}).status_code == 400


def test_endless_queries_and_failures_are_not_kept(client: Client) -> None:
    client.get("/about/fees/?" + "x" * (LONGEST_QUERY + 1))
    client.get("/about/none/")
    assert not cache._cache.get_client(None).keys("*page:*")  # type: ignore[attr-defined]


def test_with_redis_away_pages_come_all_the_same(client: Client, away: None) -> None:
    assert isinstance(caches["default"], ForgivingRedisCache)
    for path in KEPT:
        first, second = client.get(path), client.get(path)
        assert first.status_code == second.status_code == 200


def test_with_redis_away_every_call_has_its_quiet_answer(away: None) -> None:
    store = caches["default"]
    assert store.get("a", "none") == "none"
    store.set("a", 1)
    assert store.add("a", 1) is True
    assert store.delete("a") is False
    assert store.incr("a") == 1
    assert store.get_many(["a", "b"]) == {}
    assert store.set_many({"a": 1, "b": 2}) == ["a", "b"]
    assert store.get_or_set("a", lambda: 7) == 7
    assert ("a" in store) is False
    store.touch("a", 10)
    store.delete_many(["a"])
