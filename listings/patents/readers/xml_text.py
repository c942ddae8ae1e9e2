"""Text and children out of XML elements, whatever their namespaces."""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

Element = Any  # lxml's element type; its stubs are not part of the project

_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9.]{0,30});")
_SPACE = re.compile(r"\s+")

_GREEK_NAMES = "a b g d e z ee th i k l m n x o p r s t u ph kh ps oh"  # ISO 8879 writes λ as lgr
_GREEK = dict(zip(_GREEK_NAMES.split(" "), "αβγδεζηθικλμνξοπρστυφχψω", strict=True))
_ISO_GREEK = {f"{name}gr": letter for name, letter in _GREEK.items()} | {
    f"{name.upper()}gr": letter.upper() for name, letter in _GREEK.items()
}


def character(match: re.Match[str]) -> str:
    name = match[1]
    return html.entities.html5.get(f"{name};") or _ISO_GREEK.get(name) or ""


def text_of(element: Element | None) -> str:
    """All text in an element, white space collapsed, named characters put in their place."""
    if element is None:
        return ""
    text = "".join(element.itertext())
    if "&" in text:
        text = _ENTITY.sub(character, text)
    return _SPACE.sub(" ", text).strip()


def child(element: Element | None, path: str) -> Element | None:
    """First descendant along a path of local names, whatever their namespace."""
    for name in path.split("/"):
        if element is None:
            return None
        element = next(element.iterchildren(f"{{*}}{name}"), None)
    return element


def children(element: Element | None, path: str) -> list[Element]:
    """Every descendant along a path of local names."""
    found = [] if element is None else [element]
    for name in path.split("/"):
        found = [below for each in found for below in each.iterchildren("{*}*" if name == "*" else f"{{*}}{name}")]
    return found


def below(element: Element, *names: str) -> Iterator[Element]:
    """Every descendant with one of the local names, in document order."""
    return element.iter(*(f"{{*}}{name}" for name in names))  # type: ignore[no-any-return]


def value(element: Element | None, path: str) -> str:
    return text_of(child(element, path))


def paragraphs(element: Element | None, *names: str) -> str:
    """Text with each named block on a line of its own; the whole text when there are no such blocks."""
    if element is None:
        return ""
    lines = [line for block in below(element, *names) if (line := text_of(block))]
    return "\n".join(lines) if lines else text_of(element)


def source_bytes(element: Element) -> bytes:
    return bytes(etree.tostring(element, encoding="utf-8", with_tail=False))
