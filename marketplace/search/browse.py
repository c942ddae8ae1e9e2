"""Answers without text, from columns alone: filter, count, order, page.

A snapshot is a base (many rows, with its counts and orders worked out once) and a delta (the rows changed since,
few). Rows of the base that the delta replaces or that were deleted are dead. Nothing here is written after it is
made, so threads share it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from .columns import MISSING, Columns, Table, packed_words
from .fields import RELEVANCE, Collection, Query, UnknownField
from .pack import Array

_SORT_OUTRIGHT = 1 << 14  # at most so many hits are sorted; more are met in order
_FIRST_STRIDE = 1 << 14
_LONGEST_STRIDE = 1 << 18
_KEPT_SELECTIONS = 8


@dataclass(frozen=True)
class _Selection:
    """The rows that meet some conditions: a mask over the base and one over the delta. None is "all rows"."""

    base: Array | None
    delta: Array | None

    def both(self, other: _Selection) -> _Selection:
        return _Selection(_and(self.base, other.base), _and(self.delta, other.delta))


def _and(one: Array | None, other: Array | None) -> Array | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


_ALL = _Selection(None, None)


class _Rows:
    """Rows of one part (base or delta) under a mask, with what is cheapest to count them by."""

    def __init__(self, total: int, mask: Array | None) -> None:
        self.total, self.mask = total, mask
        self.count = total if mask is None else int(np.count_nonzero(mask))

    @cached_property
    def rows(self) -> Array:
        return np.arange(self.total) if self.mask is None else np.flatnonzero(self.mask)

    @cached_property
    def others(self) -> Array:
        return np.zeros(0, np.int64) if self.mask is None else np.flatnonzero(~self.mask)

    @cached_property
    def words(self) -> Array | None:
        return None if self.mask is None else packed_words(self.mask)

    def counts(self, codes: Array, sets: int, whole: Array | None, bits: Array | None = None) -> Array:
        """Rows per code. `whole`: the counts over all rows when they are known; then the smaller side is counted.

        `bits` (a row of bits for each of the first codes, where they are few) make it some five times faster.
        """
        if bits is not None and whole is not None and self.words is not None and self.count > self.total >> 6:
            counted = np.zeros(sets, np.int64)
            for code, row in enumerate(bits.reshape(len(whole), -1)):
                counted[code] = np.bitwise_count(row & self.words).sum(dtype=np.uint32)
            return counted
        if whole is not None and self.count * 2 > self.total:
            counted = np.zeros(sets, np.int64)
            counted[: len(whole)] = whole
            if self.count < self.total:
                counted -= np.bincount(codes[self.others], minlength=sets)
            return counted
        return np.bincount(codes if self.mask is None else codes[self.rows], minlength=sets)


@dataclass
class Snapshot:
    """One generation of a collection's columns."""

    collection: Collection
    base: Columns
    delta: Columns
    dead: Array
    tables: Mapping[str, Table]
    whole_counts: Mapping[str, Array]
    orders: Mapping[str, Array]
    bits: Mapping[str, Array]
    _kept: OrderedDict[object, _Selection] = field(default_factory=OrderedDict)
    _without: dict[str, int] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def alive(self) -> _Selection:
        if not len(self.dead):
            return _ALL
        mask = np.ones(len(self.base), bool)
        mask[self.dead] = False
        return _Selection(mask, None)

    def __len__(self) -> int:
        return len(self.base) - len(self.dead) + len(self.delta)

    def holds(self, ids: Array) -> Array:
        """Those of the ids that have a living row, ascending."""
        rows = self.base.rows_of(ids)
        if len(self.dead):
            rows = rows[~np.isin(rows, self.dead)]
        return np.union1d(self.base.ids[rows], self.delta.ids[self.delta.rows_of(ids)])

    def all_versions(self) -> tuple[Array, Array]:
        """Ids (ascending) and versions of every living row."""
        living = self.base if self.alive.base is None else self.base.take(np.flatnonzero(self.alive.base))
        ids = np.concatenate([living.ids, self.delta.ids])
        order = np.argsort(ids, kind="stable")
        return ids[order], np.concatenate([living.versions, self.delta.versions])[order]

    # --- conditions ------------------------------------------------------------------------------------------------

    def _conditions(self, query: Query) -> dict[tuple[str, str], Callable[[], _Selection]]:
        """What the query demands, by ("filter" | "range", name), each worked out when asked for."""
        wanted: dict[tuple[str, str], Callable[[], _Selection]] = {}
        for name, values in query.filters.items():
            if values:
                wanted["filter", name] = partial(self._filtered, name, tuple(sorted(set(values))))
        for name, (low, high) in query.ranges.items():
            if low is not None or high is not None:
                wanted["range", name] = partial(self._between, name, low, high, name in query.include_missing)
        return wanted

    def _filtered(self, name: str, values: tuple[str, ...]) -> _Selection:
        return self._keep(("filter", name, values), lambda: self._filter_masks(name, values))

    def _filter_masks(self, name: str, values: tuple[str, ...]) -> _Selection:
        holds = self.tables[name].sets_with(values)
        return _Selection(_chosen(self.base.codes[name], holds), _chosen(self.delta.codes[name], holds))

    def _between(self, name: str, low: int | None, high: int | None, missing_too: bool) -> _Selection:
        def mask(numbers: Array) -> Array:
            inside = numbers >= (MISSING + 1 if low is None else max(low, MISSING + 1))
            if high is not None:
                inside &= numbers <= high
            if missing_too:
                inside |= numbers == MISSING
            return inside

        return self._keep(
            ("range", name, low, high, missing_too),
            lambda: _Selection(mask(self.base.numbers[name]), mask(self.delta.numbers[name])),
        )

    def _keep(self, key: object, make: Callable[[], _Selection]) -> _Selection:
        """The last few masks are kept: the next page or another facet choice asks for the same ones."""
        with self._guard:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
        made = make()
        with self._guard:
            self._kept[key] = made
            while len(self._kept) > _KEPT_SELECTIONS:
                self._kept.popitem(last=False)
        return made

    def _select(
        self, conditions: Mapping[tuple[str, str], Callable[[], _Selection]], but: tuple[str, str] | None
    ) -> _Selection:
        selected = self.alive
        for name, condition in conditions.items():
            if name != but:
                selected = selected.both(condition())
        return selected

    # --- answers ---------------------------------------------------------------------------------------------------

    def answer(
        self, query: Query
    ) -> tuple[list[int], int, dict[str, list[tuple[str, int]]], dict[str, list[tuple[int, int, int]]]]:
        """Ids of the page, total, facets, histograms."""
        conditions = self._conditions(query)
        parts: dict[tuple[str, str] | None, tuple[_Rows, _Rows]] = {}

        def rows(but: tuple[str, str] | None) -> tuple[_Rows, _Rows]:
            key = but if but in conditions else None
            if key not in parts:
                selected = self._select(conditions, key)
                parts[key] = _Rows(len(self.base), selected.base), _Rows(len(self.delta), selected.delta)
            return parts[key]

        facets = {name: self._facet(name, query, rows(("filter", name))) for name in query.facets}
        histograms = {
            name: self._histogram(name, edges, rows(("range", name))) for name, edges in query.histograms.items()
        }
        base, delta = rows(None)
        ids = self._page(query, base, delta)
        return ids, base.count + delta.count, facets, histograms

    def _facet(self, name: str, query: Query, parts: tuple[_Rows, _Rows]) -> list[tuple[str, int]]:
        table = self.tables[name]
        base, delta = parts
        counts = base.counts(self.base.codes[name], len(table), self.whole_counts[name], self.bits.get(name))
        if delta.count:
            counts = counts + delta.counts(self.delta.codes[name], len(table), None)
        limit = None if self.collection.facets[name].tree else query.facet_limit
        return ranked(
            dict(zip(table.values, table.share_out(counts).tolist(), strict=True)), query.filters.get(name, ()), limit
        )

    def _histogram(self, name: str, edges: object, parts: tuple[_Rows, _Rows]) -> list[tuple[int, int, int]]:
        rising = np.asarray(edges, np.int64)
        counts = np.zeros(len(rising) + 1, np.int64)
        for part, columns in zip(parts, (self.base, self.delta), strict=True):
            numbers = columns.numbers[name] if part.mask is None else columns.numbers[name][part.rows]
            # Place 0 is below the first edge (or missing), the last place is from the last edge on: neither is shown.
            counts += np.bincount(np.searchsorted(rising, numbers, side="right"), minlength=len(counts))
        steps = rising.tolist()
        return list(zip(steps, steps[1:], counts[1:-1].tolist(), strict=False))

    def _page(self, query: Query, base: _Rows, delta: _Rows) -> list[int]:
        sort = self.collection.default_sort if query.sort == RELEVANCE else query.sort
        name, falls = sort.removeprefix("-"), sort.startswith("-")
        if name not in self.collection.sorts:
            raise UnknownField(f"{self.collection.name}: cannot sort by {sort!r}")
        start = (query.page - 1) * query.per_page
        stop = min(start + query.per_page, base.count + delta.count)
        if start >= stop:
            return []
        newer = self.delta.ids[delta.rows] if delta.count else np.zeros(0, np.int64)
        newer_keys = _keys(self.delta.numbers[name][delta.rows], falls) if delta.count else newer
        # Of the first `stop` rows of the whole at most len(newer) come from the delta, so base rows before start -
        # len(newer)
        # are before the page whatever the delta holds; the page is `skipped` rows into what remains, merged.
        first = max(0, start - len(newer))
        rows = self._base_rows(name, falls, base, first, min(stop, base.count))
        if not len(newer):
            return _listed(self.base.ids[rows])
        keys = np.concatenate([_keys(self.base.numbers[name][rows], falls), newer_keys])
        ids = np.concatenate([self.base.ids[rows], newer])
        order = np.lexsort((-ids if falls else ids, keys))
        return _listed(ids[order[start - first : stop - first]])

    def _base_rows(self, name: str, falls: bool, hits: _Rows, start: int, stop: int) -> Array:
        """Hits number start to stop, in order, of the base."""
        if start >= stop:
            return np.zeros(0, np.int64)
        if hits.mask is not None and hits.count <= _SORT_OUTRIGHT:
            keys = _keys(self.base.numbers[name][hits.rows], falls)
            order = np.lexsort((-hits.rows if falls else hits.rows, keys))
            return hits.rows[order[start:stop]]
        if name not in self._without:
            self._without[name] = int(np.count_nonzero(self.base.numbers[name] == MISSING))
        row_at = _sequence(self.orders[name], self._without[name], falls)
        if hits.mask is None:
            return row_at(start, stop)
        if start > hits.count - stop:  # nearer the end: walk back from there
            backwards = _walk(
                lambda a, b: row_at(len(self.base) - b, len(self.base) - a)[::-1],
                len(self.base),
                hits.mask,
                hits.count - stop,
                hits.count - start,
            )
            return backwards[::-1]
        return _walk(row_at, len(self.base), hits.mask, start, stop)


