"""Where, for what and when a licence applies, as ranges that a database can compare.

Codes are hierarchies: a city lies in its province, a subclass in its class. Each code is written as the range of
numbers below it, so that "one contains the other" is containment of ranges and "they clash" is overlap.

Territory: division codes after GB/T 2260, six digits. "330000" (Zhejiang) is [330000, 340000), "330800" (a city) is
[330800, 330900), "330802" (a district) is [330802, 330803). Field of use: IPC symbols down to the main group: "C",
"C08", "C08F", "C08F 14". No code at all is the whole territory of the right, or every field: the range without ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from psycopg.types.multirange import Int4Multirange, Multirange
from psycopg.types.range import DateRange, Int4Range, Range

from listings.rights.refusals import UnknownCode

IPC = re.compile(r"^([A-H])(?:(\d\d)(?:([A-Z])(?:\s*(\d{1,4}))?)?)?$")
DIVISION = re.compile(r"^[1-9]\d{5}$")
LETTERS, GROUPS, CLASSES = 26, 10_000, 100

Bounds = tuple[int, int]


def territory_bounds(code: str) -> Bounds:
    """[first, behind last) of a division code. Raises UnknownCode."""
    if not DIVISION.match(code):
        raise UnknownCode(field="territories", given=code)
    first = int(code)
    if code.endswith("0000"):
        return first, first + 10_000
    if code.endswith("00"):
        return first, first + 100
    return first, first + 1


def field_bounds(symbol: str) -> Bounds:
    """[first, behind last) of an IPC symbol. Raises UnknownCode."""
    found = IPC.match(symbol.strip().upper())
    if found is None:
        raise UnknownCode(field="fields", given=symbol)
    section, ipc_class, subclass, group = found.groups()
    sizes = (CLASSES * LETTERS * GROUPS, LETTERS * GROUPS, GROUPS, 1)
    places = (
        ord(section) - ord("A"),
        int(ipc_class) if ipc_class else None,
        ord(subclass) - ord("A") if subclass else None,
        int(group) if group else None,
    )
    first, size = 0, sizes[0]
    for place, step in zip(places, sizes, strict=True):
        if place is None:
            break
        first, size = first + place * step, step
    return first, first + size


def merged(bounds: Iterable[Bounds]) -> list[Bounds]:
    """Disjoint bounds in order that cover the same numbers."""
    found: list[Bounds] = []
    for low, high in sorted(bounds):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def _multirange(bounds: Sequence[Bounds]) -> Multirange[int]:
    if not bounds:
        return Int4Multirange([Int4Range(None, None, "()")])
    return Int4Multirange([Int4Range(low, high, "[)") for low, high in merged(bounds)])


def bounds_overlap(one: Sequence[Bounds], other: Sequence[Bounds]) -> bool:
    """Whether two sets of bounds share a number; an empty set stands for everything."""
    if not one or not other:
        return True
    return any(a_low < b_high and b_low < a_high for a_low, a_high in one for b_low, b_high in other)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where, for what and when. Empty is the whole; `ends_on` is the last day, None for the end of the right."""

    territories: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None

    def __post_init__(self) -> None:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise UnknownCode(field="ends_on", given=str(self.ends_on))
        _ = self.territory_bounds, self.field_bounds

    @property
    def territory_bounds(self) -> list[Bounds]:
        return [territory_bounds(code) for code in self.territories]

    @property
    def field_bounds(self) -> list[Bounds]:
        return [field_bounds(symbol) for symbol in self.fields]

    @property
    def territory(self) -> Multirange[int]:
        """The territory as the database compares it."""
        return _multirange(self.territory_bounds)

    @property
    def field(self) -> Multirange[int]:
        """The field of use as the database compares it."""
        return _multirange(self.field_bounds)

    def period(self, today: date) -> Range[date]:
        """From its first day (today where none is said) to the day behind its last, or without end."""
        first = self.starts_on or today
        behind = self.ends_on + timedelta(days=1) if self.ends_on else None
        return DateRange(first, max(behind, first) if behind else None, "[)")

    def overlaps(self, other: Scope, *, today: date) -> bool:
        """Whether the two share a place, a field and a day: what the database decides by its ranges, in Python."""
        mine, theirs = self.period(today), other.period(today)
        assert mine.lower is not None and theirs.lower is not None
        days = (theirs.upper is None or mine.lower < theirs.upper) and (mine.upper is None or theirs.lower < mine.upper)
        return (
            days
            and bounds_overlap(self.territory_bounds, other.territory_bounds)
            and bounds_overlap(self.field_bounds, other.field_bounds)
        )


WHOLE = Scope()
