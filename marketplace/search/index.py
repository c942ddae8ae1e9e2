"""The door to search: ask, change, rebuild, check. Every caller goes through here, so another engine can stand
behind it.

    fields = (Text("title", 3), Facet("ipc", multi=True, tree=(1, 3, 4)), Sort("filed"))
    register(Collection("patents", fields, default_sort="-filed"), provider)
    upsert("patents", [1, 2, 3])
    search("patents", Query("电解质膜", filters={"ipc": ["H01M"]}, facets=["ipc"]))

Processes share the index through its files (`settings.SEARCH_INDEX_DIR`): one writes at a time, any number read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from .columns import MISSING
from .fields import (
    RELEVANCE,
    Collection,
    Differences,
    Document,
    Exact,
    Facet,
    IndexBusy,
    IndexNotReady,
    Provider,
    Query,
    Range,
    Result,
    SearchError,
    Sort,
    State,
    Text,
    UnknownField,
)
from .pack import Array
from .registry import collection as _collection
from .registry import collections, register, unregister
from .registry import provider as _provider
from .store import Build, Store
from .text import TextReader

__all__ = [
    "Collection",
    "Differences",
    "Document",
    "Exact",
    "Facet",
    "IndexBusy",
    "IndexNotReady",
    "Provider",
    "Query",
    "Range",
    "Result",
    "SearchError",
    "Sort",
    "State",
    "Text",
    "UnknownField",
    "check",
    "collections",
    "delete",
    "generation",
    "lookup",
    "reader",
    "ready",
    "rebuild",
    "register",
    "search",
    "unregister",
    "upsert",
    "use_directory",
]

Progress = Callable[[int], None]

_FETCH = 2_000  # documents asked of a provider at once

_root: Path | None = None
_stores: dict[tuple[Path, str, str], Store] = {}


def use_directory(root: Path | None) -> Path | None:
    """Keep indexes here instead of settings.SEARCH_INDEX_DIR (tests, benchmarks); None goes back to the setting.

    Returns where they were kept before.
    """
    global _root
    before, _root = _root, root
    return before


def search(name: str, query: Query) -> Result:
    """Answer a query. Text and exact strings are looked up in the text engine, everything else in the columns alone.

    Raises UnknownField, IndexNotReady.
    """
    began = time.perf_counter()
    collection = _collection(name)
    _check_query(collection, query)
    opened = _store(collection).opened()
    relaxed = False
    if query.text.strip() or any(field in collection.exacts and values for field, values in query.filters.items()):
        found = opened.text.answer(query)
        ids, total, facets, histograms, relaxed = found.ids, found.total, found.facets, found.histograms, found.relaxed
    else:
        ids, total, facets, histograms = opened.snapshot.answer(query)
    took_ms = (time.perf_counter() - began) * 1000
    return Result(ids, total, facets, histograms, took_ms, opened.manifest.generation, opened.indexed_at, relaxed)


def reader(name: str) -> TextReader:
    """The words of a collection, as they stand in its current generation: for callers that weigh words themselves.

    Raises UnknownCollection, IndexNotReady.
    """
    return _store(_collection(name)).opened().text


def lookup(name: str, field: str, values: Sequence[str], *, limit: int = 100) -> list[int]:
    """Ids of the documents that hold one of these exact strings, ascending, at most `limit`."""
    if field not in _collection(name).exacts:
        raise UnknownField(f"{name}.{field} is not an Exact field")
    if not values:
        return []
    return sorted(search(name, Query(filters={field: list(values)}, per_page=limit)).ids)


def upsert(name: str, ids: Iterable[int]) -> int:
    """Bring these documents to their state in the database now, in or out, as one generation; returns its number.

    The lock is taken before the database is read, so two writers cannot put an older state over a newer one.
    Raises IndexBusy, IndexNotReady (fields changed: only a rebuild helps; a rebuild under way will take these in).
    """
    wanted = sorted(set(ids))
    store = _store(_collection(name))
    with store.locked():
        store.note_for_rebuild(wanted)
        store.create_if_missing()
        if not wanted:
            return store.opened().manifest.generation
        documents = _fetch(name, wanted)
        found = {document.id for document in documents}
        return store.apply(documents, [number for number in wanted if number not in found])


def delete(name: str, ids: Iterable[int]) -> int:
    """Take these ids out, whatever the database says; returns the generation. They come back with their next upsert."""
    gone = sorted(set(ids))
    store = _store(_collection(name))
    with store.locked():
        store.note_for_rebuild(gone)
        store.create_if_missing()
        return store.apply([], gone)


def rebuild(name: str, progress: Progress | None = None) -> int:
    """Make the index anew from the database and put it in place in one step; returns the number of documents.

    The old index goes on answering and taking changes meanwhile; what changes is read once more at the end.
    `progress` is told the number of documents done. Raises IndexBusy when another rebuild runs.
    """
    collection = _collection(name)
    store = _store(collection)
    with store.locked("rebuild", wait_s=0):
        with store.locked():
            build = Build(store, store.folder / "building")
        numbers = (number for number, _version in _provider(name).versions())
        while chunk := list(islice(numbers, _FETCH)):
            build.add(_fetch(name, chunk))
            if progress:
                progress(build.documents)
        with store.locked():
            changed = store.journalled()
            late = _fetch(name, changed)
            came = {document.id for document in late}
            build.finish(late, [number for number in changed if number not in came])
        return store.opened().manifest.documents


def check(name: str) -> Differences:
    """Compare the index with the database: ids it lacks, ids it should not have, ids it has in another version."""
    opened = _store(_collection(name)).opened()
    pairs = np.fromiter(_provider(name).versions(), dtype=np.dtype([("id", np.int64), ("version", np.int64)]), count=-1)
    pairs.sort(order="id")
    ids, versions = opened.snapshot.all_versions()
    _, here, there = np.intersect1d(ids, pairs["id"], assume_unique=True, return_indices=True)
    stale = ids[here][versions[here] != pairs["version"][there]]
    return Differences(
        name,
        _listed(np.setdiff1d(pairs["id"], ids, assume_unique=True)),
        _listed(np.setdiff1d(ids, pairs["id"], assume_unique=True)),
        _listed(stale),
        len(ids),
        len(opened.text),
    )


def generation(name: str) -> int:
    """The number of the current generation: a cheap key for caches of answers. Raises IndexNotReady."""
    return _store(_collection(name)).opened().manifest.generation


def ready(name: str) -> State:
    """Whether the collection can answer, and from what state. Never raises for the index's sake."""
    store = _store(_collection(name))
    try:
        opened = store.opened()
    except IndexNotReady as error:
        if not (store.folder / "CURRENT").exists():
            return State(name, "missing", detail=str(error))
        try:
            store.manifest()
        except IndexNotReady:
            return State(name, "outdated", detail=str(error))
        except (OSError, ValueError, TypeError):
            return State(name, "unreadable", detail=str(error))
        return State(name, "unreadable", detail=str(error))
    return State(name, "ready", opened.manifest.generation, opened.manifest.documents, opened.indexed_at)


