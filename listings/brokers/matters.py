"""What brokers bring people together over. Higher floors register it: brokers knows rights, not listings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from marketplace.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Matter:
    """Something open to trade: its label and id, number, titles, rights, the organisation offering it and its page."""

    kind: str
    id: int
    number: str
    title_zh: str
    title_en: str
    asset_ids: tuple[int, ...]
    holder_id: int
    url: str


Finder = Callable[[str], Matter]
_finders: list[Finder] = []


def matters(find: Finder) -> None:
    """Register how a matter is found by its number; `find` raises NotFound for one that is not open to everybody."""
    _finders.append(find)


def matter_of(number: str) -> Matter:
    """The matter of that number; raises NotFound."""
    for find in _finders:
        try:
            return find(number)
        except NotFound:
            continue
    raise NotFound()
