"""How rows of this floor are shown: badges, documents, last days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from marketplace.accounts.models import Organisation
from marketplace.accounts.states import OrganisationState

SHAPES = {
    OrganisationState.DRAFT: "off",
    OrganisationState.SUBMITTED: "now",
    OrganisationState.VERIFIED: "go",
    OrganisationState.RETURNED: "wait",
    OrganisationState.SUSPENDED: "hold",
}


def state_badge(state: str) -> dict[str, str]:
    """Shape and word of an organisation's state."""
    known = OrganisationState(state)
    return {"shape": SHAPES[known], "label": str(known.label)}


def last_day(due_at: datetime | None) -> date | None:
    """The local day a deadline ends with; deadlines are kept as the midnight after it."""
    return timezone.localdate(due_at - timedelta(seconds=1)) if due_at else None


def documents_of(organisation: Organisation, *, may_withdraw: bool) -> list[dict[str, Any]]:
    """The papers that stand, newest first."""
    rows = organisation.documents.filter(withdrawn_at__isnull=True).select_related("file").order_by("-pk")
    return [
        {
            "pk": row.pk,
            "paper": row.get_paper_display(),
            "name": row.file.name,
            "url": reverse("file", args=[row.file_id]),
            "size": row.file.size,
            "sha256": row.file.sha256,
            "on": row.created_at,
            "may_withdraw": may_withdraw,
        }
        for row in rows
    ]
