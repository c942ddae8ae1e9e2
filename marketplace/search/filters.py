"""The filters of an address: what was typed and ticked, read into a Query.

One `SearchFilter` (a django-filter set whose filters are facets and ranges of a collection) serves the page, the API,
the export and saved searches, so all of them mean the same by an address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, ClassVar

import django_filters
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.search import index
from marketplace.search.fields import RELEVANCE, Query, Result
from marketplace.search.specs import FacetSpec, RangeSpec, SortSpec

MOST_VALUES = 60
LONGEST_VALUE = 80
LONGEST_TEXT = 200
PER_PAGE = (20, 50, 100)
EXPORT_LIMIT = 10_000
EXPORT_PAGE = 500
LARGEST_BOUND = Decimal(10) ** 15


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
                filters[spec.name] = spec.tree().narrowest(values) if spec.tree else values
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
