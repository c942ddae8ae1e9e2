"""What the catalogue does when the register changes: listings of rights that ended are suspended."""

from __future__ import annotations

from collections.abc import Sequence

from listings.catalogue.services.listings import suspend_for_status
from marketplace.core.models import Event
from marketplace.core.relay import subscriber

ASSET = "assets.asset"


@subscriber("catalogue-status", kinds=("asset.*", "patent.*", "patents.*"), batch=100)
def follow_status(events: Sequence[Event]) -> None:
    """Suspend what the events' rights no longer allow, by the register as it is now: a second run does nothing."""
    touched = {pk for event in events for kind, pk in event.touched() if kind == ASSET}
    if touched:
        suspend_for_status(touched)
