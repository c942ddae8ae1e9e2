"""Limits on guessing: per account over all addresses, and what holds while nothing can be counted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.cache import caches
from django.test import Client, RequestFactory
from django.urls import reverse

from marketplace.accounts import guessing
from marketplace.accounts.models import SignIn
from marketplace.core.connections import address_of
from tests import cast
from tests.accounts.test_sign_in import code_now, sign_in
from tests.builders import PASSWORD, a_person

pytestmark = pytest.mark.django_db


def guess_from_everywhere(email: str, times: int = guessing.MOST_WRONG) -> None:
    for n in range(times):
        sign_in(Client(REMOTE_ADDR=f"203.0.113.{n + 1}"), email, f"wrong guess {n}")


@pytest.fixture
def redis_away(settings) -> Iterator[None]:
    """The cache as it is, at a port where nothing listens."""
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    before = caches["default"]
    settings.CACHES = {"default": away}
    yield
    caches["default"] = before


def test_under_guessing_from_many_addresses_the_password_needs_the_mailed_code(client: Client) -> None:
    person = a_person("target@people.test")
    guess_from_everywhere(person.email)
    answer = sign_in(client, person.email)
    assert answer["Location"] == reverse("account_confirm_login_code")
    assert "_auth_user_id" not in client.session, "the guessed password alone opened the account"
    page = client.get(answer["Location"])
    assert page.status_code == 200
    [letter] = mail.outbox
    assert letter.to == [person.email]
    code = re.search(r"^\s*([A-Z0-9-]{6,12})\s*$", letter.body, re.MULTILINE)
    assert code is not None, letter.body
    assert client.post(answer["Location"], {"code": code.group(1)})["Location"].endswith("/workspace/")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_below_the_limit_and_on_other_accounts_the_password_is_enough() -> None:
    target, other = a_person("target@people.test"), a_person("other@people.test")
    guess_from_everywhere(target.email, guessing.MOST_WRONG - 1)
    assert sign_in(Client(), target.email)["Location"].endswith("/workspace/")
    guess_from_everywhere(target.email, 1)
    assert sign_in(Client(), target.email)["Location"] == reverse("account_confirm_login_code")
    assert sign_in(Client(), other.email)["Location"].endswith("/workspace/")


def test_a_wrong_code_opens_nothing(client: Client) -> None:
    person = a_person("target@people.test")
    guess_from_everywhere(person.email)
    address = sign_in(client, person.email)["Location"]
    for _ in range(3):
        client.post(address, {"code": "WRONG1"})
    assert "_auth_user_id" not in client.session
    assert client.get(address).status_code == 302, "three wrong codes end the attempt"


def test_a_second_factor_stands_in_for_the_letter(client: Client) -> None:
    lena = cast.lena()
    cast.enrol(lena.person)
    guess_from_everywhere(lena.person.email)
    assert sign_in(client, lena.person.email)["Location"] == reverse("mfa_authenticate")
    assert mail.outbox == []


def test_an_unknown_address_is_counted_alike() -> None:
    guess_from_everywhere("nobody@people.test")
    assert guessing.is_guessed_at("Nobody@people.test ")
    assert not guessing.is_guessed_at("somebody@people.test")


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("account_login", {"login": "known@people.test", "password": PASSWORD}),
        ("account_signup", {"email": "n@p.test", "password1": PASSWORD, "password2": PASSWORD}),
        ("account_reset_password", {"email": "known@people.test"}),
        ("account_email_verification_sent", {"code": "ABC123"}),
        ("account_confirm_password_reset_code", {"code": "ABC123"}),
        ("account_confirm_login_code", {"code": "ABC123"}),
        ("mfa_login_webauthn", {"credential": "{}"}),
    ],
)
@pytest.mark.parametrize("language", ["", "/en"])
def test_with_nothing_to_count_with_the_entrance_is_shut(redis_away, name: str, form: dict, language: str) -> None:
    a_person("known@people.test")
    answer = Client().post(language + reverse(name), form)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    said = "Try again in a minute" if language else "请一分钟后再试"
    assert said in answer.content.decode()
    assert mail.outbox == [] and not SignIn.objects.exists()


def test_with_nothing_to_count_with_no_code_of_an_authenticator_is_tried(client: Client, settings) -> None:
    lena = cast.lena()
    cast.enrol(lena.person)
    assert sign_in(client, lena.person.email)["Location"] == reverse("mfa_authenticate")
    before = caches["default"]
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    refused = client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert refused.status_code == 503 and "_auth_user_id" not in client.session
    caches["default"] = before
    assert client.post(reverse("mfa_authenticate"), {"code": code_now()}).status_code == 302


def test_a_count_that_breaks_off_halfway_refuses_too(redis_away, client: Client, monkeypatch) -> None:
    """Redis may go between the first look and the count itself."""
    person = a_person("known@people.test")
    monkeypatch.setattr(guessing, "require_counting", lambda: None)
    assert sign_in(client, person.email).status_code == 503
    assert "_auth_user_id" not in client.session


def test_what_is_public_stays_open_and_so_does_the_way_out(redis_away) -> None:
    browser = Client()
    browser.force_login(a_person("known@people.test"))
    for address in ("/", "/organisations/", reverse("account_login"), "/api/v1/organisations/"):
        assert Client().get(address).status_code == 200, address
    assert browser.post(reverse("account_logout")).status_code == 302
    assert "_auth_user_id" not in browser.session


def test_too_many_tries_are_told_on_a_page_of_ours() -> None:
    browser = Client(REMOTE_ADDR="203.0.113.250")
    answers = [browser.post("/en/account/signup/", {"email": "x"}) for _ in range(21)]
    assert (answers[0].status_code, answers[-1].status_code) == (200, 429)
    assert "Wait a few minutes" in answers[-1].content.decode()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "connection", "expected"),
    [
        (0, "198.51.100.7", "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7", "10.0.0.2", "198.51.100.7"),
        (1, "1.1.1.1, 198.51.100.7", "10.0.0.2", "198.51.100.7"),
        (2, "1.1.1.1, 198.51.100.7, 10.0.0.3", "10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "10.0.0.2", "198.51.100.7"),
        (1, "", "10.0.0.2", "10.0.0.2"),
        (1, "not an address", "10.0.0.2", "10.0.0.2"),
        (1, "::ffff:198.51.100.7", "10.0.0.2", "198.51.100.7"),
        (1, "2001:DB8::1", "10.0.0.2", "2001:db8::1"),
        (0, "198.51.100.7", "", None),
    ],
)
def test_whose_word_counts_for_the_address(settings, proxies, forwarded, connection, expected) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory(REMOTE_ADDR=connection).get("/", headers={"X-Forwarded-For": forwarded})
    assert address_of(request) == expected


def test_behind_a_proxy_sessions_and_limits_know_the_reader(settings) -> None:
    settings.TRUSTED_PROXIES = 1
    person = a_person("known@people.test")
    guesser = Client(REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": "9.9.9.9, 203.0.113.9"})
    for n in range(5):
        sign_in(guesser, person.email, f"wrong {n}")
    assert sign_in(guesser, person.email).status_code == 200, "the guesser went on"
    owner = Client(REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": "198.51.100.7"})
    assert sign_in(owner, person.email).status_code == 302
    assert SignIn.objects.get(user=person).address == "198.51.100.7"
