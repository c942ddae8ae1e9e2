"""Who may go on: limits on guessing, and rights that end at once."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.accounts.roles import Role
from marketplace.accounts.services import delegations, members, organisations, people, tokens
from tests import cast
from tests.builders import PASSWORD, a_person
from tests.world import World

LOGIN = "/account/login/"


def sign_in(client: Client, email: str, password: str = PASSWORD) -> bool:
    answer = client.post(LOGIN, {"login": email, "password": password})
    return answer.status_code == 302 and "login" not in answer["Location"]


@pytest.mark.django_db
def test_guessing_is_slowed_and_locks_nobody_out() -> None:
    """After five wrong guesses even the right password is refused to the guesser, and not to its owner elsewhere."""
    person = a_person("target@people.test")
    other = a_person("other@people.test")
    guesser, home = Client(REMOTE_ADDR="203.0.113.9"), Client(REMOTE_ADDR="198.51.100.7")
    assert not any(sign_in(guesser, person.email, f"wrong guess {n}") for n in range(5))
    assert not sign_in(guesser, person.email), "the guesser went on"
    assert sign_in(home, person.email), "guessing from elsewhere locked the owner out"
    assert sign_in(Client(REMOTE_ADDR="198.51.100.8"), other.email)


@pytest.mark.django_db
def test_a_new_header_is_no_new_address() -> None:
    person = a_person("target@people.test")
    for n in range(6):
        guesser = Client(REMOTE_ADDR="203.0.113.9", headers={"X-Forwarded-For": f"10.1.1.{n}"})
        assert not sign_in(guesser, person.email, "wrong guess again")
    assert not sign_in(Client(REMOTE_ADDR="203.0.113.9", headers={"X-Forwarded-For": "10.2.2.2"}), person.email)


@pytest.mark.django_db
def test_many_names_from_one_address_are_slowed_too() -> None:
    people_here = [a_person(f"p{n}@people.test") for n in range(12)]
    client = Client(REMOTE_ADDR="203.0.113.20")
    for person in people_here[:11]:
        sign_in(client, person.email, "spring 2026 spring")
    assert not sign_in(client, people_here[11].email)
    assert sign_in(Client(REMOTE_ADDR="198.51.100.3"), people_here[11].email)


@pytest.mark.django_db
def test_the_answer_does_not_say_who_has_an_account() -> None:
    a_person("known@people.test")
    texts = []
    for n, email in enumerate(("known@people.test", "unknown@people.test")):
        answer = Client(REMOTE_ADDR=f"203.0.113.{30 + n}").post(LOGIN, {"login": email, "password": "not the password"})
        texts.append((answer.status_code, answer.content.decode().replace(email, "X").count("errorlist")))
    assert texts[0] == texts[1]
    told = [
        Client(REMOTE_ADDR=f"203.0.113.{40 + n}").post("/account/password/reset/", {"email": email})
        for n, email in enumerate(("known@people.test", "unknown@people.test"))
    ]
    assert told[0].status_code == told[1].status_code and told[0].get("Location") == told[1].get("Location")


@pytest.mark.django_db
def test_a_new_session_at_sign_in() -> None:
    """A session key planted before signing in is worth nothing after it."""
    person = a_person("fixed@people.test")
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    assert sign_in(client, person.email)
    assert client.cookies["sessionid"].value != before
    assert Client(headers={"Cookie": f"sessionid={before}"}).get("/workspace/").status_code == 302


def test_a_membership_that_ended_opens_nothing_more(world: World) -> None:
    """The next request, in a browser that stays open, and with a key made before."""
    reader = world.reader
    browser, run = world.visitor("reader"), reverse("import_run", args=[world.ines.run.pk])
    _token, key = tokens.issue_token(membership_id=reader.membership.pk, name="old", days=9, by=reader.actor)
    bearer = {"Authorization": f"Bearer {key}"}
    assert browser.get(run).status_code == 200
    assert Client().get("/api/v1/listings/mine/", headers=bearer).status_code == 200
    members.end_membership(membership_id=reader.membership.pk, by=world.ines.part.actor)
    assert browser.get(run).status_code == 404
    assert browser.get(reverse("file", args=[world.ines.identity.file_id])).status_code == 404
    assert Client().get("/api/v1/listings/mine/", headers=bearer).status_code == 401


def test_a_role_taken_away_is_gone_at_once(world: World) -> None:
    helper = a_person("helper@holder.test")
    firm = world.ines.part.organisation
    from tests.builders import joins

    joins(helper, firm, [Role.STAFF])
    part = cast.Part(helper, firm)
    browser = part.signed_in()
    url = reverse("listing_edit", args=[world.ines.listings["draft"].number, "summary"])
    assert browser.get(url).status_code == 200
    members.change_roles(membership_id=part.membership.pk, roles=[Role.READ_ONLY], by=world.ines.part.actor)
    assert browser.get(url).status_code == 403
    assert browser.post(url, {"title_zh": "不该写进去"}).status_code == 403


def test_a_suspended_person_is_out_at_once(world: World) -> None:
    owner, bearer = world.visitor("owner"), {"Authorization": f"Bearer {world.ines.key}"}
    assert owner.get("/workspace/").status_code == 200
    people.suspend_person(user_id=world.ines.part.person.pk, by=world.ops.actor, reason="Complaint.")
    answer = owner.get("/workspace/")
    assert answer.status_code == 302 and LOGIN in answer["Location"]
    assert Client().get("/api/v1/listings/mine/", headers=bearer).status_code == 401
    assert not sign_in(Client(), world.ines.part.person.email) or Client().get("/workspace/").status_code == 302


def test_a_suspended_organisation_only_reads(world: World) -> None:
    owner, bearer = world.visitor("owner"), {"Authorization": f"Bearer {world.ines.key}"}
    organisations.suspend_organisation(
        organisation_id=world.ines.part.organisation.pk, by=world.ops.actor, reason="Complaint."
    )
    draft = world.ines.listings["draft"].number
    assert owner.get(reverse("my_listing", args=[draft])).status_code == 200
    assert owner.post(reverse("listing_edit", args=[draft, "summary"]), {"title_zh": "x"}).status_code == 403
    body = {"title_zh": "x"}
    written = Client().patch(f"/api/v1/listings/{draft}/", body, content_type="application/json", headers=bearer)
    assert written.status_code == 403


def test_a_delegation_that_ended_opens_nothing_more(world: World) -> None:
    cora = cast.cora()
    browser = cora.signed_in()
    browser.post("/workspace/act-as/", {"membership": cora.membership.pk, "delegation": world.ines.delegation.pk})
    url = reverse("my_listing", args=[world.ines.listings["draft"].number])
    assert browser.get(url).status_code == 200
    delegations.end_delegation(delegation_id=world.ines.delegation.pk, by=world.ines.part.actor)
    assert browser.get(url).status_code == 404


def test_a_revoked_key_opens_nothing_more(world: World) -> None:
    bearer = {"Authorization": f"Bearer {world.ines.key}"}
    assert Client().get("/api/v1/listings/mine/", headers=bearer).status_code == 200
    tokens.revoke_token(token_id=world.ines.token.pk, by=world.ines.part.actor)
    assert Client().get("/api/v1/listings/mine/", headers=bearer).status_code == 401


def test_the_desk_opens_only_with_a_second_factor(world: World) -> None:
    """A session that never showed it gets the page to show it, and nothing of the desk; nor does the API."""
    browser = Client()
    browser.force_login(world.ops.person)
    for url in (
        "/desk/reviews/",
        "/desk/people/",
        "/workspace/",
        f"/desk/organisations/{world.waiting.pk}/",
        "/listings/",
    ):
        answer = browser.get(url)
        assert answer.status_code == 302, url
        assert "/account/2fa/" in answer["Location"] or "second-factor" in answer["Location"], url
    assert browser.get("/api/v1/listings/").status_code == 403
