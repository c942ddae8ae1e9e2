"""What an application does when something happened on the floors below: its contracts were signed, or will not be."""

from __future__ import annotations

from collections.abc import Sequence

from loans.models import Application
from loans.services.contracting import contract_ended, contract_signed
from marketplace.core.models import Event
from marketplace.core.relay import subscriber


@subscriber(
    "loans-follow",
    kinds=("document.complete", "document.decline", "document.expire", "document.void"),
    batch=100,
)
def follow(events: Sequence[Event]) -> None:
    """Take the step each event opens. Every step looks at the application as it is, so twice changes nothing."""
    for event in events:
        kind, application_id = event.data.get("subject") or ("", 0)
        if kind != Application._meta.label_lower:
            continue
        if event.kind == "document.complete":
            contract_signed(application_id=int(application_id))
        else:
            contract_ended(application_id=int(application_id), reason=event.reason)
