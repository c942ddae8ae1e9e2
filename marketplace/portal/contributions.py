"""What the floors below contribute to shared pages: they cannot reach up to the registry themselves."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.accounts import desks
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Role
from marketplace.accounts.states import OrganisationState
from marketplace.core.actor import Actor
from marketplace.notifications import parked
from marketplace.notifications.models import Delivery
from marketplace.notifications.service import announce, unread
from marketplace.payments import desks as payment_desks
from marketplace.payments import tidings as payment_tidings
from marketplace.portal import registry
from marketplace.signing import desks as signing_desks
from marketplace.signing import tidings as signing_tidings

OWN = _("Workspace")


def contribute() -> None:
    """Called once the app is ready."""
    registry.desk(OWN, 1, _("Yours to do"), "workspace")
    registry.desk(OWN, 3, _("Calendar"), "calendar")
    registry.desk(OWN, 2, _("Notices"), "notice_list", count=_unread)
    registry.figure(40, _("Verified organisations"), _verified, url_name="organisation_list")
    registry.desk(desks.OWN, 845, _("Webhooks"), "webhook_list", shows=_owns)
    registry.desk(
        desks.DESK,
        595,
        _("Notices that did not arrive"),
        "notice_desk",
        shows=desks.reviews,
        count=parked.waiting_for_somebody,
    )
    desks.contribute_to(registry)
    payment_desks.contribute_to(registry)
    payment_tidings.contribute_to(announce)
    signing_desks.contribute_to(registry)
    signing_tidings.contribute_to(announce)


def _unread(actor: Actor) -> list[QuerySet[Delivery]]:
    return [unread(actor.user_id)] if actor.user_id is not None else []


def _owns(actor: Actor) -> bool:
    return desks.belongs(actor) and Role.OWNER in actor.roles


def _verified() -> int:
    return Organisation.objects.in_state(OrganisationState.VERIFIED).count()
