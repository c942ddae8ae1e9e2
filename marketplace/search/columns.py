"""Everything but text as columns: one row a document, rows in id order, one array a field.

A facet is stored as one small code a row. A code stands for the *set* of values the row has ("H", "H01", "H01M"), so
a facet with one value, several values or a tree is the same thing: count the codes, then share the counts out to the
values of each set. Tables of sets only grow; a rebuild makes them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from .fields import Collection, Document, UnknownField
from .pack import Array

MISSING = np.iinfo(np.int64).min
"""Stands for "no number" in number columns."""


@dataclass(frozen=True)
class Table:
    """The values of one facet and the sets of them that occur. Set 0 is the empty one.

    `members[starts[s]:starts[s + 1]]` are the value codes of set s.
    """

    values: list[str]
    starts: Array
    members: Array

    @classmethod
    def empty(cls) -> Table:
        return cls([], np.zeros(2, np.int64), np.zeros(0, np.int32))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def extended(self, values: list[str], sizes: Array, members: Array) -> Table:
        """This table followed by more values and sets (their sizes and members)."""
        if not len(sizes):
            return self
        starts = np.concatenate([self.starts, self.starts[-1] + np.cumsum(sizes, dtype=np.int64)])
        return Table(self.values + values, starts, np.concatenate([self.members, members]))

    def sets_with(self, wanted: Iterable[str]) -> Array:
        """Boolean per set: does it hold one of the wanted values?"""
        named = set(wanted)
        chosen = np.fromiter((value in named for value in self.values), bool, len(self.values))
        holds = np.zeros(len(self), bool)
        holds[self._set_of_member()[chosen[self.members]]] = True
        return holds

    def share_out(self, set_counts: Array) -> Array:
        """Counts per set to counts per value."""
        spread = set_counts[self._set_of_member()]
        # Weights are doubles: exact up to 2**53 documents.
        return np.bincount(self.members, weights=spread, minlength=len(self.values)).astype(np.int64)

    def _set_of_member(self) -> Array:
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


class TableWriter:
    """Gives out codes for sets of values, adding what it has not met."""

    def __init__(self, table: Table) -> None:
        self.values = list(table.values)
        self._code_of_value = {value: code for code, value in enumerate(self.values)}
        starts, members = table.starts.tolist(), table.members.tolist()
        self.sets: list[tuple[int, ...]] = [tuple(members[a:b]) for a, b in pairwise(starts)]
        self._code_of_set = {one: code for code, one in enumerate(self.sets)}

    def code(self, values: tuple[str, ...]) -> int:
        known = self._code_of_value
        members = []
        for value in values:
            code = known.get(value)
            if code is None:
                code = known[value] = len(self.values)
                self.values.append(value)
            members.append(code)
        one = tuple(members)
        found = self._code_of_set.get(one)
        if found is None:
            found = self._code_of_set[one] = len(self.sets)
            self.sets.append(one)
        return found

    def table(self) -> Table:
        return Table(list(self.values), *_packed(self.sets))

    def after(self, values: int, sets: int) -> tuple[list[str], Array, Array]:
        """What was added past the first so many values and sets: values, sizes of sets, their members."""
        added = self.sets[sets:]
        starts, members = _packed(added)
        return self.values[values:], np.diff(starts), members


def _packed(sets: Sequence[tuple[int, ...]]) -> tuple[Array, Array]:
    sizes = np.fromiter(map(len, sets), np.int64, len(sets))
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
    members = np.fromiter((code for one in sets for code in one), np.int32, int(starts[-1]))
    return starts, members


@dataclass(frozen=True)
class Columns:
    """Rows in id order. `codes` per facet, `numbers` per Range or Sort (MISSING where there is none)."""

    ids: Array
    versions: Array
    codes: Mapping[str, Array]
    numbers: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: Array) -> Array:
        """The rows that hold these ids; ids not here are left out."""
        if not len(self.ids) or not len(ids):
            return np.zeros(0, np.int64)
        at = np.searchsorted(self.ids, ids)
        at[at == len(self.ids)] = 0
        found: Array = at[self.ids[at] == ids]
        return found

    def take(self, rows: Array) -> Columns:
        return Columns(
            self.ids[rows],
            self.versions[rows],
            {name: column[rows] for name, column in self.codes.items()},
            {name: column[rows] for name, column in self.numbers.items()},
        )

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """Rows of all parts in id order. No id may be in two of them."""
        ids = np.concatenate([part.ids for part in parts])
        order = np.argsort(ids, kind="stable")
        first = parts[0]
        return cls(
            ids[order],
            np.concatenate([part.versions for part in parts])[order],
            {name: np.concatenate([part.codes[name] for part in parts])[order] for name in first.codes},
            {name: np.concatenate([part.numbers[name] for part in parts])[order] for name in first.numbers},
        )

    def as_arrays(self, tables: Mapping[str, int]) -> dict[str, Array]:
        """For a pack; codes in the smallest type that holds the table (its number of sets)."""
        arrays: dict[str, Array] = {"ids": self.ids, "versions": self.versions}
        for name, column in self.codes.items():
            arrays[f"code.{name}"] = column.astype(code_type(tables[name]))
        for name, column in self.numbers.items():
            arrays[f"number.{name}"] = column
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Columns:
        return cls(
            arrays["ids"],
            arrays["versions"],
            {name[5:]: array for name, array in arrays.items() if name.startswith("code.")},
            {name[7:]: array for name, array in arrays.items() if name.startswith("number.")},
        )

    @classmethod
    def empty(cls, collection: Collection) -> Columns:
        none = np.zeros(0, np.int64)
        return cls(
            none,
            none,
            {name: np.zeros(0, np.uint8) for name in collection.facets},
            dict.fromkeys(collection.numbers, none),
        )


def bits_of(codes: Array, sets: int) -> Array:
    """One bit a row for each code, packed into words, code after code: to count rows by AND and a count of bits."""
    packed = [packed_words(codes == code) for code in range(sets)]
    return np.concatenate(packed) if packed else np.zeros(0, np.uint64)


def packed_words(mask: Array) -> Array:
    """A boolean mask as 64-bit words, the last one filled up with zeros."""
    octets = np.packbits(mask)
    words = np.zeros(-(-len(octets) // 8), np.uint64)
    words.view(np.uint8)[: len(octets)] = octets
    return words


def code_type(sets: int) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if sets <= 1 << 8 else np.uint16 if sets <= 1 << 16 else np.uint32


def encode(collection: Collection, documents: Sequence[Document], writers: Mapping[str, TableWriter]) -> Columns:
    """Documents as columns, in id order; of two with one id the later wins."""
    latest = {document.id: document for document in documents}
    rows = [latest[number] for number in sorted(latest)]
    codes: dict[str, Array] = {}
    for name, writer in writers.items():
        codes[name] = _encoded_facet(collection, name, rows, writer)
    numbers = {name: _encoded_number(collection, name, rows) for name in collection.numbers}
    return Columns(
        np.fromiter((row.id for row in rows), np.int64, len(rows)),
        np.fromiter((row.version for row in rows), np.int64, len(rows)),
        codes,
        numbers,
    )


def _encoded_facet(collection: Collection, name: str, rows: Sequence[Document], writer: TableWriter) -> Array:
    source = collection.banded[name].name if name in collection.banded else name
    seen: dict[object, int] = {}  # most documents repeat a value met before: spelled out once a batch
    out = np.zeros(len(rows), np.uint32)
    for at, row in enumerate(rows):
        raw = row.values.get(source)
        key = tuple(raw) if isinstance(raw, (list, set, frozenset)) else raw
        code = seen.get(key)
        if code is None:
            code = seen[key] = writer.code(collection.facet_values(name, row.values))
        out[at] = code
    return out


def _encoded_number(collection: Collection, name: str, rows: Sequence[Document]) -> Array:
    out = np.full(len(rows), MISSING, np.int64)
    for at, row in enumerate(rows):
        number = row.values.get(name)
        if number is None:
            continue
        if not isinstance(number, int) or not MISSING < number < 1 << 63:
            raise UnknownField(f"{collection.name}.{name}: {number!r} is not an integer of 64 bits")
        out[at] = number
    return out


def sorted_rows(numbers: Array) -> Array:
    """Rows by (number, id) rising; rows without the number, being the least, come first."""
    return np.argsort(numbers, kind="stable").astype(np.int32)
