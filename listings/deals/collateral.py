"""Which collateral its pledgee may sell now: the floors above know of loans in default and say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

#: Told a pledgee and rights, answers with those of them that the pledgee may realise today.
Realising = Callable[[int, Sequence[int]], set[int]]
_asked: list[Realising] = []


def realised_by(ask: Realising) -> None:
    """Register who knows. What nobody vouches for is not sold."""
    _asked.append(ask)


def under_disposal(pledgee_id: int, asset_ids: Sequence[int]) -> set[int]:
    """Those of the rights that the pledgee may sell: the debt is due and unpaid, the notice given, its days over."""
    return {one for ask in _asked for one in ask(pledgee_id, asset_ids)}
