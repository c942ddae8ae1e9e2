"""Which function enforces which rule of law: a mark on the function, read by the table of rules and its test.

The mark changes nothing about the function. A rule is named by its id in the rule book of the floor above; this module
keeps the pairs and knows no law.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

T = TypeVar("T", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, order=True)
class Enforcement:
    """A place in the code that enforces a rule: the file from the project's root and the qualified name in it."""

    file: str
    name: str


_places: dict[str, set[Enforcement]] = {}


def enforces(*rule_ids: str) -> Callable[[T], T]:
    """Mark a function or class as enforcing these rules. Raises ValueError when none is named."""
    if not rule_ids:
        raise ValueError("Say which rule is enforced.")

    def keep(what: T) -> T:
        root = Path(settings.BASE_DIR)
        file = Path(inspect.getfile(what)).resolve()
        shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
        for rule_id in rule_ids:
            _places.setdefault(rule_id, set()).add(Enforcement(shown, what.__qualname__))
        return what

    return keep


def enforcements() -> dict[str, list[Enforcement]]:
    """{rule id: its places in the code, sorted} for every module imported so far."""
    return {rule_id: sorted(found) for rule_id, found in sorted(_places.items())}
