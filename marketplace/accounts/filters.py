"""The directory's filters, the same on the page and in the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.accounts import regions
from marketplace.accounts.models import Organisation, OrganisationQuerySet, Region
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
        codes = regions.tree().narrowest(region.code for region in value)
        if not codes:
            return queryset
        within = [pk for pk, line in regions.codes_upwards().items() if set(codes) & set(line)]
        return queryset.filter(region__in=within)


def facets(found: OrganisationFilter) -> list[dict[str, Any]]:
    """Counts per kind and region: each group is counted under all other filters but not its own."""
    chosen_kinds = set(found.data.getlist("kind")) if hasattr(found.data, "getlist") else set()
    by_kind = dict(_under(found, without="kind").order_by().values_list("kind").annotate(n=Count("pk")))
    return [
        {
            "name": "kind",
            "legend": _("Kind"),
            "options": [
                FacetOption(kind.value, str(kind.label), by_kind.get(kind.value, 0), kind in chosen_kinds)
                for kind in Kind
            ],
        },
        {"name": "region", "legend": _("Region"), "options": _regions(found)},
    ]


def _regions(found: OrganisationFilter) -> list[FacetOption]:
    """Each place with what lies in it, as far as the tree stands open."""
    chosen = [region.code for region in found.form.cleaned_data["region"]]
    counts = dict.fromkeys(chosen, 0)
    lines = regions.codes_upwards()
    held = _under(found, without="region").exclude(region=None).order_by().values_list("region")
    for region_id, count in held.annotate(n=Count("pk")):
        for code in lines[region_id]:
            counts[code] = counts.get(code, 0) + count
    tree = regions.tree()
    return [
        FacetOption(code, regions.name_of(code), counts[code], code in chosen, tree.depth(code))
        for code in tree.open(counts, chosen)
    ]


def _under(found: OrganisationFilter, *, without: str) -> QuerySet[Organisation]:
    """The unfiltered directory under every filter except one."""
    rows: QuerySet[Organisation] = found.queryset.all()
    for name, value in found.form.cleaned_data.items():
        if name != without:
            rows = found.filters[name].filter(rows, value)
    return rows
