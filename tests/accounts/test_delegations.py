"""Delegations: powers and days, and what a delegate is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from marketplace.accounts.acting import actor_for, delegations_open_to, standing
from marketplace.accounts.models import Delegation
from marketplace.accounts.refusals import (
    AgentUnfit,
    ClientUnverified,
    DelegationDates,
    DelegationOverlaps,
    PowersUnknown,
)
from marketplace.accounts.roles import Power, Role
from marketplace.accounts.services import delegations, members, organisations
from marketplace.core import clock
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.events import timeline
from marketplace.core.lifecycle import Party
from tests import cast
from tests.builders import a_person, an_organisation, joins, member_actor, operator_actor, owner_actor

pytestmark = pytest.mark.django_db
START, END = date(2026, 3, 1), date(2026, 3, 31)


@pytest.fixture(autouse=True)
def march():
    with clock.at(datetime(2026, 3, 10, 4, 0, tzinfo=UTC)) as moment:
        yield moment


def grant(client, agent, *, powers=(Power.LIST, Power.ENQUIRE), starts_on=START, ends_on=END, by=None) -> Delegation:
    return delegations.grant_delegation(
        client_id=client.pk, agent_id=agent.pk, powers=list(powers), starts_on=starts_on, ends_on=ends_on,
        by=by or owner_actor(client),
    )  # fmt: skip


@pytest.fixture
def client_part():
    return cast.ines()


@pytest.fixture
def agent_part():
    return cast.cora()


def test_a_delegate_acts_for_the_client_with_the_powers_named(client_part, agent_part) -> None:
    made = grant(client_part.organisation, agent_part.organisation)
    assert (timeline(made)[0].kind, timeline(made)[0].org_id) == ("delegation.grant", client_part.organisation.pk)
    now = standing(agent_part.person, membership_id=agent_part.membership.pk, delegation_id=made.pk)
    actor = now.actor
    assert (actor.org_id, actor.on_behalf_of) == (agent_part.organisation.pk, client_part.organisation.pk)
    assert actor.acts_for == client_part.organisation.pk
    assert actor.powers == {"list", "enquire"}
    own = client_part.organisation
    assert Party("organisation_id", frozenset({Role.OWNER}), power="list").permits(actor, own)
    assert not Party("organisation_id", frozenset({Role.OWNER}), power="register").permits(actor, own)
    assert not Party("organisation_id", frozenset({Role.OWNER})).permits(actor, own)


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (datetime(2026, 2, 28, 15, 59, 59, tzinfo=UTC), False),  # 28 February, 23:59:59 in Shanghai
        (datetime(2026, 2, 28, 16, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 31, 16, 0, tzinfo=UTC), False),
    ],
)
def test_both_days_are_included_in_local_time(client_part, agent_part, day: datetime, holds: bool) -> None:
    made = grant(client_part.organisation, agent_part.organisation)
    with clock.at(day):
        now = standing(agent_part.person, membership_id=agent_part.membership.pk, delegation_id=made.pk)
    assert (now.delegation is not None) is holds
    assert now.actor.on_behalf_of == (client_part.organisation.pk if holds else None)


def test_it_ends_at_once_when_the_client_ends_it(client_part, agent_part) -> None:
    made = grant(client_part.organisation, agent_part.organisation)
    delegations.end_delegation(delegation_id=made.pk, by=client_part.actor)
    now = standing(agent_part.person, membership_id=agent_part.membership.pk, delegation_id=made.pk)
    assert now.delegation is None and now.actor.acts_for == agent_part.organisation.pk
    with pytest.raises(NotFound):
        delegations.end_delegation(delegation_id=made.pk, by=client_part.actor)


@pytest.mark.parametrize("side", ["client", "agent"])
def test_it_rests_while_either_side_is_suspended(client_part, agent_part, side: str) -> None:
    made = grant(client_part.organisation, agent_part.organisation)
    suspended = {"client": client_part, "agent": agent_part}[side].organisation
    organisations.suspend_organisation(organisation_id=suspended.pk, by=operator_actor(), reason="Complaint.")
    now = standing(agent_part.person, membership_id=agent_part.membership.pk, delegation_id=made.pk)
    assert now.delegation is None


def test_the_agent_may_lay_it_down(client_part, agent_part) -> None:
    made = grant(client_part.organisation, agent_part.organisation)
    assert delegations.end_delegation(delegation_id=made.pk, by=agent_part.actor).ended_at is not None


def test_nobody_else_ends_or_sees_it(client_part, agent_part) -> None:
    made = grant(client_part.organisation, agent_part.organisation)
    with pytest.raises(NotFound):
        delegations.end_delegation(delegation_id=made.pk, by=cast.stranger().actor)
    with pytest.raises(NotPermitted):
        delegations.end_delegation(delegation_id=made.pk, by=member_actor(client_part.organisation, Role.STAFF))


@pytest.mark.parametrize("role", [Role.FINANCE, Role.READ_ONLY, Role.SIGNATORY])
def test_only_owners_and_staff_of_the_agent_step_into_the_client_s_place(client_part, agent_part, role: str) -> None:
    grant(client_part.organisation, agent_part.organisation)
    membership = joins(a_person(), agent_part.organisation, [role])
    assert not delegations_open_to(membership).exists()


def test_a_delegate_cannot_delegate_on_or_invite(client_part, agent_part) -> None:
    made = grant(client_part.organisation, agent_part.organisation, powers=Power.values)
    actor = actor_for(agent_part.person, agent_part.membership, made)
    with pytest.raises(NotPermitted):
        grant(
            client_part.organisation,
            cast.cora().organisation,
            starts_on=date(2027, 1, 1),
            ends_on=date(2027, 2, 1),
            by=actor,
        )
    with pytest.raises(NotPermitted):
        members.invite(organisation_id=client_part.organisation.pk, email="x@y.test", roles=[Role.OWNER], by=actor)


@pytest.mark.parametrize("role", [Role.STAFF, Role.FINANCE, Role.READ_ONLY])
def test_only_owners_and_signatories_grant(client_part, agent_part, role: str) -> None:
    with pytest.raises(NotPermitted):
        grant(client_part.organisation, agent_part.organisation, by=member_actor(client_part.organisation, role))


def test_a_signatory_grants(client_part, agent_part) -> None:
    by = member_actor(client_part.organisation, Role.SIGNATORY)
    assert grant(client_part.organisation, agent_part.organisation, by=by).granted_by_id == by.user_id


def test_only_verified_brokers_and_custodians_are_agents(client_part) -> None:
    for unfit in (cast.bo().organisation, cast.lena().organisation, an_organisation("submitted", kind="broker")):
        with pytest.raises(AgentUnfit):
            grant(client_part.organisation, unfit)


def test_an_unverified_client_delegates_nothing(agent_part) -> None:
    with pytest.raises(ClientUnverified):
        grant(an_organisation("draft"), agent_part.organisation)


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [(date(2026, 4, 1), date(2026, 3, 31)), (date(2026, 2, 1), date(2026, 3, 9))],
    ids=["ends before it starts", "is past"],
)
def test_days_must_make_sense(client_part, agent_part, starts_on: date, ends_on: date) -> None:
    with pytest.raises(DelegationDates):
        grant(client_part.organisation, agent_part.organisation, starts_on=starts_on, ends_on=ends_on)


@pytest.mark.parametrize("powers", [[], ["rule"], ["list", "rule"]])
def test_powers_must_be_known(client_part, agent_part, powers: list[str]) -> None:
    with pytest.raises(PowersUnknown):
        grant(client_part.organisation, agent_part.organisation, powers=powers)


def test_two_may_not_overlap_by_a_day_but_may_follow(client_part, agent_part) -> None:
    grant(client_part.organisation, agent_part.organisation)
    with pytest.raises(DelegationOverlaps):
        grant(client_part.organisation, agent_part.organisation, starts_on=END, ends_on=END + timedelta(days=9))
    assert grant(
        client_part.organisation, agent_part.organisation,
        starts_on=END + timedelta(days=1), ends_on=END + timedelta(days=9),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"powers": []}, "delegation_names_a_power"),
        ({"powers": ["rule"]}, "delegation_powers_are_known"),
        ({"ends_on": date(2026, 2, 1)}, "delegation_ends_after_it_starts"),
    ],
)
def test_the_database_holds_each_sentence_alone(client_part, agent_part, change, constraint: str) -> None:
    made = grant(client_part.organisation, agent_part.organisation)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Delegation.objects.filter(pk=made.pk).update(**change)


def test_the_database_refuses_an_overlap_and_a_delegation_to_oneself(client_part, agent_part) -> None:
    made = grant(client_part.organisation, agent_part.organisation)
    copy = {"powers": ["list"], "starts_on": END, "ends_on": END, "granted_by": made.granted_by}
    with pytest.raises(IntegrityError, match="one_live_delegation"), transaction.atomic():
        Delegation.objects.create(client=made.client, agent=made.agent, **copy)
    with pytest.raises(IntegrityError, match="nobody_delegates_to_itself"), transaction.atomic():
        Delegation.objects.create(client=made.client, agent=made.client, **copy)