def _listed(ids: Array) -> list[int]:
    found: list[int] = ids.tolist()
    return found


def _chosen(codes: Array, holds: Array) -> Array:
    """Rows whose code is one that holds. A few codes are compared one by one, which beats looking each row up."""
    wanted = np.flatnonzero(holds)
    if len(wanted) > 6:
        return holds[codes]
    mask = np.zeros(len(codes), bool)
    for code in wanted.tolist():
        mask |= codes == codes.dtype.type(code)
    return mask


def _keys(numbers: Array, falls: bool) -> Array:
    """Numbers so that ascending is the order wanted and rows without one come last."""
    keys = -numbers if falls else numbers.copy()
    keys[numbers == MISSING] = np.iinfo(np.int64).max
    return keys


def _sequence(order: Array, without: int, falls: bool) -> Callable[[int, int], Array]:
    """Rows number a to b of all rows in the order wanted. `order` rises and has the rows `without` a number first."""
    total = len(order)
    if falls:
        return lambda a, b: order[total - b : total - a][::-1]

    def rising(a: int, b: int) -> Array:
        with_number = total - without
        return np.concatenate(
            [
                order[without + a : without + min(b, with_number)] if a < with_number else order[:0],
                order[max(a - with_number, 0) : max(b - with_number, 0)],
            ]
        )

    return rising


