"""Pages: what opens to whom, what forms do, and that nobody reaches into another organisation."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from marketplace.accounts.models import Delegation, Invitation, Organisation, User
from marketplace.accounts.services import delegations, members, organisations, people
from marketplace.core import clock
from tests import cast
from tests.builders import (
    a_draft_organisation,
    a_pdf,
    a_person,
    a_submitted_organisation,
    an_organisation,
    facts,
    joins,
    operator_actor,
    owner_actor,
    with_papers,
)

pytestmark = pytest.mark.django_db
OWN_PAGES = [
    "my_organisation",
    "organisation_new",
    "organisation_edit",
    "member_list",
    "delegation_list",
    "delegation_new",
    "profile",
    "security",
    "act_as",
]
DESK_PAGES = ["organisation_queue", "people_desk"]


@pytest.fixture
def ines():
    return cast.ines()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_member_opens_the_pages_of_their_organisation(ines, name: str, language: str) -> None:
    with translation.override(language):
        address = reverse(name)
    assert address.startswith("/en/") is (language == "en")
    assert ines.signed_in().get(address).status_code == 200


@pytest.mark.parametrize("name", [*OWN_PAGES, *DESK_PAGES, "token_list", "second_factor"])
def test_the_signed_out_are_shown_the_way_in(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", DESK_PAGES)
def test_the_desk_opens_to_reviewers_only(ines, name: str) -> None:
    assert ines.signed_in().get(reverse(name)).status_code == 403
    assert cast.ops().signed_in().get(reverse(name)).status_code == 200


def test_public_pages_need_no_session_and_no_cookie(client: Client, ines) -> None:
    page = client.get(reverse("organisation_detail", args=[ines.organisation.pk]))
    assert page.status_code == 200 and ines.organisation.name_zh in page.content.decode()
    assert not page.cookies
    assert client.get(reverse("organisation_list"), {"kind": "enterprise", "q": "因氏"}).status_code == 200


@pytest.mark.parametrize("state", ["draft", "submitted", "returned", "suspended"])
def test_the_directory_hides_what_is_not_verified(client: Client, state: str) -> None:
    made = an_organisation(state)
    address = reverse("organisation_detail", args=[made.pk])
    assert client.get(address).status_code == 404
    assert cast.stranger().signed_in().get(address).status_code == 404


def test_an_organisation_is_entered_documented_submitted_and_verified_through_the_pages() -> None:
    person = a_person()
    browser = Client()
    browser.force_login(person)
    told = {name: value for name, value in facts(name_zh="新来有限公司").items() if value}
    assert browser.post(reverse("organisation_new"), {**told, "kind": "operator"}).status_code == 422
    assert browser.post(reverse("organisation_new"), told).status_code == 302
    made = Organisation.objects.get(name_zh="新来有限公司")
    assert browser.post(reverse("organisation_submit")).status_code == 422  # no paper yet
    fake = {"paper": "licence", "file": a_pdf("licence.png")}
    assert browser.post(reverse("document_add"), fake).status_code == 422
    assert browser.post(reverse("document_add"), {"paper": "licence", "file": a_pdf()}).status_code == 302
    assert browser.post(reverse("organisation_submit")).status_code == 302
    desk = cast.ops().signed_in()
    page = desk.get(reverse("organisation_queue"))
    assert "新来有限公司" in page.content.decode()
    document = made.documents.get()
    assert desk.get(reverse("file", args=[document.file_id])).status_code == 200
    assert desk.post(reverse("organisation_return", args=[made.pk]), {"reason": ""}).status_code == 422
    assert desk.post(reverse("organisation_return", args=[made.pk]), {"reason": "印章不清"}).status_code == 302
    assert "印章不清" in browser.get(reverse("my_organisation")).content.decode()
    assert browser.post(reverse("organisation_submit")).status_code == 302
    assert desk.post(reverse("organisation_verify", args=[made.pk])).status_code == 302
    made.refresh_from_db()
    assert made.state == "verified"


def test_what_was_typed_stays_when_it_is_refused() -> None:
    browser = Client()
    browser.force_login(a_person())
    answer = browser.post(reverse("organisation_new"), {**facts(uscc="123"), "name_zh": "<b>留住</b>"})
    body = answer.content.decode()
    assert answer.status_code == 422 and 'value="123"' in body and "&lt;b&gt;留住&lt;/b&gt;" in body
    assert not Organisation.objects.exists()


def test_another_organisation_s_things_are_not_there(ines) -> None:
    """Every address with an id in it, tried with the ids of somebody else."""
    bo = cast.bo()
    theirs = joins(a_person(), bo.organisation, ["staff"])
    offer = members.invite(organisation_id=bo.organisation.pk, email="z@z.test", roles=["staff"], by=bo.actor)
    cora = cast.cora()
    delegation = delegations.grant_delegation(
        client_id=bo.organisation.pk, agent_id=cora.organisation.pk, powers=["list"], starts_on=clock.today(),
        ends_on=clock.today(), by=bo.actor,
    )  # fmt: skip
    draft = with_papers(a_draft_organisation())
    browser = ines.signed_in()
    addresses = [
        ("get", reverse("member_roles", args=[theirs.pk])),
        ("post", reverse("member_roles", args=[theirs.pk])),
        ("post", reverse("member_end", args=[theirs.pk])),
        ("post", reverse("invitation_withdraw", args=[offer.pk])),
        ("post", reverse("delegation_end", args=[delegation.pk])),
        ("post", reverse("document_withdraw", args=[draft.documents.get().pk])),
        ("get", reverse("file", args=[draft.documents.get().file_id])),
        ("get", reverse("organisation_detail", args=[draft.pk])),
        ("post", reverse("session_end", args=[10**6])),
        ("post", reverse("token_revoke", args=[10**6])),
        ("get", reverse("invitation", args=[offer.pk, "0" * 64])),
    ]
    answers = {(method, address): getattr(browser, method)(address).status_code for method, address in addresses}
    assert answers == dict.fromkeys(addresses, 404)
    assert browser.post(reverse("act_as"), {"membership": theirs.pk}).status_code == 404
    assert browser.post(reverse("act_as"), {"membership": "x"}).status_code == 404
    assert browser.post(
        reverse("act_as"), {"membership": ines.membership.pk, "delegation": delegation.pk}
    ).status_code == 404  # fmt: skip
    theirs.refresh_from_db()
    assert theirs.ended_at is None and Delegation.objects.get().ended_at is None
    assert Invitation.objects.get(pk=offer.pk).withdrawn_at is None


def test_acting_for_a_client_shows_it_and_closes_the_client_s_own_papers(ines) -> None:
    cora = cast.cora()
    delegation = delegations.grant_delegation(
        client_id=ines.organisation.pk, agent_id=cora.organisation.pk, powers=["list"], starts_on=clock.today(),
        ends_on=clock.today(), by=ines.actor,
    )  # fmt: skip
    browser = cora.signed_in()
    browser.post(reverse("act_as"), {"membership": cora.membership.pk, "delegation": delegation.pk})
    assert "behalf" in browser.get(reverse("profile")).content.decode()
    assert browser.get(reverse("member_list")).status_code == 403
    delegations.end_delegation(delegation_id=delegation.pk, by=ines.actor)
    assert browser.get(reverse("member_list")).status_code == 200  # back in their own place at once


def test_an_ended_membership_falls_back_at_once(ines) -> None:
    person = a_person()
    joins(person, cast.bo().organisation, ["staff"])
    second = joins(person, ines.organisation, ["staff"])
    browser = cast.Part(person, ines.organisation).signed_in()
    assert ines.organisation.name_zh in browser.get(reverse("member_list")).content.decode()
    members.end_membership(membership_id=second.pk, by=ines.actor)
    assert cast.bo().organisation.name_zh in browser.get(reverse("member_list")).content.decode()


def test_somebody_shut_out_is_out_at_once(ines) -> None:
    browser = ines.signed_in()
    people.suspend_person(user_id=ines.person.pk, by=operator_actor(), reason="Complaint.")
    assert browser.get(reverse("my_organisation")).status_code == 302


def test_members_of_a_suspended_organisation_only_read(ines) -> None:
    browser = ines.signed_in()
    organisations.suspend_organisation(organisation_id=ines.organisation.pk, by=operator_actor(), reason="举报核实中")
    assert "举报核实中" in browser.get(reverse("my_organisation")).content.decode()
    assert browser.post(reverse("member_invite"), {"email": "x@y.test", "roles": ["staff"]}).status_code == 403


def test_an_invitation_is_accepted_on_its_page(ines) -> None:
    offer = members.invite(organisation_id=ines.organisation.pk, email="new@p.test", roles=["staff"], by=ines.actor)
    address = reverse("invitation", args=[offer.pk, members.invitation_token(offer)])
    visitor = Client()
    assert visitor.get(address).status_code == 200
    assert visitor.post(address).status_code == 200 and not ines.organisation.memberships.filter(
        user__email="new@p.test"
    )
    visitor.force_login(a_person("other@p.test"))
    assert visitor.post(address).status_code == 403
    guest = Client()
    guest.force_login(a_person("new@p.test"))
    assert guest.post(address).status_code == 302
    assert guest.get(address).status_code == 410


def test_profile_changes_are_kept_and_the_page_follows_the_language(ines) -> None:
    told = {"name": "叶", "name_en": "Ye", "phone": "000", "language": "en"}
    answer = ines.signed_in().post(reverse("profile"), told)
    assert answer["Location"] == "/en/workspace/profile/"
    assert User.objects.get(pk=ines.person.pk).language == "en"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(ines, method: str) -> None:
    assert getattr(ines.signed_in(), method)(reverse("profile")).status_code == 405


@pytest.mark.parametrize("name", ["organisation_submit", "document_add", "sessions_end", "member_invite"])
def test_acts_are_posts(ines, name: str) -> None:
    assert ines.signed_in().get(reverse(name)).status_code == 405


def counted(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(address).status_code == 200
    return len(seen)


def test_the_member_list_takes_as_many_queries_for_many(ines) -> None:
    browser = ines.signed_in()
    for _ in range(2):
        joins(a_person(), ines.organisation, ["staff"])
    few = counted(browser, reverse("member_list"))
    for _ in range(20):
        joins(a_person(), ines.organisation, ["staff"])
    assert counted(browser, reverse("member_list")) == few


@pytest.mark.parametrize("name", ["organisation_queue", "people_desk"])
def test_the_desk_lists_take_as_many_queries_for_many(name: str) -> None:
    browser = cast.ops().signed_in()
    for _ in range(2):
        a_submitted_organisation()
    counted(browser, reverse(name))
    few = counted(browser, reverse(name))
    for _ in range(15):
        a_submitted_organisation()
    assert counted(browser, reverse(name)) == few


def test_the_delegation_list_takes_as_many_queries_for_many(ines) -> None:
    browser = ines.signed_in()

    def grow(times: int) -> None:
        for _ in range(times):
            agent = an_organisation("verified", kind="broker")
            delegations.grant_delegation(
                client_id=ines.organisation.pk, agent_id=agent.pk, powers=["list"], starts_on=clock.today(),
                ends_on=clock.today(), by=owner_actor(ines.organisation),
            )  # fmt: skip

    grow(2)
    few = counted(browser, reverse("delegation_list"))
    grow(10)
    assert counted(browser, reverse("delegation_list")) == few