def _store(collection: Collection) -> Store:
    root = _root
    if root is None:
        from django.conf import settings

        root = Path(settings.SEARCH_INDEX_DIR)
    key = (root, collection.name, collection.fingerprint)
    found = _stores.get(key)
    if found is None or found.collection is not collection:
        found = _stores[key] = Store(root, collection)
    return found


def _fetch(name: str, ids: Sequence[int]) -> list[Document]:
    provider = _provider(name)
    documents: list[Document] = []
    for at in range(0, len(ids), _FETCH):
        documents.extend(provider.documents(ids[at : at + _FETCH]))
    return documents


def _check_query(collection: Collection, query: Query) -> None:
    known = {
        "filter": (query.filters, collection.facets.keys() | collection.exacts),
        "range": (query.ranges, collection.ranges.keys()),
        "facet": (query.facets, collection.facets.keys()),
        "histogram": (query.histograms, collection.ranges.keys()),
    }
    for use, (names, allowed) in known.items():
        for name in names:
            if name not in allowed:
                raise UnknownField(f"{collection.name}: {name!r} cannot be used as a {use}")
    for name, values in query.filters.items():
        if not all(_is_text(value) for value in values):
            raise UnknownField(f"{collection.name}: a value of {name!r} is not text")
    if query.sort != RELEVANCE and query.sort.removeprefix("-") not in collection.sorts:
        raise UnknownField(f"{collection.name}: cannot sort by {query.sort!r}")
    if query.page < 1 or not 1 <= query.per_page <= 1000:
        raise UnknownField(f"{collection.name}: page {query.page} of {query.per_page} cannot be shown")
    for name, bounds in query.ranges.items():
        if any(bound is not None and not MISSING < bound < 1 << 63 for bound in bounds):
            raise UnknownField(f"{collection.name}: a bound of {name!r} is out of reach")


def _is_text(value: str) -> bool:
    """Lone surrogates, which JSON can carry, are no text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _listed(ids: Array) -> list[int]:
    found: list[int] = ids.tolist()
    return found
