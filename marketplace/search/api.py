"""A list answered by search, for programs: its parameters, its answer, and the shape of both in the description."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from marketplace.search.filters import SearchFilter

MOST_PER_PAGE = 100
LAST_PAGE = 1_000_000


class FacetCountSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field is taken out of the class when it is made
    count = serializers.IntegerField()


def answer_schema(name: str, of: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The shape of a list's answer whose results are `of`."""
    relaxed = "Nothing has all the words; what has most of them is listed."
    return type(
        name,
        (serializers.Serializer,),
        {
            "count": serializers.IntegerField(),
            "page": serializers.IntegerField(),
            "per_page": serializers.IntegerField(),
            "took_ms": serializers.FloatField(),
            "relaxed": serializers.BooleanField(help_text=relaxed),
            "facets": serializers.DictField(child=FacetCountSerializer(many=True)),
            "results": of(many=True),
        },
    )


def parameters_of(filterset: type[SearchFilter]) -> list[OpenApiParameter]:
    """The filters of a list as the description names them: in English, whoever imports this first."""
    many = {spec.name for spec in filterset.facets}
    with translation.override("en"):
        named = [
            OpenApiParameter(name, OpenApiTypes.STR, description=str(one.label or ""), many=name in many)
            for name, one in filterset.base_filters.items()
        ]
    return [*named, OpenApiParameter("page", OpenApiTypes.INT), OpenApiParameter("per_page", OpenApiTypes.INT)]


def found_page(
    request: Request,
    filterset: type[SearchFilter],
    in_order: Callable[[Sequence[int]], Sequence[Any]],
    serializer: type[serializers.BaseSerializer[Any]],
) -> dict[str, Any]:
    """One page of what the address asks for, with the facets' counts. Raises ValidationError."""
    asked = filterset(request.query_params, request=request)
    if not asked.form.is_valid():
        raise serializers.ValidationError(asked.form.errors)
    page = _whole(request, "page", 1, LAST_PAGE)
    per_page = _whole(request, "per_page", 20, MOST_PER_PAGE)
    found = asked.search(page=page, per_page=per_page)
    word = {spec.name: spec.word for spec in asked.facets}
    return {
        "count": found.total,
        "page": page,
        "per_page": per_page,
        "took_ms": round(found.took_ms, 2),
        "relaxed": found.relaxed,
        "facets": {
            name: [{"value": value, "label": word[name](value), "count": count} for value, count in counts]
            for name, counts in found.facets.items()
        },
        "results": serializer(in_order(found.ids), many=True).data,
    }


def _whole(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and 1 <= int(text) <= most):
        raise serializers.ValidationError({name: _("A whole number from 1 to %(most)s.") % {"most": most}})
    return int(text)
