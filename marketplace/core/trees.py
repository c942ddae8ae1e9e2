"""Values of a filter that lie under one another: which branches stand open, and what choosing several means."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tree:
    """`parent_of` names the value above one, None for a root; `shown` levels stand open before anything is chosen."""

    parent_of: Callable[[str], str | None]
    shown: int = 1

    def line(self, value: str) -> tuple[str, ...]:
        """From the root down to the value itself."""
        up = [value]
        while (above := self.parent_of(up[-1])) is not None and above not in up:
            up.append(above)
        return tuple(reversed(up))

    def depth(self, value: str) -> int:
        """0 for a root."""
        return len(self.line(value)) - 1

    def narrowest(self, values: Iterable[str]) -> list[str]:
        """Chosen values without those that a chosen value below them narrows: C with C08 means C08."""
        chosen = list(values)
        narrowed = {above for one in chosen for above in self.line(one)[:-1]}
        return [one for one in chosen if one not in narrowed]

    def open(self, values: Iterable[str], chosen: Collection[str]) -> list[str]:
        """The values to show, children after their parent: the first levels, what is chosen with all above it, and the
        level under each of those."""
        opened = {above for one in chosen for above in self.line(one)}
        shown = [
            one for one in values if self.depth(one) < self.shown or one in opened or self.parent_of(one) in opened
        ]
        return sorted(shown, key=self.line)


def by_prefix(lengths: tuple[int, ...]) -> Tree:
    """A tree of symbols whose first characters name what they lie under: with (1, 3, 4), H01M lies under H01."""

    def parent_of(value: str) -> str | None:
        return next((value[:cut] for cut in reversed(lengths) if cut < len(value)), None)

    return Tree(parent_of)
