"""Members and invitations: joining, changing, leaving, and every way it is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from marketplace.accounts.models import ApiToken, Invitation, Membership
from marketplace.accounts.refusals import (
    AlreadyInvited,
    AlreadyMember,
    InvitationClosed,
    InvitationForAnother,
    LastOwner,
    RolesUnknown,
)
from marketplace.accounts.roles import Role
from marketplace.accounts.services import members, tokens
from marketplace.core import clock, relay
from marketplace.core.actor import ANONYMOUS, Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.events import timeline
from tests import cast
from tests.builders import a_person, a_verified_organisation, joins, member_actor, owner_actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm():
    return a_verified_organisation()


def invite(firm, email="new@people.test", roles=(Role.STAFF,)) -> Invitation:
    return members.invite(organisation_id=firm.pk, email=email, roles=list(roles), by=owner_actor(firm))


def accept(offer, person, token=None):
    return members.accept_invitation(
        invitation_id=offer.pk, token=token or members.invitation_token(offer), by=Actor(user_id=person.pk)
    )


def test_an_invitation_becomes_a_membership_with_its_roles(firm) -> None:
    offer = invite(firm, "New@People.test")
    membership = accept(offer, a_person("new@people.test"))
    assert membership.roles == [Role.STAFF]
    offer.refresh_from_db()
    assert offer.accepted_at is not None
    assert timeline(membership)[0].kind == "membership.begin"
    assert timeline(offer)[0].kind == "invitation.accept"


def test_the_letter_goes_once_in_the_reader_s_language(firm) -> None:
    a_person("anna@people.test", language="en")
    offer = invite(firm, "anna@people.test")
    assert members.send_invitation_letter(offer.pk)
    assert not members.send_invitation_letter(offer.pk)
    [letter] = mail.outbox
    assert letter.to == ["anna@people.test"]
    assert f"/en/invitations/{offer.pk}/{members.invitation_token(offer)}/" in letter.body
    assert "invites you to join" in letter.body
    assert "anna" not in str(timeline(offer)[0].data)


def test_the_relay_has_a_reader_for_invitations() -> None:
    assert "accounts.invitations" in {one.name for one in relay.subscribers()}


def test_a_withdrawn_invitation_is_not_mailed(firm) -> None:
    offer = invite(firm)
    members.withdraw_invitation(invitation_id=offer.pk, by=owner_actor(firm))
    assert not members.send_invitation_letter(offer.pk)
    assert mail.outbox == []


@pytest.mark.parametrize("how", ["used", "withdrawn", "expired"])
def test_a_closed_invitation_admits_nobody(firm, how: str) -> None:
    person = a_person("new@people.test")
    offer = invite(firm)
    if how == "used":
        members.end_membership(membership_id=accept(offer, person).pk, by=owner_actor(firm))
    if how == "withdrawn":
        members.withdraw_invitation(invitation_id=offer.pk, by=owner_actor(firm))
    later = timedelta(days=members.INVITATION_DAYS if how == "expired" else 0)
    with clock.at(clock.now() + later), pytest.raises(InvitationClosed):
        accept(offer, person)
    assert not firm.memberships.live().filter(user=person).exists()


def test_an_invitation_admits_until_its_last_moment(firm) -> None:
    offer = invite(firm)
    with clock.at(offer.expires_at - timedelta(seconds=1)):
        assert accept(offer, a_person("new@people.test"))


def test_an_invitation_admits_nobody_else(firm) -> None:
    with pytest.raises(InvitationForAnother):
        accept(invite(firm), a_person("other@people.test"))


def test_a_guessed_link_leads_nowhere(firm) -> None:
    one, two = invite(firm), invite(firm, "two@people.test")
    with pytest.raises(NotFound):
        accept(one, a_person("new@people.test"), token=members.invitation_token(two))


def test_an_anonymous_visitor_cannot_accept(firm) -> None:
    offer = invite(firm)
    with pytest.raises(NotPermitted):
        members.accept_invitation(invitation_id=offer.pk, token=members.invitation_token(offer), by=ANONYMOUS)


def test_one_address_has_one_open_invitation_and_an_expired_one_is_replaced(firm) -> None:
    first = invite(firm)
    with pytest.raises(AlreadyInvited):
        invite(firm, "NEW@people.test")
    with clock.at(first.expires_at):
        second = invite(firm)
    first.refresh_from_db()
    assert first.withdrawn_at is not None and second.pk != first.pk


def test_members_are_not_invited_again(firm) -> None:
    person = a_person()
    joins(person, firm, [Role.STAFF])
    with pytest.raises(AlreadyMember):
        invite(firm, person.email.upper())


@pytest.mark.parametrize("roles", [[], ["appraiser"], ["staff", "emperor"]])
def test_roles_must_be_those_of_the_kind(firm, roles: list[str]) -> None:
    with pytest.raises(RolesUnknown):
        invite(firm, roles=roles)


@pytest.mark.parametrize("role", [Role.STAFF, Role.FINANCE, Role.SIGNATORY, Role.READ_ONLY])
def test_only_owners_manage_members(firm, role: str) -> None:
    by = member_actor(firm, role)
    other = joins(a_person(), firm, [Role.STAFF])
    for act in (
        lambda: members.invite(organisation_id=firm.pk, email="x@people.test", roles=[Role.STAFF], by=by),
        lambda: members.change_roles(membership_id=other.pk, roles=[Role.FINANCE], by=by),
        lambda: members.end_membership(membership_id=other.pk, by=by),
    ):
        with pytest.raises(NotPermitted):
            act()


def test_another_organisation_s_owner_manages_nothing_here(firm) -> None:
    other = joins(a_person(), firm, [Role.STAFF])
    with pytest.raises(NotPermitted):
        members.end_membership(membership_id=other.pk, by=cast.stranger().actor)


def test_changing_roles_records_before_and_after(firm) -> None:
    membership = joins(a_person(), firm, [Role.STAFF])
    members.change_roles(membership_id=membership.pk, roles=[Role.FINANCE, Role.SIGNATORY], by=owner_actor(firm))
    told = timeline(membership)[0]
    assert told.data["earlier"] == ["staff"]
    assert sorted(told.data["roles"]) == ["finance", "signatory"]


def test_the_last_owner_can_neither_leave_nor_step_down(firm) -> None:
    owner = owner_actor(firm)
    only = firm.memberships.live().get()
    with pytest.raises(LastOwner):
        members.end_membership(membership_id=only.pk, by=owner)
    with pytest.raises(LastOwner):
        members.change_roles(membership_id=only.pk, roles=[Role.STAFF], by=owner)
    joins(a_person(), firm, [Role.OWNER])
    members.end_membership(membership_id=only.pk, by=owner)
    assert firm.memberships.live().count() == 1


def test_leaving_ends_the_keys(firm) -> None:
    membership = joins(a_person(), firm, [Role.STAFF])
    me = Actor(user_id=membership.user_id, org_id=firm.pk)
    token, _text = tokens.issue_token(membership_id=membership.pk, name="ledger", days=5, by=me)
    members.end_membership(membership_id=membership.pk, by=me)
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_an_ended_membership_cannot_end_again(firm) -> None:
    membership = joins(a_person(), firm, [Role.STAFF])
    members.end_membership(membership_id=membership.pk, by=owner_actor(firm))
    with pytest.raises(NotFound):
        members.end_membership(membership_id=membership.pk, by=owner_actor(firm))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"roles": []}, "membership_has_a_role"),
        ({"roles": ["emperor"]}, "membership_roles_are_known"),
    ],
)
def test_the_database_knows_the_roles(firm, change: dict[str, list[str]], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        firm.memberships.update(**change)


def test_the_database_refuses_a_second_live_membership(firm) -> None:
    membership = firm.memberships.get()
    with pytest.raises(IntegrityError, match="one_live_membership"), transaction.atomic():
        Membership.objects.create(user=membership.user, organisation=firm, roles=["staff"])


def test_the_database_refuses_a_second_open_invitation(firm) -> None:
    offer = invite(firm)
    with pytest.raises(IntegrityError, match="one_open_invitation"), transaction.atomic():
        Invitation.objects.create(
            organisation=firm, email="NEW@people.test", roles=["staff"], invited_by=offer.invited_by,
            expires_at=offer.expires_at,
        )  # fmt: skip
