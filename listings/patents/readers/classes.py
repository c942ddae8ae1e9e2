"""Classification symbols, written one way: ``C08F 14/18`` for IPC and CPC, ``07-04`` for Locarno."""

from __future__ import annotations

import re
from functools import lru_cache

_SYMBOL = re.compile(
    r"(?:(?P<section>[A-HY])\s?(?P<cls>[0-9]{2})\s?(?P<sub>[A-Z])|,)"
    r"(?:\s*(?P<group>[0-9]{1,4})\s*[/:]\s*(?P<subgroup>[0-9]{0,8}))?"
)
_PACKED = re.compile(r"^([A-HY][0-9]{2}[A-Z])\s?([0-9]{3})([0-9]{0,6})$")  # A61K03627
_LOCARNO = re.compile(r"(?<![0-9])([0-3]?[0-9])\s*-\s*([0-9]{2})(?![0-9])")
_LOCARNO_PACKED = re.compile(r"(?:^|\s)([0-3][0-9])([0-9]{2})[0-9]{0,2}(?:\s|$)")


@lru_cache(maxsize=131072)
def symbols(text: str) -> tuple[str, ...]:
    """Every IPC or CPC symbol in a piece of text, in order, without repeats.

    Takes version and position marks after the symbol (``B65D 5/50 20060101AFI…``), lists that name the subclass once
    (``6 A 23 C 19/00, 19/068``), colons for slashes, leading zeros in the group; a bare subclass stays a subclass.
    """
    found: list[str] = []
    subclass = ""
    for match in _SYMBOL.finditer(text.upper()):
        if match["section"]:
            subclass = match["section"] + match["cls"] + match["sub"]
        elif not subclass or match["group"] is None:
            continue
        symbol = join(subclass, match["group"], match["subgroup"])
        if symbol not in found:
            found.append(symbol)
    return tuple(found)


@lru_cache(maxsize=131072)
def packed_symbol(text: str) -> tuple[str, ...]:
    """As ``symbols``, for sources that write the group in three digits with nothing between (``A61K03627``)."""
    match = _PACKED.match(text.strip().upper())
    if match is None:
        return symbols(text)
    return (join(match[1], match[2], match[3]),)


@lru_cache(maxsize=65536)
def fixed_symbol(text: str) -> tuple[str, ...]:
    """As ``symbols``, for the old fixed columns: four for the subclass, three for the group, then the subgroup."""
    if "/" in text:
        return symbols(text)
    s = text.upper().strip()
    subclass, group, subgroup = s[:4], s[4:7].strip(), s[7:].strip()
    if not re.fullmatch(r"[A-HY][0-9]{2}[A-Z]", subclass):
        return symbols(text)
    if not group.isdigit():
        return (subclass,)
    return (join(subclass, group, re.sub(r"[^0-9].*", "", subgroup)),)


def join(subclass: str, group: str | None, subgroup: str | None) -> str:
    if group is None or not group.strip("0"):
        return subclass
    return f"{subclass} {int(group)}/{subgroup or '':0>2}"


def unique(symbol_groups: list[tuple[str, ...]]) -> list[str]:
    """The symbols of many pieces in order, each once."""
    return list(dict.fromkeys(symbol for group in symbol_groups for symbol in group))


@lru_cache(maxsize=65536)
def locarno(text: str) -> tuple[str, ...]:
    """Locarno classes in a piece of text, as ``07-04``. Edition marks such as ``LOC(13)`` are passed over."""
    found = [f"{int(a):02d}-{b}" for a, b in _LOCARNO.findall(text)]
    if not found:
        found = [f"{a}-{b}" for a, b in _LOCARNO_PACKED.findall(text)]
    return tuple(dict.fromkeys(symbol for symbol in found if 1 <= int(symbol[:2]) <= 32))
