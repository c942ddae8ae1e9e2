"""Mandates and introductions for programs: the pages' services and refusals."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from listings.brokers import access
from listings.brokers.matters import matter_of
from listings.brokers.models import Introduction, Mandate
from listings.brokers.services import introductions, mandates
from listings.brokers.states import Payer, Scope, Side
from marketplace.core.actor import Actor

MOST = 100


def actor_of(request: Request) -> Actor:
    """The actor behind the token or session."""
    actor: Actor = request._request.actor  # type: ignore[attr-defined]
    return actor


class IntroductionSerializer(serializers.ModelSerializer[Introduction]):
    class Meta:
        model = Introduction
        fields = ("id", "matter_number", "other", "is_dual", "note", "terms", "at")
        read_only_fields = fields


class MandateSerializer(serializers.ModelSerializer[Mandate]):
    """A mandate as its two sides see it."""

    number = serializers.CharField(read_only=True)
    introductions = IntroductionSerializer(many=True, read_only=True)

    class Meta:
        model = Mandate
        fields = (
            "id",
            "number",
            "state",
            "client",
            "broker",
            "proposed_by",
            "side",
            "scope",
            "asset_ids",
            "matter_number",
            "territories",
            "is_exclusive",
            "starts_on",
            "ends_on",
            "tail_months",
            "commission_pct",
            "payer",
            "note",
            "due_at",
            "introductions",
        )
        read_only_fields = fields


class MandateWriteSerializer(serializers.Serializer[Any]):
    """A mandate to propose; `client` or `broker` is one's own organisation."""

    client = serializers.IntegerField(min_value=1)
    broker = serializers.IntegerField(min_value=1)
    side = serializers.ChoiceField(Side.choices, default=Side.SELLING)
    scope = serializers.ChoiceField(Scope.choices, default=Scope.ALL)
    asset_ids = serializers.ListField(child=serializers.IntegerField(min_value=1), default=list, max_length=200)
    matter_number = serializers.CharField(max_length=20, default="", allow_blank=True)
    territories = serializers.ListField(child=serializers.CharField(max_length=12), default=list, max_length=40)
    is_exclusive = serializers.BooleanField(default=False)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    tail_months = serializers.IntegerField(min_value=0, max_value=36, default=6)
    commission_pct = serializers.DecimalField(max_digits=6, decimal_places=3)
    payer = serializers.ChoiceField(Payer.choices, default=Payer.SPLIT)
    note = serializers.CharField(max_length=4000, default="", allow_blank=True)


class IntroductionWriteSerializer(serializers.Serializer[Any]):
    matter = serializers.CharField(max_length=20)
    other = serializers.IntegerField(min_value=1)
    discloses_dual = serializers.BooleanField(default=False)
    note = serializers.CharField(max_length=2000, default="", allow_blank=True)


class MandateReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


@extend_schema_view(
    list=extend_schema(summary="Mandates given and held, newest first", responses=MandateSerializer(many=True)),
    retrieve=extend_schema(summary="One mandate with its introductions", responses=MandateSerializer),
    create=extend_schema(
        summary="Propose a mandate", request=MandateWriteSerializer, responses={201: MandateSerializer}
    ),
)
class MandateViewSet(viewsets.GenericViewSet[Mandate]):
    queryset = Mandate.objects.none()
    serializer_class = MandateSerializer
    permission_classes = [IsAuthenticated]
    pagination_class = None
    filter_backends: list[Any] = []
    lookup_value_regex = "[0-9]{1,18}"

    def list(self, request: Request) -> Response:
        rows = access.mandates_seen_by(actor_of(request)).prefetch_related("introductions").order_by("-pk")[:MOST]
        return Response(MandateSerializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(self._one(request, pk))

    def _one(self, request: Request, pk: int) -> dict[str, Any]:
        return dict(MandateSerializer(access.mandate_of(actor_of(request), pk)).data)

    def create(self, request: Request) -> Response:
        writer = MandateWriteSerializer(data=request.data)
        writer.is_valid(raise_exception=True)
        told = dict(writer.validated_data)
        made = mandates.propose_mandate(
            client_id=told.pop("client"), broker_id=told.pop("broker"), by=actor_of(request), **told
        )
        return Response(self._one(request, made.pk), status=status.HTTP_201_CREATED)

    @extend_schema(summary="Accept a proposed mandate", request=None, responses=MandateSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: int) -> Response:
        found = access.mandate_of(actor_of(request), pk)
        mandates.accept_mandate(mandate_id=found.pk, by=actor_of(request))
        return Response(self._one(request, pk))

    @extend_schema(summary="Decline a proposed mandate", request=None, responses=MandateSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: int) -> Response:
        found = access.mandate_of(actor_of(request), pk)
        mandates.decline_mandate(mandate_id=found.pk, by=actor_of(request))
        return Response(self._one(request, pk))

    @extend_schema(summary="Withdraw one's proposal", request=None, responses=MandateSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: int) -> Response:
        found = access.mandate_of(actor_of(request), pk)
        mandates.withdraw_mandate(mandate_id=found.pk, by=actor_of(request))
        return Response(self._one(request, pk))

    @extend_schema(summary="End a mandate early", request=MandateReasonSerializer, responses=MandateSerializer)
    @action(detail=True, methods=["post"])
    def terminate(self, request: Request, pk: int) -> Response:
        found = access.mandate_of(actor_of(request), pk)
        reader = MandateReasonSerializer(data=request.data)
        reader.is_valid(raise_exception=True)
        mandates.terminate_mandate(mandate_id=found.pk, by=actor_of(request), reason=reader.validated_data["reason"])
        return Response(self._one(request, pk))

    @extend_schema(
        summary="Record an introduction", request=IntroductionWriteSerializer, responses={201: IntroductionSerializer}
    )
    @action(detail=True, methods=["post"])
    def introduce(self, request: Request, pk: int) -> Response:
        found = access.mandate_of(actor_of(request), pk)
        reader = IntroductionWriteSerializer(data=request.data)
        reader.is_valid(raise_exception=True)
        told = reader.validated_data
        made = introductions.introduce(
            mandate_id=found.pk,
            matter=matter_of(told["matter"].strip().upper()),
            other_id=told["other"],
            by=actor_of(request),
            discloses_dual=told["discloses_dual"],
            note=told["note"],
        )
        return Response(IntroductionSerializer(made).data, status=status.HTTP_201_CREATED)
