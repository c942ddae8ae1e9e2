"""What a right that secures a loan counts for on a day. Pure; whole cents.

    worth        the newest appraisal based on or before the day, less its monthly decline
    limit        Σ worth · (1 − haircut), each rounded down: what may be lent
    line         Σ worth · ltv, each rounded down: what may be owed before more cover is asked for

The value declines in equal steps of whole months from its base date to nothing at the end of the right or of its
economic life. A right that has ended, was never appraised, or whose appraisal is past its validity counts zero and says
so by its own alarm: a pledge that has become worthless is the gravest shortfall of all, never none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from listings.rights.ruling import enforces
from loans.alarms import Bit

WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """A right as the day sees it: `cents` of the newest appraisal by then, None where there is none."""

    haircut_bp: int
    ltv_bp: int
    cents: int | None = None
    based_on: date | None = None
    valid_until: date | None = None
    declines_to: date | None = None
    expires_on: date | None = None
    impaired_on: date | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """The two lines of a loan, and what was noticed."""

    value: int
    limit: int
    line: int
    alarms: int


def months_from(start: date, end: date) -> int:
    """Months from that of `start` to that of `end`; the day plays no part, so all rights step down together."""
    return (end.year - start.year) * 12 + end.month - start.month


def worth(one: Held, on: date) -> tuple[int, Bit]:
    """(cents, alarms) of one right on a day."""
    found = Bit(0)
    has_ended = one.expires_on is not None and one.expires_on <= on
    if has_ended or (one.impaired_on is not None and one.impaired_on <= on):
        return 0, Bit.LAPSED
    if one.cents is None or one.based_on is None or one.valid_until is None or one.based_on > on:
        return 0, Bit.UNAPPRAISED
    if one.valid_until < on:
        return 0, Bit.STALE
    cents = one.cents
    if one.declines_to is not None:
        whole = months_from(one.based_on, one.declines_to)
        left = months_from(on, one.declines_to)
        cents = cents * max(0, min(left, whole)) // whole if whole > 0 else 0
    if not cents:
        found |= Bit.WORTHLESS
    return cents, found


@enforces("PLG-VALUE-DROP", "LN-LTV")
def cover(held: Iterable[Held], on: date, matures_on: date) -> Cover:
    """All rights of a loan together; the order they stand in changes nothing."""
    value = limit = line = 0
    alarms = Bit(0)
    nothing = True
    for one in held:
        nothing = False
        cents, found = worth(one, on)
        value += cents
        limit += cents * (WHOLE_BP - one.haircut_bp) // WHOLE_BP
        line += cents * one.ltv_bp // WHOLE_BP
        alarms |= found
        if one.expires_on is not None and one.expires_on < matures_on:
            alarms |= Bit.TERM
    if nothing:
        alarms |= Bit.UNAPPRAISED
    return Cover(value, limit, line, int(alarms))
