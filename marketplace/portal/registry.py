"""What the higher floors contribute to shared pages.

Masthead places, desk entries, lines of work, and for the home page its figures, sections, entrances and shortcuts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from marketplace.core.actor import Actor
from marketplace.core.errors import Sentence


@dataclass(frozen=True)
class Place:
    """One of the masthead's places; with `has_search` its list takes `?q=` and stands in the home page's search bar."""

    order: int
    label: Sentence
    url_name: str
    has_search: bool = True


@dataclass(frozen=True)
class DeskEntry:
    """A line of the workspace's side navigation; `count` gives what waits there, as querysets nobody has asked yet."""

    group: Sentence
    order: int
    label: Sentence
    url_name: str
    shows: Callable[[Actor], bool]
    count: Callable[[Actor], Sequence[QuerySet[Any]]]


@dataclass(frozen=True)
class Figure:
    """A figure on the home page: what it counts, its value and the line under it."""

    order: int
    label: Sentence
    value: Callable[[], Any]
    note: Callable[[], str]
    url_name: str = ""
    unit: Sentence = ""


@dataclass(frozen=True)
class Entrance:
    """A way into the market's work from the home page: what one can do, and what it takes."""

    order: int
    title: Sentence
    text: Sentence
    url_name: str


@dataclass(frozen=True)
class Shortcut:
    """A search often asked, under the home page's search bar; `query` is the query string of the list at `url_name`."""

    order: int
    label: Sentence
    url_name: str
    query: str


@dataclass(frozen=True)
class HomeBlock:
    """A ruled section of the home page: its template, and the names the template finds in its context."""

    order: int
    template: str
    context: Callable[[], dict[str, Any]]
    column: str = "main"


@dataclass(frozen=True)
class ToDo:
    """Lines for the workspace's first page: what is the actor's to do, each (sentence, url, due or None)."""

    order: int
    lines: Callable[[Actor], list[dict[str, Any]]]


@dataclass(frozen=True)
class Entry:
    """A day in an organisation's calendar: what falls on it, where to read on, and which matter it is, in words."""

    day: date
    text: str
    url: str
    note: str = ""


places: list[Place] = []
desks: list[DeskEntry] = []
figures: list[Figure] = []
entrances: list[Entrance] = []
shortcuts: list[Shortcut] = []
data_dates: list[Callable[[], date | None]] = []
blocks: list[HomeBlock] = []
todos: list[ToDo] = []
calendars: list[Callable[[Actor, date, date], Iterable[Entry]]] = []


def place(order: int, label: Sentence, url_name: str, *, has_search: bool = True) -> None:
    """Add a place to the masthead. The label is what the place is called; the URL takes no arguments."""
    places.append(Place(order, label, url_name, has_search))
    places.sort(key=lambda one: one.order)


def desk(
    group: Sentence,
    order: int,
    label: Sentence,
    url_name: str,
    *,
    shows: Callable[[Actor], bool] = lambda actor: True,
    count: Callable[[Actor], Sequence[QuerySet[Any]]] = lambda actor: (),
) -> None:
    """Add a line to the workspace's side navigation; lines are ordered, and grouped under `group`.

    `count` gives the querysets whose rows wait there. The portal counts them for all lines in one statement, so it must
    not ask the database itself; a line with nothing waiting shows no number.
    """
    desks.append(DeskEntry(group, order, label, url_name, shows, count))
    desks.sort(key=lambda one: one.order)


def figure(
    order: int,
    label: Sentence,
    value: Callable[[], Any],
    *,
    note: Callable[[], str] = lambda: "",
    url_name: str = "",
    unit: Sentence = "",
) -> None:
    """Add a figure to the home page. Whole numbers and decimals are written in groups of three, all else as it is.

    `value` may answer with a pair of value and note, where one query gives both.
    """
    figures.append(Figure(order, label, value, note, url_name, unit))
    figures.sort(key=lambda one: one.order)


def entrance(order: int, title: Sentence, text: Sentence, url_name: str) -> None:
    """Add an entrance to the home page. Only for what can be done today; the URL takes no arguments."""
    entrances.append(Entrance(order, title, text, url_name))
    entrances.sort(key=lambda one: one.order)


def shortcut(order: int, label: Sentence, url_name: str, query: str) -> None:
    """Add an often-asked search to the home page."""
    shortcuts.append(Shortcut(order, label, url_name, query))
    shortcuts.sort(key=lambda one: one.order)


def data_date(newest: Callable[[], date | None]) -> None:
    """Tell up to which day some part's data reach; public pages show the latest of these days."""
    data_dates.append(newest)


def home_block(order: int, template: str, context: Callable[[], dict[str, Any]], *, column: str = "main") -> None:
    """Add a section to the home page, in the "main" or the "aside" column."""
    blocks.append(HomeBlock(order, template, context, column))
    blocks.sort(key=lambda one: one.order)


def todo(order: int, lines: Callable[[Actor], list[dict[str, Any]]]) -> None:
    """Add lines to the workspace's first page: dicts with "text", "url" and optionally "due" and "note"
    (which matter it is, in words)."""
    todos.append(ToDo(order, lines))
    todos.sort(key=lambda one: one.order)


def calendar(entries: Callable[[Actor, date, date], Iterable[Entry]]) -> None:
    """Add days to the calendar: `entries(actor, first, last)` gives those the actor may read in a span, both ends
    included. What is the actor's to do comes from `todo`; this is for days on which something happens by itself."""
    calendars.append(entries)
