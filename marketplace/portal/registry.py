"""What the higher floors contribute to shared pages: masthead places, desk entries, home figures and home blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marketplace.core.actor import Actor
from marketplace.core.errors import Sentence


@dataclass(frozen=True)
class Place:
    """One of the masthead's places."""

    order: int
    label: Sentence
    url_name: str


@dataclass(frozen=True)
class DeskEntry:
    """A line of the workspace's side navigation; `count` is what waits there (None hides the number)."""

    group: Sentence
    order: int
    label: Sentence
    url_name: str
    shows: Callable[[Actor], bool]
    count: Callable[[Actor], int | None]


@dataclass(frozen=True)
class Figure:
    """A figure on the home page: what it counts, its value and the line under it."""

    order: int
    label: Sentence
    value: Callable[[], Any]
    note: Callable[[], str]
    url_name: str = ""


@dataclass(frozen=True)
class HomeBlock:
    """A ruled section of the home page, by its template and what the template needs."""

    order: int
    template: str
    context: Callable[[], dict[str, Any]]
    column: str = "main"


@dataclass(frozen=True)
class ToDo:
    """Lines for the workspace's first page: what is the actor's to do, each (sentence, url, due or None)."""

    order: int
    lines: Callable[[Actor], list[dict[str, Any]]]


places: list[Place] = []
desks: list[DeskEntry] = []
figures: list[Figure] = []
blocks: list[HomeBlock] = []
todos: list[ToDo] = []


def place(order: int, label: Sentence, url_name: str) -> None:
    """Add a place to the masthead. The label is what the place is called; the URL takes no arguments."""
    places.append(Place(order, label, url_name))
    places.sort(key=lambda one: one.order)


def desk(
    group: Sentence,
    order: int,
    label: Sentence,
    url_name: str,
    *,
    shows: Callable[[Actor], bool] = lambda actor: True,
    count: Callable[[Actor], int | None] = lambda actor: None,
) -> None:
    """Add a line to the workspace's side navigation; lines are ordered, and grouped under `group`."""
    desks.append(DeskEntry(group, order, label, url_name, shows, count))
    desks.sort(key=lambda one: one.order)


def figure(
    order: int, label: Sentence, value: Callable[[], Any], *, note: Callable[[], str] = lambda: "", url_name: str = ""
) -> None:
    """Add a figure to the home page."""
    figures.append(Figure(order, label, value, note, url_name))
    figures.sort(key=lambda one: one.order)


def home_block(order: int, template: str, context: Callable[[], dict[str, Any]], *, column: str = "main") -> None:
    """Add a section to the home page, in the "main" or the "aside" column."""
    blocks.append(HomeBlock(order, template, context, column))
    blocks.sort(key=lambda one: one.order)


def todo(order: int, lines: Callable[[Actor], list[dict[str, Any]]]) -> None:
    """Add lines to the workspace's first page: dicts with "text", "url" and optionally "due"."""
    todos.append(ToDo(order, lines))
    todos.sort(key=lambda one: one.order)
