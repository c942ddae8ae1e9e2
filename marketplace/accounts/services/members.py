"""Who belongs to an organisation: invited, joined, given other roles, gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac

from marketplace.accounts.graphs import OWNERS
from marketplace.accounts.models import ApiToken, Invitation, Membership, Organisation, User
from marketplace.accounts.refusals import (
    AlreadyInvited,
    AlreadyMember,
    InvitationClosed,
    InvitationForAnother,
    LastOwner,
    RolesUnknown,
)
from marketplace.accounts.roles import Role, roles_of
from marketplace.core import clock, events
from marketplace.core.access import found, require
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.locks import locked, locked_all

INVITATION_DAYS = 14


def invite(*, organisation_id: int, email: str, roles: Sequence[str], by: Actor) -> Invitation:
    """Offer membership to an address; the letter leaves once the offer is committed. An expired offer is replaced.

    Raises NotPermitted, RolesUnknown, AlreadyMember, AlreadyInvited.
    """
    email = email.strip().lower()
    with locked(Organisation, organisation_id) as organisation:
        require(OWNERS, by, organisation)
        if by.user_id is None:
            raise NotPermitted()
        chosen = _known_roles(organisation, roles)
        if organisation.memberships.live().filter(user__email__iexact=email).exists():
            raise AlreadyMember(field="email", email=email)
        for earlier in organisation.invitations.waiting().filter(email__iexact=email):
            if earlier.expires_at > clock.now():
                raise AlreadyInvited(field="email", email=email)
            earlier.withdrawn_at = clock.now()
            earlier.save(update_fields=["withdrawn_at"])
        invitation = Invitation.objects.create(
            organisation=organisation,
            email=email,
            roles=chosen,
            invited_by_id=by.user_id,
            expires_at=clock.now() + timedelta(days=INVITATION_DAYS),
        )
        events.record("invitation.send", invitation, by, data=_touching(organisation_id, roles=chosen))
    return invitation


def invitation_token(invitation: Invitation) -> str:
    """The secret part of the letter's link: a signature over the offer, made again when needed, never guessed."""
    told = f"{invitation.pk}:{invitation.email.lower()}:{invitation.expires_at.timestamp():.0f}"
    return salted_hmac("accounts.invitation", told, algorithm="sha256").hexdigest()


def invitation_for_link(invitation_id: int, token: str) -> Invitation:
    """The offer a link leads to. Raises NotFound for a wrong link, InvitationClosed for one that no longer holds."""
    invitation = found(Invitation.objects.select_related("organisation", "invited_by"), pk=invitation_id)
    if not constant_time_compare(token, invitation_token(invitation)):
        raise NotFound()
    if invitation.accepted_at or invitation.withdrawn_at or invitation.expires_at <= clock.now():
        raise InvitationClosed()
    return invitation


def accept_invitation(*, invitation_id: int, token: str, by: Actor) -> Membership:
    """Join. Raises NotFound, InvitationClosed, InvitationForAnother, AlreadyMember, NotPermitted."""
    if by.user_id is None:
        raise NotPermitted()
    offered = invitation_for_link(invitation_id, token)
    with locked_all([(Organisation, offered.organisation_id), (Invitation, invitation_id)]):
        invitation = invitation_for_link(invitation_id, token)  # read again under the lock
        person = found(User.objects.all(), pk=by.user_id)
        if person.email.lower() != invitation.email.lower():
            raise InvitationForAnother()
        organisation = invitation.organisation
        if organisation.memberships.live().filter(user=person).exists():
            raise AlreadyMember(email=person.email)
        invitation.accepted_at = clock.now()
        invitation.save(update_fields=["accepted_at"])
        membership = Membership.objects.create(user=person, organisation=organisation, roles=invitation.roles)
        events.record("invitation.accept", invitation, by, data=_touching(organisation.pk))
        events.record("membership.begin", membership, by, data=_touching(organisation.pk, roles=list(invitation.roles)))
    return membership