def _walk(row_at: Callable[[int, int], Array], total: int, mask: Array, start: int, stop: int) -> Array:
    """Hits number start to stop met along the way, in growing strides."""
    found: list[Array] = []
    met = 0
    for a, b in _strides(total):
        rows = row_at(a, b)
        hits = rows[mask[rows]]
        if met + len(hits) > start:
            found.append(hits[max(0, start - met) : stop - met])
        met += len(hits)
        if met >= stop:
            break
    return np.concatenate(found)


def _strides(total: int) -> Iterator[tuple[int, int]]:
    at, stride = 0, _FIRST_STRIDE
    while at < total:
        yield at, min(total, at + stride)
        at, stride = at + stride, min(stride * 2, _LONGEST_STRIDE)


def ranked(counts: Mapping[str, int], selected: object, limit: int | None) -> list[tuple[str, int]]:
    """Values with a count, most frequent first, then by value; past the limit only those selected, which stay even
    at zero."""
    kept = set(selected) if isinstance(selected, (list, tuple, set, frozenset)) else set()
    full = {**dict.fromkeys(kept, 0), **{value: count for value, count in counts.items() if count or value in kept}}
    order = sorted(full.items(), key=lambda pair: (-pair[1], pair[0]))
    return order if limit is None else [pair for at, pair in enumerate(order) if at < limit or pair[0] in kept]
