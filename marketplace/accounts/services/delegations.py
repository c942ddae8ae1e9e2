"""A client lets a broker or custodian act for it, within named powers and dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError

from marketplace.accounts.graphs import OWNERS
from marketplace.accounts.models import Delegation, Organisation
from marketplace.accounts.refusals import (
    AgentUnfit,
    ClientUnverified,
    DelegationDates,
    DelegationOverlaps,
    PowersUnknown,
    violated,
)
from marketplace.accounts.roles import DELEGATE_KINDS, Power, Role
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock, events
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.lifecycle import Party
from marketplace.core.locks import locked, locked_all

GRANTERS = Party("organisation_id", frozenset({Role.OWNER, Role.SIGNATORY}))


def grant_delegation(
    *, client_id: int, agent_id: int, powers: Sequence[str], starts_on: date, ends_on: date, by: Actor
) -> Delegation:
    """Let `agent` act for `client` from `starts_on` to `ends_on`, both days included.

    Raises NotPermitted, ClientUnverified, AgentUnfit, PowersUnknown, DelegationDates, DelegationOverlaps.
    """
    try:
        with locked_all([(Organisation, client_id), (Organisation, agent_id)]) as rows:
            client, agent = rows
            assert isinstance(client, Organisation) and isinstance(agent, Organisation)
            require(GRANTERS, by, client)
            if by.user_id is None:
                raise NotPermitted()
            if client.state != OrganisationState.VERIFIED:
                raise ClientUnverified()
            if agent == client or agent.kind not in DELEGATE_KINDS or agent.state != OrganisationState.VERIFIED:
                raise AgentUnfit(field="agent")
            chosen = [str(power) for power in Power.values if power in set(powers)]
            if not chosen or set(powers) - set(chosen):
                raise PowersUnknown(field="powers")
            if ends_on < starts_on or ends_on < clock.today():
                raise DelegationDates(field="ends_on")
            delegation = Delegation.objects.create(
                client=client,
                agent=agent,
                powers=chosen,
                starts_on=starts_on,
                ends_on=ends_on,
                granted_by_id=by.user_id,
            )
            events.record("delegation.grant", delegation, by, data=_told(delegation))
    except IntegrityError as error:
        if violated(error) == "one_live_delegation_per_pair_at_a_time":
            raise DelegationOverlaps(field="starts_on", agent=str(agent)) from error
        raise
    return delegation


def end_delegation(*, delegation_id: int, by: Actor) -> Delegation:
    """End it at once, by the client or by the agent. Raises NotFound (also when ended), NotPermitted."""
    with locked(Delegation, delegation_id) as delegation:
        if by.acts_for not in (delegation.client_id, delegation.agent_id):
            raise NotFound()
        if not GRANTERS.permits(by, delegation.client) and not OWNERS.permits(by, delegation.agent):
            raise NotPermitted()
        if delegation.ended_at is not None:
            raise NotFound()
        delegation.ended_at = clock.now()
        delegation.save(update_fields=["ended_at"])
        events.record("delegation.end", delegation, by, data=_told(delegation))
    return delegation


def _told(delegation: Delegation) -> dict[str, object]:
    return {
        "touched": {"accounts.organisation": [delegation.client_id, delegation.agent_id]},
        "client": delegation.client_id,
        "agent": delegation.agent_id,
        "powers": delegation.powers,
    }
