"""An organisation's events, told as a timeline."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation, User
from marketplace.core.events import timeline
from marketplace.core.models import Event

SENTENCES = {
    "organisation.begin": ("off", _("Entered as a draft")),
    "organisation.amend": ("off", _("Facts changed")),
    "organisation.add_document": ("off", _("Document added")),
    "organisation.withdraw_document": ("off", _("Document withdrawn")),
    "organisation.submit": ("now", _("Submitted for review")),
    "organisation.verify": ("go", _("Verified")),
    "organisation.return": ("wait", _("Returned for correction")),
    "organisation.suspend": ("hold", _("Suspended")),
    "organisation.reinstate": ("go", _("Reinstated")),
}
DECISIONS = ("organisation.verify", "organisation.return", "organisation.suspend", "organisation.reinstate")


def decisions(organisation: Organisation) -> QuerySet[Event]:
    """What reviewers decided, newest first."""
    return timeline(organisation).filter(kind__in=DECISIONS)


def history(organisation: Organisation, *, limit: int) -> list[dict[str, Any]]:
    """Newest first: moment, shape, sentence and, as the note, who did it and why."""
    rows = list(timeline(organisation)[:limit])
    people = {person.pk: person.display_name for person in User.objects.filter(pk__in={row.actor_id for row in rows})}
    told = []
    for row in rows:
        shape, sentence = SENTENCES.get(row.kind, ("off", row.kind))
        name = people.get(row.actor_id or 0, "")
        note = " · ".join(part for part in (name, row.reason) if part)
        told.append({"at": row.at, "state": shape, "text": sentence, "note": note})
    return told
