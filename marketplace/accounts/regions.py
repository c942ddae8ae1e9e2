"""Regions by code for filters: names in both languages, what lies in what, and the tree of them."""

from __future__ import annotations

from typing import NamedTuple

from django.core.cache import cache

from marketplace.accounts.models import Region, in_language
from marketplace.core.trees import Tree

KEY = "accounts.regions"
KEPT_FOR_S = 300


class Place(NamedTuple):
    name_zh: str
    name_en: str
    parent: str | None


def places() -> dict[str, Place]:
    """Every region by its code; one query every five minutes."""
    found: dict[str, Place] | None = cache.get(KEY)
    if found is None:
        rows = Region.objects.values_list("code", "name_zh", "name_en", "parent__code")
        found = {code: Place(zh, en, parent) for code, zh, en, parent in rows}
        cache.set(KEY, found, KEPT_FOR_S)
    return found


def name_of(code: str) -> str:
    """The region's name in the active language, or its code when it is gone."""
    place = places().get(code)
    return in_language(place.name_zh, place.name_en) if place else code


def tree() -> Tree:
    """Country, province, city, county, park; countries stand open, so that provinces are chosen at once."""
    known = places()

    def parent_of(code: str) -> str | None:
        place = known.get(code)
        return place.parent if place else None

    return Tree(parent_of, shown=2)


def codes_upwards() -> dict[int, tuple[str, ...]]:
    """For each region's id, its code and those of the places it lies in: a search for a city finds its counties."""
    rows = list(Region.objects.values_list("pk", "code", "parent__code"))
    line = Tree({code: above for _pk, code, above in rows}.get).line
    return {pk: line(code)[::-1] for pk, code, _above in rows}
