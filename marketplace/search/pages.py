"""Search pages: what the address asks, turned into a Query, and the answer turned into what a page shows.

A list page declares a `SearchFilter` (a django-filter set whose filters are facets and ranges of a collection) and
calls `search_page`. The same filter set serves the API, the export and saved searches, so all of them mean the same
by an address. Nothing here knows what the documents are: the caller turns ids into rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, ClassVar, cast

import django_filters
from django import forms
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.core.rows import FacetOption, ResultRow
from marketplace.search import index
from marketplace.search.fields import RELEVANCE, Query, Result

Words = str | Promise
Label = Callable[[str], Words] | Mapping[str, Words]

MOST_VALUES = 60
LONGEST_VALUE = 80
LONGEST_TEXT = 200
PER_PAGE = (20, 50, 100)
MOST_COMPARED = 4
EXPORT_LIMIT = 10_000
EXPORT_PAGE = 500
LARGEST_BOUND = Decimal(10) ** 15


# ── what a page declares ─────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class FacetSpec:
    """One facet group of the rail: `name` is both the collection's facet and the parameter of the address.

    `label` words a value. Values named in `order` come in that order and are shown even at zero; the others follow
    by count, the first `top` open and the rest folded. `tree` shows the levels of a tree facet (prefix lengths),
    children under chosen parents only. `within` names another parameter of which one value must be chosen for the
    group to show.
    """

    name: str
    legend: Words
    label: Label = field(default_factory=dict)
    order: tuple[str, ...] = ()
    top: int = 8
    tree: tuple[int, ...] = ()
    within: tuple[str, str] | None = None

    def word(self, value: str) -> str:
        if callable(self.label):
            return str(self.label(value))
        return str(self.label.get(value, value))


@dataclass(frozen=True)
class RangeSpec:
    """A pair of bounds on an integer of the collection, with the counts drawn above it.

    The address carries `<name>_min`, `<name>_max` in the reader's unit and `<name>_missing=1` to let in documents
    without the number. `low` and `high` turn what was typed into index units. `edges` are rising, in index units;
    `word` writes a bound.
    """

    name: str
    legend: Words
    low: Callable[[Decimal], int]
    high: Callable[[Decimal], int]
    edges: tuple[int, ...] = ()
    missing: Words = ""
    unit: Words = ""
    word: Callable[[Decimal], str] = lambda typed: f"{typed.normalize():f}"


@dataclass(frozen=True)
class SortSpec:
    """One order: `value` is a Sort field of the collection ("-name" falls) or "relevance"."""

    value: str
    label: Words


# ── the filters of an address ────────────────────────────────────────────────────────────────────────────────────────
class ValuesWidget(forms.SelectMultiple):
    """Every value of a repeated parameter; commas are not split, a value may hold one."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return list(data.getlist(name)) if hasattr(data, "getlist") else list(data.get(name) or [])


class ValuesField(forms.Field):
    """Any number of short values, each once. Unknown ones are allowed: they find nothing."""

    widget = ValuesWidget

    def clean(self, value: Any) -> list[str]:
        values = list(dict.fromkeys(one.strip() for one in value or [] if one.strip()))
        if len(values) > MOST_VALUES or any(len(one) > LONGEST_VALUE or "\0" in one for one in values):
            raise forms.ValidationError(_("These filter values cannot be read. Choose them from the list."))
        return values


class ValuesFilter(django_filters.Filter):
    field_class = ValuesField


class BoundField(forms.CharField):
    """A bound as people type it: digits, thousands commas, a decimal point, full-width or not."""

    def clean(self, value: Any) -> Decimal | None:
        text = str(value or "").strip().replace(",", "").replace("，", "")
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) > LARGEST_BOUND or len(text) > 30:
            raise forms.ValidationError(_("“%(text)s” is not a number.") % {"text": text[:30]})
        return number


class BoundFilter(django_filters.Filter):
    field_class = BoundField


class TickFilter(django_filters.Filter):
    field_class = forms.BooleanField


