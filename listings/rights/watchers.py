"""What higher floors do in the very transaction that changes what may be done to a right.

An event reaches its subscribers a moment later. Where no moment may pass (a listing must not stand after a co-owner
took consent back) a higher floor watches here. Watchers are called with the right locked, and lock no other right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Watcher = Callable[[Sequence[int]], None]
_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> Watcher:
    """Call `watcher` with the ids of rights on which somebody has just taken consent back, in the same transaction."""
    if watcher not in _watchers:
        _watchers.append(watcher)
    return watcher


def tell_watchers(asset_ids: Sequence[int]) -> None:
    for watcher in _watchers:
        watcher(asset_ids)
