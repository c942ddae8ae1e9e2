"""What follows from a document's own events."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.core.actor import SYSTEM
from marketplace.core.locks import locked
from marketplace.core.models import Event
from marketplace.core.relay import subscriber
from marketplace.signing.models import Document
from marketplace.signing.services.consents import make_void


@subscriber("signing.consents", kinds=["document.expire"], batch=20)
def void_consents(told: Sequence[Event]) -> None:
    """The clock ends a document by itself; what had been asked for on it ends with it."""
    for event in told:
        with locked(Document, event.subject_id) as document:
            make_void(document, by=SYSTEM)
