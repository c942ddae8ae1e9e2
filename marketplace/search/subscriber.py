"""Events to index changes: what happened to a record is read again from the database and indexed as it is now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

import structlog

from marketplace.core.relay import subscriber

from .index import IndexNotReady, collections, upsert

AT_ONCE = 2_000
"""Documents to a generation: an import's events name thousands each, and memory must not grow with how many wait."""

log = structlog.get_logger(__name__)


class Happened(Protocol):
    """The part of an event that matters here."""

    def touched(self) -> list[tuple[str, int]]:
        """(kind, id) of everything the event concerns."""
        ...


@subscriber("search", kinds=("*",), batch=2_000)
def index_changes(events: Iterable[Happened]) -> None:
    """Index every document these events touch, so many to a generation. Running it twice changes nothing more.

    A collection that waits for a rebuild is passed over with a warning: the rebuild reads everything from the database,
    and readiness says it is due.
    """
    happened: dict[str, set[int]] = defaultdict(set)
    for event in events:
        for kind, number in event.touched():
            happened[kind].add(number)
    for collection in collections():
        touched = set(happened.get(collection.subject, ()))
        for kind, ids_of in collection.related.items():
            if happened.get(kind):
                touched.update(ids_of(sorted(happened[kind])))
        ids = sorted(touched)
        try:
            for at in range(0, len(ids), AT_ONCE):
                upsert(collection.name, ids[at : at + AT_ONCE])
        except IndexNotReady as error:
            log.warning("search_changes_wait_for_rebuild", collection=collection.name, reason=str(error))
