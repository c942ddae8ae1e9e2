"""The events of a listing or a need in words, for components/timeline.html."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation
from marketplace.core import events
from marketplace.core.models import Event

WORDS = {
    "listing.begin": ("off", _("Draft begun")),
    "listing.submit": ("now", _("Submitted for review")),
    "listing.recall": ("off", _("Taken back from review")),
    "listing.publish": ("go", _("Published after review")),
    "listing.return": ("wait", _("Returned for correction")),
    "listing.amend": ("off", _("Taken offline to be changed")),
    "listing.suspend": ("hold", _("Suspended")),
    "listing.resume": ("go", _("Put back on the market")),
    "listing.reserve": ("hold", _("Reserved")),
    "listing.release": ("go", _("Reservation lifted")),
    "listing.close": ("ended", _("Closed as settled")),
    "listing.withdraw": ("ended", _("Withdrawn")),
    "listing.expire": ("ended", _("Expired")),
    "listing.enquiry": ("now", _("Enquiry received")),
    "listing.save": ("off", _("Draft saved")),
    "listing.document_add": ("off", _("Paper added")),
    "listing.document_withdraw": ("off", _("Paper withdrawn")),
    "need.begin": ("off", _("Draft begun")),
    "need.submit": ("now", _("Submitted for review")),
    "need.recall": ("off", _("Taken back from review")),
    "need.publish": ("go", _("Published after review")),
    "need.return": ("wait", _("Returned for correction")),
    "need.amend": ("off", _("Taken offline to be changed")),
    "need.meet": ("go", _("Closed as met")),
    "need.withdraw": ("ended", _("Withdrawn")),
    "need.expire": ("ended", _("Expired")),
    "need.save": ("off", _("Draft saved")),
}
#: What the public page tells: that it came, paused and went; not what was said between holder and operator.
PUBLIC = frozenset(
    f"{kind}.{verb}"
    for kind in ("listing", "need")
    for verb in ("publish", "suspend", "resume", "reserve", "release", "close")
)
MOST_SHOWN = 60


def reason_of(event: Event) -> str:
    """The reason in the active language where the system wrote it in both, else as it was typed."""
    key = "reason_zh" if (get_language() or "zh").startswith("zh") else "reason_en"
    return str(event.data.get(key) or event.reason)


def full_timeline(subject: Model) -> list[dict[str, Any]]:
    """Everything, newest first, with who acted; for the holder and the desk. Two queries."""
    rows = list(events.timeline(subject).exclude(kind__endswith=".save")[:MOST_SHOWN])
    wanted = {pk for row in rows for pk in (row.org_id, row.on_behalf_of_id) if pk is not None}
    names = {one.pk: one.name for one in Organisation.objects.filter(pk__in=wanted)}
    return [_line(row, names) for row in rows]


def public_timeline(subject: Model) -> list[dict[str, Any]]:
    """What anybody may know. One query."""
    return [
        {"at": row.at, "state": WORDS[row.kind][0], "text": WORDS[row.kind][1], "note": ""}
        for row in events.timeline(subject).filter(kind__in=PUBLIC)[:MOST_SHOWN]
    ]


def _line(row: Event, names: dict[int, str]) -> dict[str, Any]:
    state, text = WORDS.get(row.kind, ("off", row.kind))
    who = names.get(row.org_id or 0, "")
    if row.on_behalf_of_id:
        who = str(_("%(agent)s for %(client)s")) % {"agent": who, "client": names.get(row.on_behalf_of_id, "")}
    said = reason_of(row) or str(row.data.get("name", ""))
    return {"at": row.at, "state": state, "text": text, "note": " · ".join(filter(None, (who, said)))}


def last_reason(subject: Model, *kinds: str) -> str:
    """The reason given with the latest event of these kinds; empty when there is none."""
    row = events.timeline(subject).filter(kind__in=kinds).first()
    return reason_of(row) if row else ""
