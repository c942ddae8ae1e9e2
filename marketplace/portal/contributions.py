"""What the floors below contribute to shared pages: they cannot reach up to the registry themselves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from marketplace.accounts import desks
from marketplace.accounts.models import Organisation
from marketplace.accounts.states import OrganisationState
from marketplace.core.actor import Actor
from marketplace.notifications.service import announce, unread_count
from marketplace.payments import desks as payment_desks
from marketplace.payments import tidings as payment_tidings
from marketplace.portal import registry
from marketplace.signing import desks as signing_desks
from marketplace.signing import tidings as signing_tidings

OWN = _("Workspace")


def contribute() -> None:
    """Called once the app is ready."""
    registry.desk(OWN, 1, _("Yours to do"), "workspace")
    registry.desk(OWN, 2, _("Notices"), "notice_list", count=_unread)
    registry.figure(40, _("Verified organisations"), _verified, url_name="organisation_list")
    desks.contribute_to(registry)
    payment_desks.contribute_to(registry)
    payment_tidings.contribute_to(announce)
    signing_desks.contribute_to(registry)
    signing_tidings.contribute_to(announce)


def _unread(actor: Actor) -> int | None:
    return unread_count(actor.user_id) or None if actor.user_id is not None else None


def _verified() -> int:
    return Organisation.objects.in_state(OrganisationState.VERIFIED).count()
