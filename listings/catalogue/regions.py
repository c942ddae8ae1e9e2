"""Regions by code for facets: names in both languages and the places above each."""

from __future__ import annotations

from django.core.cache import cache
from django.utils.translation import get_language

from marketplace.accounts.models import Region

KEY = "catalogue.regions"
KEPT_FOR_S = 300


def names() -> dict[str, tuple[str, str]]:
    """(Chinese, English) name by code; one query every five minutes."""
    found: dict[str, tuple[str, str]] | None = cache.get(KEY)
    if found is None:
        found = {code: (zh, en) for code, zh, en in Region.objects.values_list("code", "name_zh", "name_en")}
        cache.set(KEY, found, KEPT_FOR_S)
    return found


def name_of(code: str) -> str:
    """The region's name in the active language, or its code when it is gone."""
    zh, en = names().get(code, (code, code))
    return zh if (get_language() or "zh").startswith("zh") else en


def codes_upwards() -> dict[int, tuple[str, ...]]:
    """For each region's id, its code and those of the places it lies in: a search for a city finds its counties."""
    rows = {pk: (code, parent) for pk, code, parent in Region.objects.values_list("pk", "code", "parent_id")}
    found = {}
    for pk in rows:
        codes: list[str] = []
        at: int | None = pk
        while at is not None and at in rows and rows[at][0] not in codes:
            code, above = rows[at]
            codes.append(code)
            at = above
        found[pk] = tuple(codes)
    return found
