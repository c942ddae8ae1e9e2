"""What the rights register does when something has happened elsewhere."""

from collections.abc import Sequence

from listings.rights.services.recordations import link_waiting
from marketplace.core.models import Event
from marketplace.core.relay import subscriber

ASSET = "assets.asset"


@subscriber("rights.recordations", kinds=("patents.imported",))
def link_recorded_papers(events: Sequence[Event]) -> None:
    """Recorded papers that waited for a right find it when it is imported."""
    touched = {pk for event in events for kind, pk in event.touched() if kind == ASSET}
    if touched:
        link_waiting(sorted(touched))
