"""What this floor has for the workspace's side navigation and first page; the portal above takes it from here."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.accounts.graphs import REVIEWERS
from marketplace.accounts.models import Organisation
from marketplace.accounts.states import OrganisationState
from marketplace.accounts.views.shown import last_day
from marketplace.core import clock
from marketplace.core.actor import Actor

OWN = gettext_lazy("Organisation")
DESK = gettext_lazy("Review desk")


def belongs(actor: Actor) -> bool:
    """Acts in an organisation of their own, not in a client's place."""
    return actor.org_id is not None and actor.on_behalf_of is None


def reviews(actor: Actor) -> bool:
    return REVIEWERS.permits(actor, None)


def waiting_for_review(actor: Actor) -> list[QuerySet[Organisation]]:
    return [Organisation.objects.in_state(OrganisationState.SUBMITTED)]


def contribute_to(registry: Any) -> None:
    """Enter this floor's lines into the portal's registry (`place`, `desk`, `todo`)."""
    registry.place(50, gettext_lazy("Organisations"), "organisation_list")
    registry.desk(OWN, 810, gettext_lazy("My organisation"), "my_organisation", shows=belongs)
    registry.desk(OWN, 820, gettext_lazy("Members"), "member_list", shows=belongs)
    registry.desk(OWN, 830, gettext_lazy("Delegations"), "delegation_list", shows=belongs)
    registry.desk(OWN, 840, gettext_lazy("API keys"), "token_list", shows=belongs)
    registry.desk(
        DESK,
        510,
        gettext_lazy("Organisations to review"),
        "organisation_queue",
        shows=reviews,
        count=waiting_for_review,
    )
    registry.desk(DESK, 590, gettext_lazy("People"), "people_desk", shows=reviews)
    registry.todo(10, to_do)


def to_do(actor: Actor) -> list[dict[str, Any]]:
    """What an actor owes here: an organisation to enter, complete or review."""
    if actor.user_id is None:
        return []
    if actor.org_id is None:
        return [{"text": _("Enter your organisation, or accept an invitation."), "url": reverse("organisation_new")}]
    lines: list[dict[str, Any]] = []
    own = Organisation.objects.get(pk=actor.org_id)
    if own.state == OrganisationState.DRAFT:
        lines.append(
            {"text": _("Complete your organisation and submit it for review."), "url": reverse("my_organisation")}
        )
    if own.state == OrganisationState.RETURNED:
        lines.append({"text": _("Your organisation was returned for correction."), "url": reverse("my_organisation")})
    if reviews(actor):
        for row in Organisation.objects.in_state(OrganisationState.SUBMITTED).order_by("due_at")[:5]:
            lines.append(
                {
                    "text": _("Review the organisation %(name)s") % {"name": row.name},
                    "url": reverse("organisation_review", args=[row.pk]),
                    "due": last_day(row.due_at) or clock.today(),
                }
            )
    return lines