def withdraw_invitation(*, invitation_id: int, by: Actor) -> Invitation:
    """Take an offer back. Raises NotFound, NotPermitted, InvitationClosed."""
    with locked(Invitation, invitation_id) as invitation:
        require(OWNERS, by, invitation.organisation)
        if invitation.accepted_at or invitation.withdrawn_at:
            raise InvitationClosed()
        invitation.withdrawn_at = clock.now()
        invitation.save(update_fields=["withdrawn_at"])
        events.record("invitation.withdraw", invitation, by, data=_touching(invitation.organisation_id))
    return invitation


def change_roles(*, membership_id: int, roles: Sequence[str], by: Actor) -> Membership:
    """Give a member other roles. Raises NotFound, NotPermitted, RolesUnknown, LastOwner."""
    with _held(membership_id) as (organisation, membership):
        require(OWNERS, by, organisation)
        chosen = _known_roles(organisation, roles)
        if Role.OWNER not in chosen:
            _keeps_an_owner(organisation, membership)
        earlier = sorted(membership.roles)
        if earlier != sorted(chosen):
            membership.roles = chosen
            membership.save(update_fields=["roles"])
            events.record(
                "membership.change_roles",
                membership,
                by,
                data=_touching(organisation.pk, roles=chosen, earlier=earlier),
            )
    return membership


def end_membership(*, membership_id: int, by: Actor) -> Membership:
    """Let a member go, or leave oneself; the API keys end too. Raises NotFound, NotPermitted, LastOwner."""
    with _held(membership_id) as (organisation, membership):
        leaves = by.user_id is not None and by.user_id == membership.user_id
        if not leaves:
            require(OWNERS, by, organisation)
        _keeps_an_owner(organisation, membership)
        membership.ended_at = clock.now()
        membership.save(update_fields=["ended_at"])
        ApiToken.objects.filter(membership=membership, revoked_at__isnull=True).update(revoked_at=clock.now())
        events.record("membership.end", membership, by, data=_touching(organisation.pk))
    return membership


def send_invitation_letter(invitation_id: int) -> bool:
    """Write the letter to whoever was invited, once, in their language (or the inviter's). False when none is due."""
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("organisation", "invited_by")
            .filter(pk=invitation_id, mailed_at__isnull=True)
            .waiting()
            .first()
        )
        if invitation is None or invitation.expires_at <= clock.now():
            return False
        known = User.objects.filter(email__iexact=invitation.email).first()
        language = (known or invitation.invited_by).language
        with translation.override(language):
            path = reverse("invitation", args=[invitation.pk, invitation_token(invitation)])
            told = {
                "invitation": invitation,
                "url": settings.SITE_URL + path,
                "days": INVITATION_DAYS,
                "roles": [Role(role).label for role in invitation.roles],
                "market_name": settings.MARKET_NAME_ZH if language.startswith("zh") else settings.MARKET_NAME_EN,
            }
            subject = render_to_string("accounts/mail/invitation_subject.txt", told)
            body = render_to_string("accounts/mail/invitation_message.txt", told)
        EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[invitation.email]).send()
        invitation.mailed_at = clock.now()
        invitation.save(update_fields=["mailed_at"])
    return True


@contextmanager
def _held(membership_id: int) -> Iterator[tuple[Organisation, Membership]]:
    """The organisation and its live membership, locked in order and read again. Raises NotFound."""
    seen = found(Membership.objects.live(), pk=membership_id)
    with locked_all([(Organisation, seen.organisation_id), (Membership, membership_id)]) as rows:
        organisation, membership = rows
        assert isinstance(organisation, Organisation) and isinstance(membership, Membership)
        if membership.ended_at is not None:
            raise NotFound()
        yield organisation, membership


def _known_roles(organisation: Organisation, roles: Sequence[str]) -> list[str]:
    chosen = [str(role) for role in roles_of(organisation.kind) if role in set(roles)]
    if not chosen or set(roles) - set(chosen):
        raise RolesUnknown(field="roles")
    return chosen


def _keeps_an_owner(organisation: Organisation, leaving: Membership) -> None:
    others = organisation.memberships.live().filter(roles__contains=[Role.OWNER]).exclude(pk=leaving.pk)
    if Role.OWNER in leaving.roles and not others.exists():
        raise LastOwner()


def _touching(organisation_id: int, **data: Any) -> dict[str, Any]:
    return {"touched": {"accounts.organisation": [organisation_id]}, **data}
