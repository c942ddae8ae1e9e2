"""What brokers add to shared pages: the workspace's side navigation and its list of things to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from listings.brokers import access
from listings.brokers.models import Mandate
from listings.brokers.states import MandateState
from marketplace.accounts.roles import DESK_KINDS
from marketplace.core.actor import Actor
from marketplace.portal import registry

TRADE = _("Trade")
MOST = 20


def waiting(actor: Actor) -> list[QuerySet[Mandate]]:
    """Proposals the actor's organisation has to answer."""
    if not access.may_propose(actor):
        return []
    return [access.mandates_seen_by(actor).in_state(MandateState.PROPOSED).exclude(proposed_by=actor.org_id)]


def todo_lines(actor: Actor) -> list[dict[str, Any]]:
    """Proposals to be answered, with their deadline."""
    return [
        {
            "text": gettext("Answer the proposed mandate %(number)s") % {"number": one.number},
            "url": reverse("mandate", args=[one.pk]),
            "due": one.due_at,
        }
        for found in waiting(actor)
        for one in found.order_by("due_at")[:MOST]
    ]


def calendar_days(actor: Actor, first: date, last: date) -> Iterator[registry.Entry]:
    """Last days of running mandates."""
    rows = access.mandates_seen_by(actor).in_state(MandateState.ACTIVE).filter(ends_on__range=(first, last))
    for mandate in rows:
        words = gettext("Last day of mandate %(number)s") % {"number": mandate.number}
        yield registry.Entry(mandate.ends_on, words, reverse("mandate", args=[mandate.pk]))


def contribute() -> None:
    """Called once the app is ready."""
    registry.desk(TRADE, 40, _("Mandates"), "mandate_list", shows=_may_hold, count=waiting)
    registry.todo(32, todo_lines)
    registry.calendar(calendar_days)


def _may_hold(actor: Actor) -> bool:
    return actor.org_id is not None and actor.on_behalf_of is None and actor.org_kind not in DESK_KINDS
