"""In whose name a request acts: the membership and delegation chosen in the session, checked again on every request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.accounts.models import Delegation, Membership, Organisation, User
from marketplace.accounts.roles import DELEGATE_ROLES, SECOND_FACTOR_KINDS, Role
from marketplace.accounts.states import OrganisationState
from marketplace.core import clock
from marketplace.core.actor import ANONYMOUS, Actor
from marketplace.core.errors import NotFound

SESSION_KEY = "acting"
SECOND_FACTOR_KEY = "second_factor"
_KEPT = "_memberships_read"


@dataclass(frozen=True)
class Standing:
    """A signed-in person with the memberships that hold now, the one in use, and the client acted for."""

    person: User
    memberships: tuple[Membership, ...]
    membership: Membership | None
    delegation: Delegation | None
    actor: Actor
    is_enrolled: bool
    """Whether the person has a second factor of any kind."""

    @property
    def organisation(self) -> Organisation | None:
        """The organisation whose rights are exercised."""
        if self.delegation is not None:
            return self.delegation.client
        return self.membership.organisation if self.membership else None

    @property
    def needs_second_factor(self) -> bool:
        return self.membership is not None and self.membership.organisation.kind in SECOND_FACTOR_KINDS


def standing_of(request: HttpRequest) -> Standing | None:
    """The standing of this request, found once; None for somebody not signed in.

    Two queries with session and person, one more while acting for a client; none without a session cookie.
    """
    if not hasattr(request, "_standing"):
        request._standing = _find_standing(request)  # type: ignore[attr-defined]
    return request._standing  # type: ignore[attr-defined, no-any-return]


def actor_of(request: HttpRequest) -> Actor:
    standing = standing_of(request)
    return standing.actor if standing else ANONYMOUS


def _find_standing(request: HttpRequest) -> Standing | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    chosen = request.session.get(SESSION_KEY) or {}
    return standing(request.user, membership_id=chosen.get("membership"), delegation_id=chosen.get("delegation"))


def memberships_of(user_id: int) -> QuerySet[Membership]:
    """A person's memberships that hold, oldest first, each with whether the person has a second factor."""
    enrolled = Exists(Authenticator.objects.filter(user_id=OuterRef("user_id")))
    return (
        Membership.objects.live()
        .filter(user=user_id)
        .select_related("organisation", "organisation__region")
        .annotate(is_enrolled=enrolled)
        .order_by("joined_at", "pk")
    )


def keep_memberships(person: User, memberships: tuple[Membership, ...]) -> None:
    """Hand over what was read with the person to the first `standing` of the request; later ones read afresh."""
    setattr(person, _KEPT, memberships)


def standing(person: User, *, membership_id: int | None = None, delegation_id: int | None = None) -> Standing:
    """What `person` is now. A membership or delegation that no longer holds falls back to the person's first one."""
    memberships = getattr(person, _KEPT, None) or tuple(memberships_of(person.pk))
    setattr(person, _KEPT, None)
    membership = next((one for one in memberships if one.pk == membership_id), None)
    if membership is None:
        membership, delegation_id = (memberships[0] if memberships else None), None
    delegation = None
    if delegation_id is not None and membership is not None:
        delegation = delegations_open_to(membership).filter(pk=delegation_id).first()
    return Standing(
        person=person,
        memberships=memberships,
        membership=membership,
        delegation=delegation,
        actor=actor_for(person, membership, delegation),
        is_enrolled=bool(membership and membership.is_enrolled),
    )


def delegations_open_to(membership: Membership) -> Any:
    """Delegations under which this member may act today; needs the roles of DELEGATE_ROLES."""
    if not DELEGATE_ROLES & set(membership.roles):
        return Delegation.objects.none()
    return Delegation.objects.in_force(clock.today()).filter(agent=membership.organisation_id).select_related("client")


def actor_for(person: User, membership: Membership | None, delegation: Delegation | None = None) -> Actor:
    """The actor a person is in that membership. Members of a suspended organisation may only read."""
    if membership is None:
        return Actor(user_id=person.pk, name=person.display_name)
    organisation = membership.organisation
    is_suspended = organisation.state == OrganisationState.SUSPENDED
    return Actor(
        user_id=person.pk,
        org_id=organisation.pk,
        org_kind=organisation.kind,
        roles=frozenset({Role.READ_ONLY.value}) if is_suspended else frozenset(membership.roles),
        on_behalf_of=delegation.client_id if delegation else None,
        powers=frozenset(delegation.powers) if delegation else frozenset(),
        name=person.display_name,
    )


def switch(request: HttpRequest, *, membership_id: int, delegation_id: int | None = None) -> Standing:
    """Act in another membership, or for a client of it, from the next request on. Raises NotFound."""
    assert isinstance(request.user, User)
    wanted = standing(request.user, membership_id=membership_id, delegation_id=delegation_id)
    if wanted.membership is None or wanted.membership.pk != membership_id:
        raise NotFound()
    if delegation_id is not None and wanted.delegation is None:
        raise NotFound()
    request.session[SESSION_KEY] = {"membership": membership_id, "delegation": delegation_id}
    request._standing = wanted  # type: ignore[attr-defined]
    return wanted


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether this session, not just this person, has shown a second factor."""
    return bool(request.session.get(SECOND_FACTOR_KEY) == str(request.user.pk))


@dataclass(frozen=True)
class Shown:
    """Who acts and for whom, as the masthead says it."""

    person: str
    organisation: str
    delegation: bool
    delegation_until: date | None
    links: list[dict[str, Any]]


def acting_for(request: HttpRequest) -> Shown | None:
    """For the page frame; None for somebody not signed in. Costs no query of its own."""
    now = standing_of(request)
    if now is None:
        return None
    names = [("act_as", _("Act for another organisation"))] if now.memberships else []
    names += [
        ("my_organisation", _("My organisation")),
        ("profile", _("Your details")),
        ("security", _("Sign-in and security")),
    ]
    urls = [(reverse(name), label) for name, label in names]
    links = [{"url": url, "label": label, "current": request.path == url} for url, label in urls]
    return Shown(
        person=now.person.display_name,
        organisation=now.organisation.name if now.organisation else "",
        delegation=now.delegation is not None,
        delegation_until=now.delegation.ends_on if now.delegation else None,
        links=links,
    )
