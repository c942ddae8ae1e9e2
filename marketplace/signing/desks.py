"""What this floor has for the workspace's side navigation and first page; the portal takes it from here."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.actor import Actor
from marketplace.signing import access
from marketplace.signing.registry import consent_label
from marketplace.signing.states import ConsentState

TRADE = gettext_lazy("Trade")
MOST = 20


def belongs(actor: Actor) -> bool:
    return actor.org_id is not None and actor.on_behalf_of is None


def waiting(actor: Actor) -> list[QuerySet[Any]]:
    """Signatures and answers that the actor may give now."""
    if actor.user_id is None:
        return []
    answers, owed = access.to_answer(actor), access.to_sign(actor)
    if not access.may_bind(actor):
        owed = owed.filter(named=actor.user_id)
        if not access.is_at_desk(actor):
            answers = answers.filter(person=actor.user_id)
    return [owed, answers]


def to_do(actor: Actor) -> list[dict[str, Any]]:
    """What waits for the actor's signature or answer."""
    if actor.user_id is None:
        return []
    lines = []
    owed = access.to_sign(actor)
    if not access.may_bind(actor):
        owed = owed.filter(named=actor.user_id)
    for slot in owed.select_related("document").order_by("document__due_at")[:MOST]:
        lines.append(
            {
                "text": _("Sign %(title)s") % {"title": slot.document.title},
                "url": reverse("signing_document", args=[slot.document.number]),
                "due": slot.document.due_at,
            }
        )
    for consent in access.to_answer(actor).select_related("document").order_by("due_at")[:MOST]:
        words = _("Check the paper: %(kind)s, %(title)s")
        if consent.state == ConsentState.ASKED:
            if consent.person_id != actor.user_id and not access.may_bind(actor):
                continue
            words = (
                _("Bring the paper: %(kind)s, %(title)s") if consent.is_on_paper else _("Answer: %(kind)s, %(title)s")
            )
        lines.append(
            {
                "text": words % {"kind": consent_label(consent.kind), "title": consent.document.title},
                "url": reverse("consent_answer", args=[consent.pk]),
                "due": consent.due_at,
            }
        )
    return lines


def contribute_to(registry: Any) -> None:
    """Enter this floor's lines into the portal's registry."""
    registry.desk(TRADE, 30, gettext_lazy("Documents to sign"), "signing_list", shows=belongs, count=waiting)
    registry.todo(15, to_do)
