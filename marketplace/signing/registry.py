"""What the floors above tell this one: how their documents are built, what their matters are called, who reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marketplace.core.actor import Actor
from marketplace.core.errors import Sentence
from marketplace.signing.paper import Language, Paper

Build = Callable[[dict[str, Any], Language], Paper]


@dataclass(frozen=True)
class Template:
    """A kind of document. `build` turns its data (JSON) into a paper and must not read anything else.

    `days_to_sign` is how long the signatures may take before the document expires; None for no limit. `layout` is the
    page design it is set in.
    """

    name: str
    label: Sentence
    build: Build
    days_to_sign: int | None = 30
    layout: str = "paper"


@dataclass(frozen=True)
class Matter:
    """What documents of one subject kind hang on: its name and page, and who besides the signers may read them.

    `stands_against` are sentences for whoever holds a sealed file: why nothing may rest on it today, though the seal
    holds. They say nothing of what the document is about.
    """

    kind: str
    title: Callable[[int], str]
    url: Callable[[int], str]
    may_read: Callable[[Actor, int], bool]
    stands_against: Callable[[int], list[str]]


_templates: dict[str, Template] = {}
_matters: dict[str, Matter] = {}
_consents: dict[str, Sentence] = {}


def template(name: str, label: Sentence, build: Build, *, days_to_sign: int | None = 30, layout: str = "paper") -> None:
    """Make a kind of document known. Call from the app's `ready`."""
    _templates[name] = Template(name, label, build, days_to_sign, layout)


def find_template(name: str) -> Template:
    """Raises KeyError for a name nobody registered: a mistake of the program, not of a user."""
    return _templates[name]


def matter(
    kind: str,
    *,
    title: Callable[[int], str],
    url: Callable[[int], str],
    may_read: Callable[[Actor, int], bool] = lambda actor, pk: False,
    stands_against: Callable[[int], list[str]] = lambda pk: [],
) -> None:
    """Make a subject kind (a model label) known: "deals.deal", its title, its page's address, its further readers, and
    what stands against relying on its documents."""
    _matters[kind] = Matter(kind, title, url, may_read, stands_against)


def find_matter(kind: str) -> Matter | None:
    return _matters.get(kind)


def consent_kind(kind: str, label: Sentence) -> None:
    """Give a kind of consent its words."""
    _consents[kind] = label


def consent_label(kind: str) -> str:
    """The words of a kind of consent in the active language; the slug itself where nobody registered any."""
    return str(_consents.get(kind, kind))
