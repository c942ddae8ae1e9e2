"""What people are told about their organisation; the notifications floor above takes it from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Delegation, Membership, Organisation
from marketplace.accounts.roles import DESK_KINDS, DESK_ROLES, Role
from marketplace.core.models import Event


def keepers_of(organisation_id: int) -> Iterable[int]:
    """Owners and IP staff."""
    return (
        Membership.objects.live()
        .filter(organisation_id=organisation_id, roles__overlap=[Role.OWNER, Role.STAFF])
        .values_list("user_id", flat=True)
    )


def reviewers(event: Event) -> Iterable[int]:
    return (
        Membership.objects.live()
        .filter(organisation__kind__in=DESK_KINDS, roles__overlap=list(DESK_ROLES))
        .values_list("user_id", flat=True)
    )


def own_keepers(event: Event) -> Iterable[int]:
    return keepers_of(event.subject_id)


def agent_keepers(event: Event) -> Iterable[int]:
    return keepers_of(event.data["agent"])


def both_keepers(event: Event) -> Iterable[int]:
    return {*keepers_of(event.data["agent"]), *keepers_of(event.data["client"])}


def _both_names(organisation: Organisation) -> dict[str, str]:
    """The name for readers of either language."""
    zh, en = organisation.name_zh, organisation.name_en
    return {"zh": zh or en, "en": en or zh}


def organisation_params(event: Event) -> dict[str, Any]:
    return {"name": _both_names(Organisation.objects.get(pk=event.subject_id)), "reason": event.reason}


def delegation_params(event: Event) -> dict[str, Any]:
    row = Delegation.objects.select_related("client", "agent").get(pk=event.subject_id)
    return {
        "client": _both_names(row.client),
        "agent": _both_names(row.agent),
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
    }


def contribute_to(announce: Callable[..., None]) -> None:
    """Enter this floor's topics with the notifications floor's `announce`."""

    def own_page(event: Event) -> str:
        return "/workspace/organisation/"

    def review_page(event: Event) -> str:
        return f"/desk/organisations/{event.subject_id}/"

    def delegation_page(event: Event) -> str:
        return "/workspace/delegations/"

    own = {"recipients": own_keepers, "params": organisation_params, "url": own_page}
    announce(
        "organisation.submit",
        recipients=reviewers,
        sentence=_("%(name)s asks to be verified."),
        params=organisation_params,
        url=review_page,
    )
    announce("organisation.verify", sentence=_("%(name)s is verified."), **own)
    announce("organisation.return", sentence=_("%(name)s was returned for correction: %(reason)s"), **own)
    announce("organisation.suspend", sentence=_("%(name)s is suspended: %(reason)s"), **own)
    announce("organisation.reinstate", sentence=_("%(name)s is reinstated."), **own)
    announce(
        "delegation.grant",
        recipients=agent_keepers,
        sentence=_("%(client)s lets you act for it from %(starts_on)s to %(ends_on)s."),
        params=delegation_params,
        url=delegation_page,
    )
    announce(
        "delegation.end",
        recipients=both_keepers,
        sentence=_("The delegation from %(client)s to %(agent)s has ended."),
        params=delegation_params,
        url=delegation_page,
    )
