"""Which acts can be under way beside each other: those of the shared lane can, every other one stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from listings.rights.states import Act


class Lane(Enum):
    SHARED = "shared"
    OWN = "own"


SHARED, OWN = Lane.SHARED, Lane.OWN
SHARED_LANE = 0
LANES: Mapping[str, Lane] = MappingProxyType(
    {
        Act.ASSIGN: OWN,
        Act.EXCLUSIVE: OWN,
        Act.SOLE: OWN,
        Act.PLEDGE: OWN,
        Act.DECLARE_OPEN: OWN,
        Act.WAIVE: OWN,
        Act.ORDINARY: SHARED,
        Act.CROSS: SHARED,
        Act.SUB: SHARED,
        Act.TAKE_OPEN: SHARED,
    }
)
#: Acts that take the whole right, whatever scope is named.
WHOLE_RIGHT = frozenset({Act.ASSIGN, Act.PLEDGE, Act.DECLARE_OPEN, Act.WAIVE})
