"""What the rights register adds to shared pages: a section of the patent page, the desk, what is to be done."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from listings.patents.presenting import shown_number
from listings.patents.slots import slot
from listings.rights import access
from listings.rights.presenting import rights_block
from marketplace.core.actor import Actor
from marketplace.portal import registry

DESK = _("Review desk")


def _waiting(actor: Actor) -> list[QuerySet[Any]]:
    return [access.waiting_statements(actor), access.releases_visible_to(actor)]


def todo_lines(actor: Actor) -> list[dict[str, Any]]:
    """At the desk: statements that wait for a decision, and releases that wait for this second person."""
    if not access.is_at_desk(actor):
        return []
    lines: list[dict[str, Any]] = [
        {
            "text": gettext("Decide on a statement about %(number)s") % {"number": shown_number(one.asset)},
            "url": reverse("statement_review", args=[one.pk]),
            "due": one.due_at,
        }
        for one in access.waiting_statements(actor).order_by("due_at")[:20]
    ]
    lines += [
        {
            "text": gettext("Approve the release of a pledge of %(number)s")
            % {"number": shown_number(one.entry.asset)},
            "url": reverse("statement_list"),
            "due": one.due_at,
        }
        for one in access.releases_visible_to(actor).select_related("entry__asset__patent").order_by("due_at")[:20]
        if one.proposed_by_id != actor.user_id
    ]
    return lines


def contribute() -> None:
    """Called once the app is ready."""
    registry.desk(DESK, 72, _("Rights register"), "statement_list", shows=access.is_at_desk, count=_waiting)
    registry.todo(22, todo_lines)
    slot(5, "rights/asset_rights.html", rights_block)
