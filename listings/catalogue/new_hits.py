"""How much a saved search finds that was published since it was last opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.http import QueryDict

from listings.catalogue.filters import ListingFilter, NeedFilter
from listings.catalogue.models import SavedSearch
from marketplace.search import index
from marketplace.search.filters import SearchFilter

FILTERS: dict[str, type[SearchFilter]] = {"listings": ListingFilter, "needs": NeedFilter}


def new_since(saved: SavedSearch) -> int | None:
    """The number of new hits; None for a collection that does not know when its documents came (patents)."""
    asked = FILTERS.get(saved.collection)
    return None if asked is None else hits_after(asked(QueryDict(saved.query)), saved.seen_at)


def hits_after(asked: SearchFilter, moment: datetime) -> int:
    """How many of what is asked were published after `moment`, to the second."""
    query = asked.query(per_page=1, counted=False)
    ranges = {**query.ranges, "published": (int(moment.timestamp()) + 1, None)}
    return index.search(asked.collection, replace(query, ranges=ranges)).total
