"""Documents and consents as their pages show them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.accounts.models import Organisation
from marketplace.core import clock, events
from marketplace.core.models import StoredFile
from marketplace.core.workdays import work_calendar
from marketplace.signing.models import Consent, Document, Signature
from marketplace.signing.registry import consent_label, find_matter
from marketplace.signing.states import ConsentState, DocumentState, FactorKind

DOCUMENT_SHAPES = {
    DocumentState.DRAFTED: "now",
    DocumentState.SIGNING: "now",
    DocumentState.COMPLETE: "go",
    DocumentState.DECLINED: "stop",
    DocumentState.EXPIRED: "ended",
    DocumentState.VOID: "ended",
}
CONSENT_SHAPES = {
    ConsentState.ASKED: "wait",
    ConsentState.HANDED_IN: "now",
    ConsentState.GIVEN: "go",
    ConsentState.REFUSED: "stop",
    ConsentState.LAPSED: "ended",
    ConsentState.VOID: "ended",
}
SENTENCES = {
    "document.begin": ("off", gettext_lazy("Drafted for signing")),
    "document.sign": ("now", gettext_lazy("Signed")),
    "document.complete": ("go", gettext_lazy("Signed by all and sealed")),
    "document.decline": ("stop", gettext_lazy("Signature declined")),
    "document.expire": ("ended", gettext_lazy("Not signed in time")),
    "document.void": ("ended", gettext_lazy("Replaced or void")),
}
MOST_EVENTS = 40


def badge_of(document: Document) -> tuple[str, str]:
    state = DocumentState(document.state)
    return DOCUMENT_SHAPES[state], str(state.label)


def consent_badge(consent: Consent) -> tuple[str, str]:
    state = ConsentState(consent.state)
    return CONSENT_SHAPES[state], str(state.label)


def files_of(document: Document) -> list[dict[str, Any]]:
    """Rows of the document list: the sealed files first once there are any, then the text that is signed."""
    rows = []
    for language, word in (("zh", _("Chinese text")), ("en", _("English text"))):
        sealed: StoredFile | None = getattr(document, f"sealed_{language}")
        if sealed is not None:
            rows.append(
                {**_file(sealed, _("%(text)s, sealed") % {"text": word}), "seal": "sealed", "seal_label": _("sealed")}
            )
    for language, word in (("zh", _("Chinese text")), ("en", _("English text"))):
        rows.append(
            {**_file(getattr(document, f"file_{language}"), word), "state": "off", "state_label": _("as signed")}
        )
    return rows


def _file(file: StoredFile, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "url": reverse("file", args=[file.pk]),
        "note": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "on": file.created_at,
    }


def slots_of(document: Document) -> list[dict[str, Any]]:
    """Signers in order with what each has done; `is_turn` marks whose turn it is."""
    slots = list(document.signatures.order_by("order"))
    turn = next((slot for slot in slots if not slot.is_signed), None) if document.is_live else None
    return [
        {"slot": slot, "is_turn": slot is turn, "factor": FactorKind(slot.factor).label if slot.factor else ""}
        for slot in slots
    ]


def consents_of(document: Document) -> list[dict[str, Any]]:
    rows = document.consents.select_related("organisation", "person").order_by("pk")
    return [{"consent": row, "kind": consent_label(row.kind), "badge": consent_badge(row)} for row in rows]


def history_of(document: Document) -> list[dict[str, Any]]:
    """Newest first, with the organisation that acted."""
    rows = list(events.timeline(document)[:MOST_EVENTS])
    names = {one.pk: one.name for one in Organisation.objects.filter(pk__in={row.org_id for row in rows if row.org_id})}
    told = []
    for row in rows:
        shape, words = SENTENCES.get(row.kind, ("off", row.kind))
        note = " · ".join(part for part in (names.get(row.org_id or 0, ""), row.reason) if part)
        told.append({"at": row.at, "state": shape, "text": words, "note": note})
    return told


def turn_of(document: Document) -> Signature | None:
    return document.next_signature() if document.is_live else None


def days_to(document: Document) -> int | None:
    """Working days until the deadline; None when there is none."""
    if document.due_at is None:
        return None
    return work_calendar().working_days_between(clock.today(), document.due_at.date())


def matter_of(document: Document) -> dict[str, str] | None:
    """Name and address of what the document belongs to."""
    matter = find_matter(document.subject_kind)
    if matter is None:
        return None
    return {"title": matter.title(document.subject_id), "url": matter.url(document.subject_id)}
