"""Demo data, told by each floor in turn and loaded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]


@dataclass(frozen=True)
class Chapter:
    """One floor's part of the demo. `load` may run again and must then change nothing."""

    order: int
    name: str
    load: Callable[[Say], None]


@dataclass(frozen=True)
class SignIn:
    """A line of the list of demo sign-ins."""

    email: str
    who: str
    note: str


_chapters: list[Chapter] = []
_sign_ins: list[Callable[[], list[SignIn]]] = []


def chapter(order: int, name: str, load: Callable[[Say], None]) -> None:
    """Add a floor's part of the demo; lower orders are loaded first."""
    _chapters.append(Chapter(order, name, load))
    _chapters.sort(key=lambda one: one.order)


def sign_in_list(rows: Callable[[], list[SignIn]]) -> None:
    """Register where the demo sign-ins come from."""
    _sign_ins.append(rows)


def chapters() -> list[Chapter]:
    return list(_chapters)


def sign_ins() -> list[SignIn]:
    return [row for rows in _sign_ins for row in rows()]