class SearchFilter(django_filters.FilterSet):
    """The declared facets, ranges and orders of one collection as a django-filter set.

    Subclasses set `collection`, `facets`, `ranges`, `sorts` and `Meta.model` (with `fields = []`), and may override
    `exact_keys` (number lookup before text) and `base_filters_of` (what always holds, such as "this holder's own").
    A value that cannot be read is reported in `form.errors` and leaves its filter out.
    """

    collection: ClassVar[str] = ""
    facets: ClassVar[tuple[FacetSpec, ...]] = ()
    ranges: ClassVar[tuple[RangeSpec, ...]] = ()
    sorts: ClassVar[tuple[SortSpec, ...]] = ()
    numbers_field: ClassVar[str] = "numbers"

    class Meta:
        model = None

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        filters: dict[str, django_filters.Filter] = super().get_filters()
        filters["q"] = django_filters.CharFilter(label=gettext_lazy("Search terms"), max_length=LONGEST_TEXT)
        for spec in cls.facets:
            filters[spec.name] = ValuesFilter(field_name=spec.name, label=spec.legend)
        for bound in cls.ranges:
            filters[f"{bound.name}_min"] = BoundFilter(field_name=bound.name, label=bound.legend)
            filters[f"{bound.name}_max"] = BoundFilter(field_name=bound.name, label=bound.legend)
            if bound.missing:
                filters[f"{bound.name}_missing"] = TickFilter(field_name=bound.name, label=bound.missing)
        if cls.sorts:
            filters["sort"] = django_filters.ChoiceFilter(
                choices=[(one.value, one.label) for one in cls.sorts], label=gettext_lazy("Sort by")
            )
        return filters

    def __init__(
        self, data: Any = None, queryset: Any = None, *, request: Any = None, prefix: str | None = None
    ) -> None:
        bound = QueryDict() if data is None else data
        super().__init__(bound, queryset, request=request, prefix=prefix)
        self.is_bound = True

    # what a subclass may say
    def exact_keys(self, text: str) -> list[str]:
        """Canonical numbers that the text may be; they are looked up before the words. Empty when it is no number."""
        return []

    def always(self) -> dict[str, Sequence[str]]:
        """Filters that hold whatever the address says."""
        return {}

    # the question
    @cached_property
    def cleaned(self) -> dict[str, Any]:
        self.form.is_valid()
        found: dict[str, Any] = self.form.cleaned_data
        return found

    @property
    def text(self) -> str:
        return " ".join(str(self.cleaned.get("q") or "").replace("\0", " ").split())

    @property
    def sort(self) -> str:
        chosen = self.cleaned.get("sort")
        if chosen:
            return str(chosen)
        return RELEVANCE if self.text or not self.sorts else self.sorts[0].value

    def chosen(self, spec: FacetSpec) -> list[str]:
        return list(self.cleaned.get(spec.name) or [])

    def bounds(self, spec: RangeSpec) -> tuple[Decimal | None, Decimal | None]:
        return self.cleaned.get(f"{spec.name}_min"), self.cleaned.get(f"{spec.name}_max")

    def query(self, *, page: int = 1, per_page: int = PER_PAGE[0], counted: bool = True) -> Query:
        """The question of this address. `counted` asks for the facet counts and histograms a page shows."""
        filters: dict[str, Sequence[str]] = dict(self.always())
        for spec in self.facets:
            values = self.chosen(spec)
            if values:
                filters[spec.name] = narrowest(values) if spec.tree else values
        ranges: dict[str, tuple[int | None, int | None]] = {}
        missing = set()
        for bound in self.ranges:
            low, high = self.bounds(bound)
            if low is not None or high is not None:
                ranges[bound.name] = (
                    None if low is None else bound.low(low),
                    None if high is None else bound.high(high),
                )
                if self.cleaned.get(f"{bound.name}_missing"):
                    missing.add(bound.name)
        return Query(
            text=self.text,
            filters=filters,
            ranges=ranges,
            include_missing=frozenset(missing),
            sort=self.sort,
            page=page,
            per_page=per_page,
            facets=tuple(spec.name for spec in self.facets) if counted else (),
            histograms={one.name: one.edges for one in self.ranges if one.edges} if counted else {},
        )

    def search(self, *, page: int = 1, per_page: int = PER_PAGE[0], counted: bool = True) -> Result:
        """The answer. Text that reads as a number is looked up as one first, and as words when no such number is
        known."""
        query = self.query(page=page, per_page=per_page, counted=counted)
        keys = self.exact_keys(self.text) if self.text else []
        if keys:
            by_number = replace(query, text="", filters={**query.filters, self.numbers_field: keys})
            found = index.search(self.collection, by_number)
            if found.total:
                return found
        return index.search(self.collection, query)

    def every_id(self, limit: int = EXPORT_LIMIT) -> Iterator[list[int]]:
        """Ids of all that is found, page by page, in the order shown; at most `limit`."""
        given, page = 0, 1
        while given < limit:
            found = self.search(page=page, per_page=EXPORT_PAGE, counted=False)
            ids = found.ids[: limit - given]
            if not ids:
                return
            yield ids
            given += len(ids)
            page += 1

    def filter_queryset(self, queryset: Any) -> Any:
        """For django-filter's own callers: the rows of everything found, as a set."""
        ids = [one for ids in self.every_id() for one in ids]
        return queryset.filter(pk__in=ids)


