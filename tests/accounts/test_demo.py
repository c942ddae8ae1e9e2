"""The demo of this floor: loads through the services, twice the same, and its people can sign in."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from marketplace.accounts import demo
from marketplace.accounts.models import Delegation, Membership, Organisation, User
from marketplace.accounts.roles import SECOND_FACTOR_KINDS, Kind
from marketplace.core.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded():
    demo.load(lambda line: None)


def test_it_tells_the_story_and_twice_changes_nothing(loaded) -> None:
    rows = {row["key"]: row for row in demo.told("organisations")}
    assert set(Organisation.objects.values_list("kind", flat=True)) == set(Kind.values)
    for row in rows.values():
        assert Organisation.objects.get(name_zh=row["name_zh"], name_en=row["name_en"]).state == row["state"]
    counts = [model.objects.count() for model in (Organisation, User, Membership, Delegation, Event)]
    demo.load(lambda line: None)
    assert [model.objects.count() for model in (Organisation, User, Membership, Delegation, Event)] == counts


def test_everybody_is_a_sample_and_holds_the_roles_told(loaded) -> None:
    assert not User.objects.filter(is_sample=False).exists()
    for row in demo.told("people"):
        held = Membership.objects.live().get(user__email=row["email"])
        assert sorted(held.roles) == sorted(row["roles"])
        if held.organisation.kind in SECOND_FACTOR_KINDS:
            assert row["needs_mfa"], row["email"]


def test_a_bank_s_person_signs_in_with_password_and_demo_code(loaded, client: Client, capsys) -> None:
    email = "lena@yunlan-citybank.example"
    client.post(reverse("account_login"), {"login": email, "password": demo.PASSWORD})
    call_command("demo_code", email)
    client.post(reverse("mfa_authenticate"), {"code": capsys.readouterr().out.strip()})
    assert client.get(reverse("my_organisation")).status_code == 200


def test_the_sign_ins_name_every_person(loaded) -> None:
    assert len(demo.sign_ins()) == len(demo.told("people"))
