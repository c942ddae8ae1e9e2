"""What higher floors add to a patent's page: listings of it, later its rights, estimates and loans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Context = Callable[[int], dict[str, Any] | None]


@dataclass(frozen=True)
class Slot:
    """A section of the page: its template and, for an asset id, what the template needs; None leaves it out. It
    stands on a page anybody may read from a cache, so it may show only what everybody may see."""

    order: int
    template: str
    context: Context
    column: str = "main"


_slots: list[Slot] = []


def slot(order: int, template: str, context: Context, *, column: str = "main") -> None:
    """Add a section to the patent page, in the "main" or the "aside" column; lower orders stand higher."""
    _slots.append(Slot(order, template, context, column))
    _slots.sort(key=lambda one: one.order)


def filled(asset_id: int, column: str) -> list[dict[str, Any]]:
    """The sections of a column that have something to say about this asset: template and context."""
    found = []
    for one in _slots:
        if one.column == column and (context := one.context(asset_id)) is not None:
            found.append({"template": one.template, "context": context})
    return found
