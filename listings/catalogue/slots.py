"""What higher floors show on a listing's public page: its appraisal reports, later what loans say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Context = Callable[[int], dict[str, Any] | None]
_slots: list[tuple[int, str, Context]] = []


def listing_slot(order: int, template: str, context: Context) -> None:
    """Add a section: its template gets the context as `block`; a context of None leaves it out. The page is kept for
    everybody, so a section may show only what everybody may see. Call it from an app's `ready`."""
    _slots.append((order, template, context))
    _slots.sort(key=lambda one: one[0])


def filled(listing_id: int) -> list[dict[str, Any]]:
    """The sections that have something to say about this listing."""
    found = ((template, context(listing_id)) for _order, template, context in _slots)
    return [{"template": template, "context": said} for template, said in found if said is not None]
