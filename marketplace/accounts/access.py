"""Who sees which organisation, member, invitation, delegation and key."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from marketplace.accounts.graphs import REVIEWERS
from marketplace.accounts.models import (
    ApiToken,
    Delegation,
    DelegationQuerySet,
    Invitation,
    InvitationQuerySet,
    Membership,
    MembershipQuerySet,
    Organisation,
    OrganisationQuerySet,
    User,
    VerificationDocument,
)
from marketplace.accounts.refusals import ActsForClient, NoOrganisation
from marketplace.accounts.services.organisations import DOCUMENT_PURPOSE
from marketplace.accounts.states import OrganisationState
from marketplace.core import files
from marketplace.core.access import found, require
from marketplace.core.actor import Actor
from marketplace.core.models import StoredFile


def organisations_visible_to(actor: Actor) -> OrganisationQuerySet:
    """The verified ones to everybody; one's own and a client's; to reviewers also whatever was submitted."""
    mine = [pk for pk in (actor.org_id, actor.on_behalf_of) if pk is not None]
    if REVIEWERS.permits(actor, None):
        return Organisation.objects.filter(~Q(state=OrganisationState.DRAFT) | Q(pk__in=mine))
    return Organisation.objects.filter(Q(state=OrganisationState.VERIFIED) | Q(pk__in=mine))


def get_organisation_for(actor: Actor, pk: int) -> Organisation:
    """Raises NotFound."""
    return found(organisations_visible_to(actor).select_related("region"), pk=pk)


def own_organisation(actor: Actor) -> Organisation:
    """The organisation the actor belongs to. Raises NoOrganisation; ActsForClient while in a client's place."""
    if actor.org_id is None:
        raise NoOrganisation()
    if actor.on_behalf_of is not None:
        raise ActsForClient()
    return found(Organisation.objects.select_related("region"), pk=actor.org_id)


def memberships_visible_to(actor: Actor) -> MembershipQuerySet:
    """Fellow members of one's own organisation."""
    return Membership.objects.live().filter(organisation=own_organisation(actor)).select_related("user")


def get_membership_for(actor: Actor, pk: int) -> Membership:
    return found(memberships_visible_to(actor).select_related("organisation"), pk=pk)


def invitations_visible_to(actor: Actor) -> InvitationQuerySet:
    """Open offers of one's own organisation."""
    return Invitation.objects.waiting().filter(organisation=own_organisation(actor))


def get_invitation_for(actor: Actor, pk: int) -> Invitation:
    return found(invitations_visible_to(actor), pk=pk)


def delegations_visible_to(actor: Actor) -> DelegationQuerySet:
    """Given by or held by one's own organisation."""
    mine = own_organisation(actor)
    return Delegation.objects.filter(Q(client=mine) | Q(agent=mine)).select_related("client", "agent")


def get_delegation_for(actor: Actor, pk: int) -> Delegation:
    return found(delegations_visible_to(actor), pk=pk)


def tokens_visible_to(actor: Actor) -> QuerySet[ApiToken]:
    """One's own keys, whatever the organisation."""
    return ApiToken.objects.filter(membership__user=actor.user_id or 0).select_related("membership__organisation")


def get_token_for(actor: Actor, pk: int) -> ApiToken:
    return found(tokens_visible_to(actor), pk=pk)


def organisations_to_review(actor: Actor) -> OrganisationQuerySet:
    """Everything that was ever submitted, for the desk. Raises NotPermitted."""
    require(REVIEWERS, actor)
    return Organisation.objects.exclude(state=OrganisationState.DRAFT)


def get_organisation_to_review(actor: Actor, pk: int) -> Organisation:
    return found(organisations_to_review(actor).select_related("region"), pk=pk)


def people_visible_to(actor: Actor) -> QuerySet[User]:
    """Everybody, for the desk. Raises NotPermitted."""
    require(REVIEWERS, actor)
    return User.objects.order_by("email")


@files.guard(DOCUMENT_PURPOSE)
def may_open_document(actor: Actor, file: StoredFile) -> bool:
    """Identity papers: the organisation's own members, and reviewers once it was submitted."""
    document = VerificationDocument.objects.filter(file=file).select_related("organisation").first()
    if document is None:
        return False
    if actor.on_behalf_of is None and actor.org_id == document.organisation_id:
        return True
    return REVIEWERS.permits(actor, document.organisation) and document.organisation.state != OrganisationState.DRAFT