def narrowest(values: Sequence[str]) -> list[str]:
    """Chosen tree values without those that a chosen descendant narrows: C with C08 means C08."""
    return [one for one in values if not any(other != one and other.startswith(one) for other in values)]


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────
Rows = Callable[[Sequence[int], str], Sequence[Mapping[str, Any]]]
_ROW_NAMES = (
    "pk",
    "url",
    "title",
    "plain_title",
    "numbers",
    "owner",
    "is_sample",
    "why",
    "starts_on",
    "expires_on",
    "rights",
    "mode",
    "exact",
)


def result_row(row: Mapping[str, Any]) -> ResultRow:
    """A row given as a mapping, as the fast row writer takes it; names it does not hold stay empty."""
    told = {name: row[name] for name in _ROW_NAMES if row.get(name) not in (None, "")}
    price = row.get("price") or row.get("price_large") or row.get("price_words") or ""
    return ResultRow(**told, price=price, is_picked=bool(row.get("picked")))


def search_page(
    request: HttpRequest,
    filterset: type[SearchFilter] | SearchFilter,
    *,
    rows: Rows,
    export_url: str = "",
    compare_url: str = "",
    counted: bool = True,
) -> dict[str, Any]:
    """What templates/search/page.html shows for this address.

    `rows` turns ids (in order) and the search text into mappings named as core.rows.ResultRow has them. `export_url`
    and `compare_url` are URL names. A page number beyond the end shows the last page. Raises what the index raises when
    it is not built.
    """
    made = filterset if isinstance(filterset, SearchFilter) else filterset(request.GET, request=request)
    asked = cast(SearchFilter, made)  # its untyped base class keeps the checker from seeing it
    per_page = _choice(request.GET.get("per_page"), PER_PAGE)
    page = _whole(request.GET.get("page"))
    found = asked.search(page=page, per_page=per_page, counted=counted)
    last = max(1, -(-found.total // per_page))
    if page > last:
        page = last
        found = asked.search(page=page, per_page=per_page, counted=counted)
    picked = picked_ids(request)
    listed = [{**row, "picked": row["pk"] in picked} for row in rows(found.ids, asked.text)]
    keep = request.GET.copy()
    for name in ("page", "pick"):
        keep.pop(name, None)
    address = keep.urlencode()
    return {
        "filter": asked,
        "form": asked.form,
        "q": asked.text,
        "rows": listed,
        "result_rows": lambda: [result_row(row) for row in listed],  # only pages that use the common row pay for it
        "result": found,
        "total": found.total,
        "took_ms": max(1, round(found.took_ms)),
        "indexed_ago_s": max(0, round((datetime.now(UTC) - found.indexed_at).total_seconds())),
        "relaxed": found.relaxed,
        "groups": groups(asked, found),
        "chips": chips(asked, request.GET),
        "clear_url": "?" + _without(request.GET, keep_only=("q",)).urlencode(),
        "number": page,
        "last": last,
        "per_page": per_page,
        "sorts": [{"value": one.value, "label": one.label, "chosen": one.value == asked.sort} for one in asked.sorts],
        "picked_ids": picked,
        "pickable": bool(compare_url),
        "compare_url": reverse(compare_url) if compare_url else "",
        "exports": [
            {"label": kind.upper(), "url": f"{reverse(export_url, args=[kind])}{'?' if address else ''}{address}"}
            for kind in ("csv", "xlsx")
        ]
        if export_url
        else [],
        "address": address,
    }


def picked_ids(request: HttpRequest) -> list[int]:
    """The rows ticked for comparison, as the address has them: whole numbers, each once, four at most."""
    found = [int(one) for one in request.GET.getlist("pick") if one.isascii() and one.isdigit() and len(one) < 19]
    return list(dict.fromkeys(found))[:MOST_COMPARED]


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
    if spec.tree:
        values = _open_branches(sorted(counts), chosen, spec.tree)
    else:
        place = {value: at for at, value in enumerate(spec.order)}
        values = sorted(counts, key=lambda one: (place.get(one, len(place)), -counts[one], one))
    options = [
        FacetOption(
            value,
            spec.word(value),
            counts[value],
            is_chosen=value in chosen,
            depth=spec.tree.index(len(value)) if spec.tree and len(value) in spec.tree else 0,
        )
        for value in values
    ]
    if spec.tree:
        shown, folded = options, []
    else:
        keep = max(spec.top, len(spec.order))
        shown = [one for at, one in enumerate(options) if at < keep or one.is_chosen]
        folded = [one for at, one in enumerate(options) if at >= keep and not one.is_chosen]
    return {
        "name": spec.name,
        "legend": spec.legend,
        "options": shown,
        "more_options": folded,
        "more_label": _("%(count)s more") % {"count": len(folded)},
        "is_range": False,
    }


def _open_branches(values: Sequence[str], chosen: Sequence[str], lengths: tuple[int, ...]) -> list[str]:
    """The top level, and under a chosen value the next level; values sorted so that children follow their parent."""
    top = lengths[0]
    opened = {one[:cut] for one in chosen for cut in lengths if cut <= len(one)}
    return [
        one
        for one in values
        if len(one) == top
        or one in opened
        or (len(one) in lengths and one[: lengths[lengths.index(len(one)) - 1]] in opened)
    ]


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
        "legend": f"{spec.legend}（{spec.unit}）" if spec.unit else spec.legend,
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
        kept = _without(address, drop=(f"{bound.name}_min", f"{bound.name}_max", f"{bound.name}_missing", "page"))
        made.append({"label": f"{bound.legend} {shown} {bound.unit}".strip(), "href": "?" + kept.urlencode()})
    return made


def _dropping(address: QueryDict, name: str, value: str) -> QueryDict:
    kept = _without(address, drop=("page",))
    kept.setlist(name, [one for one in kept.getlist(name) if one.strip() != value])
    return kept


def _without(address: QueryDict, drop: Sequence[str] = (), keep_only: Sequence[str] | None = None) -> QueryDict:
    kept = address.copy()
    for name in list(kept):
        if name in drop or (keep_only is not None and name not in keep_only):
            del kept[name]
    return kept


def _whole(text: str | None) -> int:
    """A page number from 1; anything else is page 1."""
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 10 else 1


def _choice(text: str | None, choices: Sequence[int]) -> int:
    return next((one for one in choices if str(one) == text), choices[0])
