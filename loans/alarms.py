"""The bits that a day's position raises, and how grave each is."""

from __future__ import annotations

from enum import IntFlag

from loans.states.servicing import AlarmKind, Severity


class Bit(IntFlag):
    """What a position found; the first five concern a right that secures the loan, the others the loan."""

    LAPSED = 1
    WORTHLESS = 2
    UNAPPRAISED = 4
    STALE = 8
    TERM = 16
    SHORTFALL = 32
    OVERDUE = 64
    NON_PERFORMING = 128


KIND_OF = {one: AlarmKind[one.name] for one in Bit if one.name}
SEVERITY_OF = {
    Bit.LAPSED: Severity.RED,
    Bit.WORTHLESS: Severity.RED,
    Bit.UNAPPRAISED: Severity.RED,
    Bit.STALE: Severity.AMBER,
    Bit.TERM: Severity.AMBER,
    Bit.SHORTFALL: Severity.RED,
    Bit.OVERDUE: Severity.AMBER,
    Bit.NON_PERFORMING: Severity.RED,
}
OF_A_RIGHT = Bit.LAPSED | Bit.WORTHLESS | Bit.UNAPPRAISED | Bit.STALE | Bit.TERM


def bits(found: int) -> list[Bit]:
    """The bits set, in order."""
    return [one for one in Bit if found & one]
