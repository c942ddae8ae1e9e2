"""The lifecycle of an organisation: who may take which step, and what refuses it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from marketplace.accounts import uscc
from marketplace.accounts.models import Organisation, VerificationDocument
from marketplace.accounts.refusals import (
    CreditCodeMalformed,
    CreditCodeTaken,
    OrganisationIncomplete,
    OwnReview,
    listed,
)
from marketplace.accounts.roles import DESK_KINDS, DESK_ROLES, Kind, Role
from marketplace.accounts.states import LIVE_STATES, OrganisationState
from marketplace.core.actor import Actor
from marketplace.core.errors import Sentence
from marketplace.core.lifecycle import AnyOf, Clock, Desk, Edge, Graph, Party, WorkingDays, register

REVIEW_WORKING_DAYS = 3
KEEPERS = Party("organisation_id", frozenset({Role.OWNER, Role.STAFF}))
"""Those who keep an organisation's own papers; never a delegate."""
OWNERS = Party("organisation_id", frozenset({Role.OWNER}))
REVIEWERS = Desk(frozenset(DESK_KINDS), frozenset(DESK_ROLES))


def missing_for_review(organisation: Organisation) -> list[Sentence]:
    """What an organisation still lacks before a reviewer can look at it, in words."""
    missing: list[Sentence] = []
    if not (organisation.name_zh or organisation.name_en):
        missing.append(_("a name"))
    is_person = organisation.kind == Kind.INDIVIDUAL
    if organisation.country == "CN" and not organisation.uscc and not is_person:
        missing.append(_("the unified social credit code"))
    papers = set(organisation.documents.filter(withdrawn_at__isnull=True).values_list("paper", flat=True))
    if is_person and VerificationDocument.Paper.IDENTITY not in papers:
        missing.append(_("a proof of identity"))
    if not is_person and not papers:
        missing.append(_("a verification document"))
    return missing


def is_complete(organisation: Organisation, by: Actor) -> None:
    """Raises OrganisationIncomplete, CreditCodeMalformed, CreditCodeTaken."""
    missing = missing_for_review(organisation)
    if missing:
        raise OrganisationIncomplete(missing=listed(missing))
    if organisation.uscc:
        if organisation.country == "CN" and not uscc.is_well_formed(organisation.uscc):
            raise CreditCodeMalformed(field="uscc")
        others = Organisation.objects.filter(uscc=organisation.uscc, state__in=LIVE_STATES).exclude(pk=organisation.pk)
        if others.exists():
            raise CreditCodeTaken(field="uscc", uscc=organisation.uscc)


def reviewer_is_outside(organisation: Organisation, by: Actor) -> None:
    """Raises OwnReview when the reviewer belongs to what is reviewed."""
    if by.user_id and organisation.memberships.live().filter(user_id=by.user_id).exists():
        raise OwnReview()


ORGANISATION_GRAPH = register(
    Graph(
        name="organisation",
        model="accounts.organisation",
        initial=OrganisationState.DRAFT,
        states=OrganisationState,
        resting=frozenset(set(OrganisationState) - {OrganisationState.SUBMITTED}),
        edges=(
            Edge(
                "submit",
                (OrganisationState.DRAFT, OrganisationState.RETURNED),
                OrganisationState.SUBMITTED,
                who=AnyOf((KEEPERS, Clock())),
                label=_("Submit for review"),
                guard=is_complete,
            ),
            Edge(
                "verify",
                (OrganisationState.SUBMITTED,),
                OrganisationState.VERIFIED,
                who=AnyOf((REVIEWERS, Clock())),
                label=_("Verify"),
                guard=reviewer_is_outside,
                due=WorkingDays(REVIEW_WORKING_DAYS),
            ),
            Edge(
                "return",
                (OrganisationState.SUBMITTED, OrganisationState.VERIFIED),
                OrganisationState.RETURNED,
                who=REVIEWERS,
                label=_("Return for correction"),
                guard=reviewer_is_outside,
                asks_reason=True,
            ),
            Edge(
                "suspend",
                (OrganisationState.VERIFIED,),
                OrganisationState.SUSPENDED,
                who=REVIEWERS,
                label=_("Suspend"),
                guard=reviewer_is_outside,
                asks_reason=True,
            ),
            Edge(
                "reinstate",
                (OrganisationState.SUSPENDED,),
                OrganisationState.VERIFIED,
                who=REVIEWERS,
                label=_("Reinstate"),
                guard=reviewer_is_outside,
            ),
        ),
    )
)
