"""What brokers add to shared pages: the workspace's side navigation and its list of things to do."""

from __future__ import annotations

from typing import Any

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


def waiting(actor: Actor) -> list[Mandate]:
    """Proposals the actor's organisation has to answer."""
    if not access.may_propose(actor):
        return []
    found = access.mandates_seen_by(actor).in_state(MandateState.PROPOSED).exclude(proposed_by=actor.org_id)
    return list(found.order_by("due_at")[:20])


def todo_lines(actor: Actor) -> list[dict[str, Any]]:
    """Proposals to be answered, with their deadline."""
    return [
        {
            "text": gettext("Answer the proposed mandate %(number)s") % {"number": one.number},
            "url": reverse("mandate", args=[one.pk]),
            "due": one.due_at,
        }
        for one in waiting(actor)
    ]


def contribute() -> None:
    """Called once the app is ready."""
    registry.desk(
        TRADE, 40, _("Mandates"), "mandate_list", shows=_may_hold, count=lambda actor: len(waiting(actor)) or None
    )
    registry.todo(32, todo_lines)


def _to_answer(actor: Actor) -> int | None:
    return len(waiting(actor)) or None


def _may_hold(actor: Actor) -> bool:
    return actor.org_id is not None and actor.on_behalf_of is None and actor.org_kind not in DESK_KINDS
