"""What every event of an application says, for notices, timelines and subscribers."""

from __future__ import annotations

from typing import Any

from loans.models import Application


def told(application: Application, **more: Any) -> dict[str, Any]:
    """Id, number and the two sides; no personal data, and no right: a right's public timeline names no bank before a
    pledge is registered."""
    return {
        "application": application.pk,
        "number": application.number,
        "borrower": application.borrower_id,
        "bank": application.bank_id,
        **more,
    }
