"""Changes of listings, needs and rights, taken to their matches."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from listings.catalogue.search import listings_of_assets
from listings.matching.services.matches import refresh_for_listings, refresh_need
from listings.matching.sides import CHINESE, ENGLISH, GLOSS
from marketplace.core.models import Event
from marketplace.core.relay import subscriber
from marketplace.search.index import IndexNotReady, upsert

log = structlog.get_logger(__name__)


@subscriber("matching", kinds=("listing.*", "need.*", "asset.*", "patent.*", "patents.*", "rights.*"), batch=100)
def follow_changes(events: Sequence[Event]) -> None:
    """Index what was changed and match it, by the state of the database now: a second run changes nothing more.

    The sides are indexed here and not by search's own subscriber, since a listing can be matched only once its words
    count. Where an index waits for a rebuild the events are passed over with a warning: the nightly run matches all.
    """
    touched = [one for event in events for one in event.touched()]
    listings = {pk for kind, pk in touched if kind == "catalogue.listing"}
    listings |= set(listings_of_assets(sorted({pk for kind, pk in touched if kind == "assets.asset"})))
    needs = sorted({pk for kind, pk in touched if kind == "catalogue.need"})
    try:
        for side in (CHINESE, ENGLISH, GLOSS):
            upsert(side, listings)
        for need_id in needs:
            refresh_need(need_id=need_id)
        if listings:
            refresh_for_listings(listing_ids=sorted(listings))
    except IndexNotReady as error:
        log.warning("matches_wait_for_rebuild", reason=str(error))
