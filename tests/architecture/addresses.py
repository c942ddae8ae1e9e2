"""The table of addresses, read and compared with the resolver."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import get_resolver, reverse

from tests.world import World

TABLE = Path(__file__).with_name("addresses.toml")
VISITORS = ("anonymous", "stranger", "reader", "owner", "reviewer")
METHODS = ("get", "post", "patch", "delete")


@dataclass(frozen=True)
class Address:
    """One line of the table. `allowed` maps a method to the five expected answers."""

    name: str
    label: str
    args: tuple[tuple[str, str], ...]
    allowed: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...] = ()

    @property
    def is_api(self) -> bool:
        return self.name.startswith("api_")

    def expected(self, method: str) -> tuple[str, ...] | None:
        return dict(self.allowed).get(method)

    def url(self, world: World) -> str:
        """The address with the owner's things put in."""
        return reverse(self.name, kwargs={name: _thing(world, path) for name, path in self.args})


def _thing(world: World, path: str) -> Any:
    """“=text” as it is, “^a.b” from the world, everything else from what the owner has."""
    if path.startswith("="):
        return path[1:]
    found: Any = world if path.startswith("^") else world.ines
    for step in path.removeprefix("^").split("."):
        found = found[step] if isinstance(found, dict) else getattr(found, step)
    return found


@cache
def table() -> tuple[Address, ...]:
    read = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    rules = {name: tuple(text.split()) for name, text in read.pop("rules").items()}
    found = []
    for name, line in read.items():
        for label, entry in (("", line), *line.get("others", {}).items()):
            allowed = []
            for method in METHODS:
                if method in entry:
                    answers = rules.get(entry[method]) or tuple(entry[method].split())
                    assert len(answers) == len(VISITORS), f"{name}: {entry[method]}"
                    allowed.append((method, answers))
            args = tuple(entry.get("args", {}).items())
            notes = tuple(entry.get("notes", ()))
            found.append(Address(name, f"{name}:{label}" if label else name, args, tuple(allowed), notes))
    return tuple(found)


def resolver_names() -> Iterator[str]:
    """Every name the resolver knows; an address without a name cannot be reviewed, so it is given by its pattern."""

    def walk(node: Any) -> Iterator[Any]:
        for one in node.url_patterns:
            if hasattr(one, "url_patterns"):
                yield from walk(one)
            else:
                yield one

    for pattern in walk(get_resolver()):
        yield pattern.name or str(pattern.pattern)
