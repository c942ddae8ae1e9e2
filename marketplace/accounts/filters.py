"""The directory's filters, the same on the page and in the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation, OrganisationQuerySet, Region, in_language
from marketplace.accounts.roles import Kind
from marketplace.core.rows import FacetOption

LONGEST_TEXT = 100


class OrganisationFilter(django_filters.FilterSet):
    """Kind and region take several values; a region holds its counties and parks; every word of the text must occur."""

    q = django_filters.CharFilter(method="by_text", label=_("Name or introduction"))
    kind = django_filters.MultipleChoiceFilter(choices=Kind.choices, label=_("Kind"))
    region = django_filters.ModelMultipleChoiceFilter(
        queryset=Region.objects.all(), to_field_name="code", method="by_region", label=_("Region")
    )

    class Meta:
        model = Organisation
        fields: Sequence[str] = ()

    def by_text(self, queryset: OrganisationQuerySet, name: str, value: str) -> OrganisationQuerySet:
        for word in value[:LONGEST_TEXT].replace("\x00", "").split()[:8]:
            queryset = queryset.filter(
                Q(name_zh__icontains=word)
                | Q(name_en__icontains=word)
                | Q(intro_zh__icontains=word)
                | Q(intro_en__icontains=word)
            )
        return queryset

    def by_region(self, queryset: OrganisationQuerySet, name: str, value: Any) -> OrganisationQuerySet:
        codes = [region.code for region in value]
        if not codes:
            return queryset
        return queryset.filter(
            Q(region__code__in=codes)
            | Q(region__parent__code__in=codes)
            | Q(region__parent__parent__code__in=codes)
            | Q(region__parent__parent__parent__code__in=codes)
        )


def facets(found: OrganisationFilter) -> list[dict[str, Any]]:
    """Counts per kind and region: each group is counted under all other filters but not its own."""
    chosen_kinds = set(found.data.getlist("kind")) if hasattr(found.data, "getlist") else set()
    chosen_regions = set(found.data.getlist("region")) if hasattr(found.data, "getlist") else set()
    by_kind = dict(_under(found, without="kind").order_by().values_list("kind").annotate(n=Count("pk")))
    by_region = _under(found, without="region").order_by().values("region__code", "region__name_zh", "region__name_en")
    regions = sorted(
        by_region.exclude(region=None).annotate(n=Count("pk")), key=lambda row: (-row["n"], row["region__code"])
    )
    zero = _unlisted(chosen_regions, {row["region__code"] for row in regions})
    return [
        {
            "name": "kind",
            "legend": _("Kind"),
            "options": [
                FacetOption(kind.value, str(kind.label), by_kind.get(kind.value, 0), kind in chosen_kinds)
                for kind in Kind
            ],
        },
        {
            "name": "region",
            "legend": _("Region"),
            "options": [
                FacetOption(
                    row["region__code"],
                    in_language(row["region__name_zh"], row["region__name_en"]),
                    row["n"],
                    row["region__code"] in chosen_regions,
                )
                for row in regions
            ]
            + zero,
        },
    ]


def _under(found: OrganisationFilter, *, without: str) -> QuerySet[Organisation]:
    """The unfiltered directory under every filter except one."""
    rows: QuerySet[Organisation] = found.queryset.all()
    for name, value in found.form.cleaned_data.items():
        if name != without:
            rows = found.filters[name].filter(rows, value)
    return rows


def _unlisted(chosen: set[str], listed: set[str]) -> list[FacetOption]:
    """Chosen regions that hold nothing themselves (a city whose parks hold all), so that they can be unticked."""
    missing = chosen - listed
    if not missing:
        return []
    return [FacetOption(region.code, str(region), 0, True) for region in Region.objects.filter(code__in=missing)]
