"""What a method is: a reader of its question and a formula, each usable on its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from valuation.arithmetic import Arithmetic, Number
from valuation.reading import Fields
from valuation.showing import cents


@dataclass(frozen=True, slots=True)
class Outcome:
    """A value and, on demand, every intermediate figure. In a simulation only the value is asked for."""

    value: Number
    shown: Callable[[], dict[str, Any]] = dict
    as_text: Callable[[Decimal], str] = cents


@dataclass(frozen=True, slots=True)
class Method:
    """`read` raises BadInput; `value` is pure and takes what `read` gave."""

    name: str
    title: Any
    formula: str
    read: Callable[[Fields], Any]
    value: Callable[[Any, Arithmetic], Outcome]
