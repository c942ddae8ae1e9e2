"""The public directory for programs: the facts the page shows, the same filters, counts per facet in the answer."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.filters import OrganisationFilter, facets
from marketplace.accounts.models import Organisation
from marketplace.core.access import found


class RegionSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    """Public facts only: no contact persons, no papers, no members."""

    region = RegionSerializer(allow_null=True, read_only=True)
    verified_at = serializers.DateTimeField(read_only=True)

    class Meta:
        model = Organisation
        fields = (
            "id",
            "kind",
            "name_zh",
            "name_en",
            "uscc",
            "country",
            "region",
            "website",
            "intro_zh",
            "intro_en",
            "verified_at",
            "is_sample",
        )
        read_only_fields = fields


class FacetOptionSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field is taken out of the class when it is made
    count = serializers.IntegerField()
    chosen = serializers.BooleanField(source="is_chosen")


class FacetSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    options = FacetOptionSerializer(many=True)


class DirectoryPages(PageNumberPagination):
    """Twenty to a page, at most a hundred; the counts per facet stand beside the results."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_paginated_response(self, data: Any) -> Response:
        answer = super().get_paginated_response(data)
        answer.data["facets"] = FacetSerializer(self.facets, many=True).data
        return answer

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = super().get_paginated_response_schema(schema)
        answer["properties"]["facets"] = {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "options": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "value": {"type": "string"},
                                "label": {"type": "string"},
                                "count": {"type": "integer"},
                                "chosen": {"type": "boolean"},
                            },
                        },
                    },
                },
            },
        }
        return answer

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        self.facets = facets(view.found) if view is not None and hasattr(view, "found") else []
        return super().paginate_queryset(queryset, request, view)


class OrganisationList(generics.ListAPIView[Organisation]):
    """Verified organisations."""

    serializer_class = OrganisationSerializer
    pagination_class = DirectoryPages
    filterset_class = OrganisationFilter
    queryset = Organisation.objects.public()

    def filter_queryset(self, queryset: QuerySet[Organisation, Any]) -> QuerySet[Organisation, Any]:
        self.found = OrganisationFilter(self.request.query_params, queryset=Organisation.objects.public())
        if not self.found.is_valid():
            raise serializers.ValidationError(self.found.errors)
        rows: QuerySet[Organisation, Any] = self.found.qs
        return rows.select_related("region").order_by("-verified_at", "pk")


@extend_schema(summary="One verified organisation")
class OrganisationDetail(generics.RetrieveAPIView[Organisation]):
    serializer_class = OrganisationSerializer
    queryset = Organisation.objects.public()

    def get_object(self) -> Organisation:
        return found(Organisation.objects.public().select_related("region"), pk=self.kwargs["pk"])
