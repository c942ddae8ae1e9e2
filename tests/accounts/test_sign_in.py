"""Signing up and in, the second factor and who must have one, sessions, and what they cost."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.accounts.acting import actor_of
from marketplace.accounts.models import SignIn, User
from marketplace.accounts.services import people
from marketplace.core.actor import ANONYMOUS
from marketplace.core.errors import IllegalTransition, NotFound, NotPermitted, ReasonMissing
from marketplace.core.events import timeline
from tests import cast
from tests.builders import PASSWORD, a_person, joins, operator_actor

pytestmark = pytest.mark.django_db


def code_now(secret: str = cast.TOTP_SECRET) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def sign_in(browser: Client, email: str, password: str = PASSWORD):
    return browser.post(reverse("account_login"), {"login": email, "password": password})


def test_signing_up_takes_an_address_a_password_and_the_code_from_the_letter(client: Client) -> None:
    told = {"email": "new@people.test", "password1": "a long sentence 1", "password2": "a long sentence 1"}
    client.post("/en/account/signup/", told)
    [letter] = mail.outbox
    code = re.search(r"^\s*([A-Z0-9-]{6,12})\s*$", letter.body, re.MULTILINE)
    assert code is not None, letter.body
    answer = client.post("/en/account/confirm-email/", {"code": code.group(1)})
    assert answer.status_code == 302 and answer["Location"] == "/en/workspace/organisation/new/"
    person = User.objects.get(email="new@people.test")
    assert person.language == "en"
    assert timeline(person)[0].kind == "person.join"
    assert client.get("/en/workspace/organisation/new/").status_code == 200


def test_signing_up_with_a_known_address_looks_the_same(client: Client) -> None:
    a_person("known@people.test")
    told = {"password1": "a long sentence 1", "password2": "a long sentence 1"}
    known = client.post(reverse("account_signup"), {"email": "known@people.test", **told})
    new = Client().post(reverse("account_signup"), {"email": "new@people.test", **told})
    assert (known.status_code, known["Location"]) == (new.status_code, new["Location"])
    assert User.objects.filter(email="known@people.test").count() == 1
    assert len(mail.outbox) == 2


def test_a_wrong_password_and_an_unknown_address_read_the_same(client: Client) -> None:
    a_person("known@people.test")
    pages = [
        sign_in(Client(), email, "wrong").content.decode() for email in ("known@people.test", "nobody@people.test")
    ]
    said = [re.findall(r'<ul class="errorlist.*?</ul>', page, re.DOTALL) for page in pages]
    assert said[0] == said[1] != []


def test_guessing_is_slowed_down(client: Client) -> None:
    a_person("known@people.test")
    for _ in range(5):
        sign_in(client, "known@people.test", "wrong")
    refused = sign_in(client, "known@people.test")
    assert "_auth_user_id" not in client.session
    assert refused.status_code in (200, 429)


def test_a_short_or_common_password_is_refused(client: Client) -> None:
    for password in ("short", "password1234", "123456789012"):
        client.post(reverse("account_signup"), {"email": "n@p.test", "password1": password, "password2": password})
    assert not User.objects.filter(email="n@p.test").exists()


def test_signing_in_makes_a_new_session_and_lists_it(client: Client) -> None:
    client.get(reverse("account_login"))
    before = client.session.session_key
    person = a_person("known@people.test")
    assert sign_in(client, person.email).status_code == 302
    assert client.session.session_key != before
    assert SignIn.objects.get(user=person).session_key == client.session.session_key


def test_somebody_enrolled_needs_the_code_and_each_code_works_once(client: Client) -> None:
    lena = cast.lena()
    cast.enrol(lena.person)
    assert sign_in(client, lena.person.email)["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("my_organisation")).status_code == 302
    code = code_now()
    assert client.post(reverse("mfa_authenticate"), {"code": code})["Location"].endswith("/workspace/")
    assert client.get(reverse("my_organisation")).status_code == 200
    second = Client()
    sign_in(second, lena.person.email)
    second.post(reverse("mfa_authenticate"), {"code": code})
    assert "_auth_user_id" not in second.session


@pytest.mark.parametrize("part", [cast.lena, cast.val, cast.ops])
def test_without_a_second_factor_only_enrolment_opens(part) -> None:
    held = part()
    browser = Client()
    browser.force_login(held.person)
    for address in ("/", reverse("my_organisation"), reverse("organisation_list"), reverse("profile")):
        answer = browser.get(address)
        assert (answer.status_code, answer["Location"]) == (302, reverse("second_factor")), address
    assert browser.get("/api/v1/organisations/").json()["error"]["code"] == "second_factor_missing"
    assert browser.get(reverse("second_factor")).status_code == 200
    assert browser.post(reverse("organisation_submit")).status_code == 302


@pytest.mark.django_db(transaction=True)  # the library tells of the new authenticator after the commit
def test_enrolling_opens_the_rest() -> None:
    lena = cast.lena()
    browser = Client()
    sign_in(browser, lena.person.email)
    asked = browser.get(reverse("mfa_activate_totp"))
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    browser.post(asked["Location"], {"password": PASSWORD})
    page = browser.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200, page["Location"]
    secret = page.context["form"].secret
    answer = browser.post(reverse("mfa_activate_totp"), {"code": code_now(secret)})
    assert answer.status_code == 302
    stored = Authenticator.objects.get(user=lena.person, type="totp").data["secret"]
    assert secret not in stored
    assert browser.get(reverse("my_organisation")).status_code == 200


def test_an_older_session_must_show_the_factor_enrolled_elsewhere() -> None:
    lena = cast.lena()
    old = Client()
    old.force_login(lena.person)
    cast.enrol(lena.person)
    answer = old.get(reverse("my_organisation"))
    assert answer.status_code == 302 and answer["Location"].startswith(reverse("mfa_reauthenticate"))
    old.post(reverse("mfa_reauthenticate"), {"code": code_now()})
    assert old.get(reverse("my_organisation")).status_code == 200


def test_a_session_s_factor_is_the_person_s_own() -> None:
    lena, bo = cast.lena(), cast.bo()
    browser = lena.signed_in()
    browser.force_login(bo.person)
    joins(bo.person, lena.organisation, ["reviewer"])
    cast.enrol(bo.person)
    session = browser.session
    session["acting"] = {"membership": lena.organisation.memberships.get(user=bo.person).pk, "delegation": None}
    session.save()
    assert browser.get(reverse("my_organisation")).status_code == 302


def test_others_are_not_asked_for_a_second_factor() -> None:
    browser = Client()
    browser.force_login(cast.ines().person)
    assert browser.get(reverse("my_organisation")).status_code == 200


def test_no_cookie_no_query(client: Client) -> None:
    request = RequestFactory().get("/")
    request.user, request.session = AnonymousUser(), SessionStore()
    with CaptureQueriesContext(connection) as seen:
        assert actor_of(request) == ANONYMOUS
    assert len(seen) == 0


@pytest.mark.parametrize("part", [cast.ines, cast.lena])
def test_the_actor_costs_two_queries_with_session_and_person(part) -> None:
    held = part()
    browser = held.signed_in()
    request = RequestFactory().get("/")
    request.COOKIES = {"sessionid": browser.session.session_key}
    with CaptureQueriesContext(connection) as seen:
        from django.contrib.auth.middleware import AuthenticationMiddleware
        from django.contrib.sessions.middleware import SessionMiddleware

        SessionMiddleware(lambda r: None).process_request(request)
        AuthenticationMiddleware(lambda r: None).process_request(request)
        assert actor_of(request).org_id == held.organisation.pk
    assert len(seen) == 2


def test_other_browsers_are_listed_and_signed_out() -> None:
    ines = cast.ines()
    here, there = Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows) Firefox/140"), Client()
    sign_in(here, ines.person.email)
    sign_in(there, ines.person.email)
    page = here.get(reverse("security")).content.decode()
    assert "Firefox · Windows" in page
    here.post(reverse("sessions_end"))
    assert there.get(reverse("profile")).status_code == 302
    assert here.get(reverse("profile")).status_code == 200


def test_a_new_password_ends_every_other_session() -> None:
    ines = cast.ines()
    here, there = Client(), Client()
    sign_in(here, ines.person.email)
    sign_in(there, ines.person.email)
    told = {"oldpassword": PASSWORD, "password1": "another long sentence", "password2": "another long sentence"}
    assert here.post(reverse("account_change_password"), told).status_code == 302
    assert there.get(reverse("profile")).status_code == 302
    assert here.get(reverse("profile")).status_code == 200


def test_somebody_else_s_session_is_not_theirs_to_end() -> None:
    person = a_person()
    row = people.note_sign_in(a_person(), session_key="k" * 32, address=None, agent="")
    with pytest.raises(NotFound):
        people.end_session(person, sign_in_id=row.pk)


def test_shutting_out_and_letting_in() -> None:
    person, ops = a_person(), cast.ops()
    with pytest.raises(ReasonMissing):
        people.suspend_person(user_id=person.pk, by=ops.actor, reason=" ")
    people.suspend_person(user_id=person.pk, by=ops.actor, reason="Complaint.")
    with pytest.raises(IllegalTransition):
        people.suspend_person(user_id=person.pk, by=ops.actor, reason="Complaint.")
    told = timeline(person)[0]
    assert (told.kind, told.reason, told.before, told.after) == ("person.suspend", "Complaint.", "active", "suspended")
    browser = Client()
    sign_in(browser, person.email)
    assert "_auth_user_id" not in browser.session
    people.reinstate_person(user_id=person.pk, by=ops.actor)
    assert sign_in(Client(), person.email)["Location"].endswith("/workspace/")


def test_only_reviewers_shut_out_and_never_themselves() -> None:
    person = a_person()
    with pytest.raises(NotPermitted):
        people.suspend_person(user_id=person.pk, by=cast.ines().actor, reason="x")
    ops = operator_actor()
    with pytest.raises(people.OwnSuspension):
        people.suspend_person(user_id=ops.user_id, by=ops, reason="x")


def test_demo_codes_are_for_the_demo_only(settings, capsys: pytest.CaptureFixture[str]) -> None:
    lena = cast.lena()
    cast.enrol(lena.person)
    with pytest.raises(CommandError):
        call_command("demo_code", lena.person.email)
    User.objects.filter(pk=lena.person.pk).update(is_sample=True)
    call_command("demo_code", lena.person.email)
    assert re.fullmatch(r"\d{6}\n", capsys.readouterr().out)
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        call_command("demo_code", lena.person.email)


@pytest.mark.parametrize(
    ("page", "labels"),
    [
        (
            "login",
            {
                "zh": ["电子邮箱", "密码", "忘记密码？", "保持登录"],
                "en": ["E-mail address", "Forgotten your password?"],
            },
        ),
        ("signup", {"zh": ["再次输入密码", "至少 12 个字符"], "en": ["Password, once more", "At least 12 characters"]}),
        ("password/reset", {"zh": ["电子邮箱"], "en": ["E-mail address"]}),
        ("password/change", {"zh": ["当前密码", "新密码"], "en": ["Present password", "New password, once more"]}),
        ("email", {"zh": ["电子邮箱"], "en": ["E-mail address"]}),
        ("reauthenticate", {"zh": ["忘记密码？"], "en": ["Forgotten your password?"]}),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_entrance_speaks_our_words_and_has_no_placeholders(page: str, labels: dict, language: str) -> None:
    browser = Client()
    if page not in ("login", "signup", "password/reset"):
        sign_in(browser, a_person("known@people.test").email)
    answer = browser.get(f"{'/en' if language == 'en' else ''}/account/{page}/")
    main = re.search(r"<main.*?</main>", answer.content.decode(), re.DOTALL)
    assert answer.status_code == 200 and main is not None
    assert "placeholder" not in main.group(0)
    for words in labels[language]:
        assert words in main.group(0)
    assert "你" not in main.group(0), "we say 您"
