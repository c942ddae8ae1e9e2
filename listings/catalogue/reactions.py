"""What the catalogue does when the register changes: listings of what may no longer be offered are suspended."""

from __future__ import annotations

from collections.abc import Sequence

from listings.catalogue.services.listings import suspend_for_rights, suspend_for_status, suspend_without_consent
from listings.rights.watchers import watch
from marketplace.core.models import Event
from marketplace.core.relay import subscriber

ASSET = "assets.asset"


@subscriber("catalogue-status", kinds=("asset.*", "patent.*", "patents.*"), batch=100)
def follow_status(events: Sequence[Event]) -> None:
    """Suspend what the events' rights no longer allow, by the register as it is now: a second run does nothing."""
    touched = {pk for event in events for kind, pk in event.touched() if kind == ASSET}
    if touched:
        suspend_for_status(touched)


@subscriber("catalogue-rights", kinds=("rights.*", "asset.held"), batch=100)
def follow_rights(events: Sequence[Event]) -> None:
    """Suspend what the rights register no longer lets be offered: a pledge, an order, a licence, another owner."""
    touched = {pk for event in events for kind, pk in event.touched() if kind == ASSET}
    if touched:
        suspend_for_rights(touched)


watch(suspend_without_consent)  # a co-owner's word taken back counts at once, not a moment later
