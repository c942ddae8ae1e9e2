"""Closed deals to compare with, for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from listings.catalogue.api import actor_of
from marketplace.core.errors import NotFound
from valuation.appraisals import access
from valuation.appraisals.comparables import MODES, candidates


class CandidateSerializer(serializers.Serializer[Any]):
    """A closed deal: its price to two figures; the year only where three deals share it."""

    price = serializers.DecimalField(18, 2)
    year = serializers.IntegerField(allow_null=True)


class CandidatesSerializer(serializers.Serializer[Any]):
    """What the market offers to compare one right with. `rows` are empty where fewer than three deals, sellers or
    buyers stand behind every group; `nearness` is "area" (IPC subclass), "section" or "kind"."""

    asset = serializers.IntegerField(source="asset_id")
    mode = serializers.CharField()
    currency = serializers.CharField()
    nearness = serializers.CharField()
    count = serializers.SerializerMethodField()
    first = serializers.IntegerField(allow_null=True)
    last = serializers.IntegerField(allow_null=True)
    median = serializers.DecimalField(18, 2, allow_null=True)
    dispersion = serializers.DecimalField(8, 4, allow_null=True)
    rows = CandidateSerializer(many=True)

    def get_count(self, one: Any) -> int:
        return len(one.rows)


class ComparablesView(APIView):
    """For the agency at work on the order."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="appraisals_comparables",
        summary="Closed deals of this market to compare an order's rights with",
        parameters=[OpenApiParameter("mode", enum=[str(one) for one in MODES])],
        responses=CandidatesSerializer(many=True),
    )
    def get(self, request: Request, number: str) -> Response:
        actor = actor_of(request)
        order = access.order_of(actor, number)
        if not access.is_appraising(actor, order):
            raise NotFound()
        found = candidates(order, request.query_params.get("mode", ""))
        return Response(CandidatesSerializer(found, many=True).data)
