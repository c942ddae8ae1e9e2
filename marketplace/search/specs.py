"""What a list page declares of its filters: facets, ranges and orders of one collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.functional import Promise

from marketplace.core.trees import Tree

Words = str | Promise
Label = Callable[[str], Words] | Mapping[str, Words]


@dataclass(frozen=True)
class FacetSpec:
    """One facet group of the rail: `name` is both the collection's facet and the parameter of the address.

    `label` words a value. Values named in `order` come in that order and are shown even at zero; the others follow
    by count, the first `top` open and the rest folded. `tree` makes the tree that the values form: children show under
    chosen parents, and choosing both means the child. `within` names another parameter of which one value must be
    chosen for the group to show.
    """

    name: str
    legend: Words
    label: Label = field(default_factory=dict)
    order: tuple[str, ...] = ()
    top: int = 8
    tree: Callable[[], Tree] | None = None
    within: tuple[str, str] | None = None

    def word(self, value: str) -> str:
        if callable(self.label):
            return str(self.label(value))
        return str(self.label.get(value, value))


@dataclass(frozen=True)
class RangeSpec:
    """A pair of bounds on an integer of the collection, with the counts drawn above it.

    The address carries `<name>_min`, `<name>_max` in the reader's unit and `<name>_missing=1` to let in documents
    without the number. `low` and `high` turn what was typed into index units. `edges` are rising, in index units;
    `word` writes a bound.
    """

    name: str
    legend: Words
    low: Callable[[Decimal], int]
    high: Callable[[Decimal], int]
    edges: tuple[int, ...] = ()
    missing: Words = ""
    unit: Words = ""
    word: Callable[[Decimal], str] = lambda typed: f"{typed.normalize():f}"


@dataclass(frozen=True)
class SortSpec:
    """One order: `value` is a Sort field of the collection ("-name" falls) or "relevance"."""

    value: str
    label: Words
