"""Events to index changes: what happened to a record is read again from the database and indexed as it is now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

import structlog

from marketplace.core.relay import subscriber

from .index import IndexNotReady, collections, upsert

log = structlog.get_logger(__name__)


class Happened(Protocol):
    """The part of an event that matters here."""

    def touched(self) -> list[tuple[str, int]]:
        """(kind, id) of everything the event concerns."""
        ...


@subscriber("search", kinds=("*",), batch=2_000)
def index_changes(events: Iterable[Happened]) -> None:
    """Index every document these events touch, one generation a collection. Running it twice changes nothing more.

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
        if not touched:
            continue
        try:
            upsert(collection.name, touched)
        except IndexNotReady as error:
            log.warning("search_changes_wait_for_rebuild", collection=collection.name, reason=str(error))
