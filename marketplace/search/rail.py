"""The filters beside the results: each group with its counts, and a chip for every filter that holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from marketplace.core.rows import FacetOption
from marketplace.search.fields import Result
from marketplace.search.filters import SearchFilter
from marketplace.search.specs import FacetSpec, RangeSpec


def groups(asked: SearchFilter, found: Result) -> list[dict[str, Any]]:
    """The facet rail: for each facet and range what components/facet_group.html and facet_range.html show."""
    made: list[dict[str, Any]] = []
    for spec in asked.facets:
        if spec.within is not None and spec.within[1] not in (asked.cleaned.get(spec.within[0]) or []):
            continue
        group = _group(asked, spec, dict(found.facets.get(spec.name, [])))
        if group["options"]:
            made.append(group)
    for bound in asked.ranges:
        made.append(_range_group(asked, bound, found))
    return made


def _group(asked: SearchFilter, spec: FacetSpec, counts: dict[str, int]) -> dict[str, Any]:
    chosen = asked.chosen(spec)
    for value in (*spec.order, *chosen):
        counts.setdefault(value, 0)
    tree = spec.tree() if spec.tree else None
    if tree is not None:
        values = tree.open(counts, chosen)
    else:
        place = {value: at for at, value in enumerate(spec.order)}
        values = sorted(counts, key=lambda one: (place.get(one, len(place)), -counts[one], one))
    options = [
        FacetOption(value, spec.word(value), counts[value], value in chosen, tree.depth(value) if tree else 0)
        for value in values
    ]
    keep = len(options) if tree else max(spec.top, len(spec.order))
    folded = [one for one in options[keep:] if not one.is_chosen]
    return {
        "name": spec.name,
        "legend": spec.legend,
        "options": [*options[:keep], *(one for one in options[keep:] if one.is_chosen)],
        "more_options": folded,
        "more_label": _("%(count)s more") % {"count": len(folded)},
        "is_range": False,
    }


def _range_group(asked: SearchFilter, spec: RangeSpec, found: Result) -> dict[str, Any]:
    low, high = asked.bounds(spec)
    bands = found.histograms.get(spec.name, [])
    low_band = high_band = None
    if bands and (low is not None or high is not None):
        start = bands[0][0] if low is None else spec.low(low)
        end = bands[-1][1] if high is None else spec.high(high)
        within = [at for at, (first, past, _count) in enumerate(bands) if first <= end and past > start]
        if within:
            low_band, high_band = within[0], within[-1]
    return {
        "name": spec.name,
        "legend": _("%(what)s (%(unit)s)") % {"what": spec.legend, "unit": spec.unit} if spec.unit else spec.legend,
        "low": asked.data.get(f"{spec.name}_min", ""),
        "high": asked.data.get(f"{spec.name}_max", ""),
        "counts": [count for _first, _past, count in bands],
        "low_band": low_band,
        "high_band": high_band,
        "hist_label": spec.legend,
        "missing": {
            "name": f"{spec.name}_missing",
            "label": spec.missing,
            "count": None,
            "chosen": bool(asked.cleaned.get(f"{spec.name}_missing")),
        }
        if spec.missing
        else None,
        "is_range": True,
    }


def chips(asked: SearchFilter, address: QueryDict) -> list[dict[str, str]]:
    """One chip for every filter that holds, with the address that drops it."""
    made = []
    for spec in asked.facets:
        for value in asked.chosen(spec):
            made.append({"label": spec.word(value), "href": "?" + _dropping(address, spec.name, value).urlencode()})
    for bound in asked.ranges:
        low, high = asked.bounds(bound)
        if low is None and high is None:
            continue
        shown = f"{'' if low is None else bound.word(low)}–{'' if high is None else bound.word(high)}"
        kept = without(address, drop=(f"{bound.name}_min", f"{bound.name}_max", f"{bound.name}_missing", "page"))
        made.append({"label": f"{bound.legend} {shown} {bound.unit}".strip(), "href": "?" + kept.urlencode()})
    return made


def _dropping(address: QueryDict, name: str, value: str) -> QueryDict:
    kept = without(address, drop=("page",))
    kept.setlist(name, [one for one in kept.getlist(name) if one.strip() != value])
    return kept


def without(address: QueryDict, drop: Sequence[str] = (), keep_only: Sequence[str] | None = None) -> QueryDict:
    kept = address.copy()
    for name in list(kept):
        if name in drop or (keep_only is not None and name not in keep_only):
            del kept[name]
    return kept
