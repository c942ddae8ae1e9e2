"""The directory's API and the keys that open the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketplace.accounts.models import ApiToken, Region
from marketplace.accounts.refusals import TokenLife
from marketplace.accounts.services import members, people, tokens
from marketplace.core import clock
from marketplace.core.errors import Invalid, NotFound
from tests import cast
from tests.builders import a_person, a_verified_organisation, an_organisation, joins, operator_actor

pytestmark = pytest.mark.django_db
LIST = "/api/v1/organisations/"


def bearer(text: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}


@pytest.fixture
def key():
    ines = cast.ines()
    return tokens.issue_token(membership_id=ines.membership.pk, name="ledger", days=30, by=ines.actor)


def test_public_facts_need_no_key_and_hold_nothing_private(client: Client) -> None:
    made = a_verified_organisation(contact_phone="000-secret", contact_email="private@x.test")
    an_organisation("submitted")
    answer = client.get(LIST)
    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["results"]] == [made.pk]
    assert b"secret" not in answer.content and b"private@x.test" not in answer.content
    assert client.get(f"{LIST}{made.pk}/").json()["uscc"] == made.uscc


@pytest.mark.parametrize("state", ["draft", "submitted", "returned", "suspended"])
def test_what_is_not_verified_does_not_exist(client: Client, state: str) -> None:
    made = an_organisation(state)
    answer = client.get(f"{LIST}{made.pk}/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_filters_and_facets_are_the_page_s(client: Client) -> None:
    city = Region.objects.create(code="YL", name_zh="云澜市", name_en="Yunlan", level="city")
    park = Region.objects.create(code="YL-P", name_zh="园区", name_en="Park", level="park", parent=city)
    broker = a_verified_organisation(kind="broker", region=park, name_zh="氟桥经纪")
    a_verified_organisation(kind="enterprise", region=city)
    answer = client.get(LIST, {"kind": "broker", "region": "YL", "q": "氟桥"}).json()
    assert [row["id"] for row in answer["results"]] == [broker.pk]
    kinds = {row["value"]: row["count"] for row in answer["facets"][0]["options"]}
    assert kinds["broker"] == 1 and kinds["enterprise"] == 0  # the text holds for the kinds, the kind itself does not
    assert client.get(LIST, {"kind": "castle"}).status_code == 400


def test_a_key_acts_as_its_member(client: Client, key) -> None:
    token, text = key
    assert client.get(LIST, **bearer(text)).status_code == 200
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert text not in (token.sha256, token.head) and token.sha256 == tokens.digest(text)


@pytest.mark.parametrize("text", ["mkt_wrong", "", "a b", "é"])
def test_a_wrong_key_is_refused_not_ignored(client: Client, text: str) -> None:
    assert client.get(LIST, **bearer(text)).status_code == 401


@pytest.mark.parametrize("how", ["revoked", "expired", "left", "shut out"])
def test_a_key_ends(client: Client, key, how: str) -> None:
    token, text = key
    ines = cast.ines()
    if how == "revoked":
        tokens.revoke_token(token_id=token.pk, by=ines.actor)
    if how == "left":
        joins(a_person(), ines.organisation, ["owner"])
        members.end_membership(membership_id=ines.membership.pk, by=ines.actor)
    if how == "shut out":
        people.suspend_person(user_id=ines.person.pk, by=operator_actor(), reason="Complaint.")
    with clock.at(clock.now() + timedelta(days=30 if how == "expired" else 0)):
        assert client.get(LIST, **bearer(text)).status_code == 401


def test_a_bank_s_key_needs_the_member_s_second_factor(client: Client) -> None:
    lena = cast.lena()
    _token, text = tokens.issue_token(membership_id=lena.membership.pk, name="desk", days=30, by=lena.actor)
    answer = client.get(LIST, **bearer(text))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "second_factor_missing")
    cast.enrol(lena.person)
    assert client.get(LIST, **bearer(text)).status_code == 200


def test_keys_are_one_s_own(key) -> None:
    token, _text = key
    with pytest.raises(NotFound):
        tokens.revoke_token(token_id=token.pk, by=cast.bo().actor)
    with pytest.raises(NotFound):
        tokens.issue_token(membership_id=cast.ines().membership.pk, name="x", days=3, by=cast.bo().actor)


@pytest.mark.parametrize(("name", "days", "refusal"), [(" ", 3, Invalid), ("x", 0, TokenLife), ("x", 366, TokenLife)])
def test_keys_have_a_name_and_an_end(name: str, days: int, refusal: type[Exception]) -> None:
    ines = cast.ines()
    with pytest.raises(refusal):
        tokens.issue_token(membership_id=ines.membership.pk, name=name, days=days, by=ines.actor)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("address", ["/organisations/", LIST])
def test_the_list_takes_as_many_queries_for_forty_as_for_two(client: Client, address: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    region = Region.objects.create(code="YL", name_zh="云澜市", name_en="Yunlan", level="city")
    for _ in range(2):
        a_verified_organisation(region=region)
    queries()
    few = queries()
    for _ in range(18):
        a_verified_organisation(region=region)
    assert queries() == few
    assert few <= 5
    assert reverse("organisation_list") == "/organisations/"
