"""Deals for programs: the same access, forms and services as the pages.

A step is posted to the thing it moves: `/deals/D-…/steps/cancel/`, `/deals/D-…/filings/7/steps/file/`. What it takes is
the page's form; files come as multipart.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from listings.catalogue.api import actor_of
from listings.deals import access, acts, money
from listings.deals.models import Deal, Dispute, Filing
from listings.deals.models.deal import DealQuerySet
from listings.deals.refusals import ProceedsTooSmall
from marketplace.portal.steps import Step, take_given


class FilingSerializer(serializers.ModelSerializer[Filing]):
    """A matter at an office."""

    class Meta:
        model = Filing
        fields = (
            "id", "kind", "state", "owed_by", "due_on", "filed_on", "reference", "refusal", "correct_by", "recorded_on",
        )  # fmt: skip
        read_only_fields = fields


class DisputeSerializer(serializers.ModelSerializer[Dispute]):
    """A dispute; `seller_pct` is the share of the money held that goes to the seller's side."""

    class Meta:
        model = Dispute
        fields = ("id", "state", "raised_by", "complaint", "seller_pct", "decision", "state_since", "due_at")
        read_only_fields = fields


class LegSerializer(serializers.Serializer[Any]):
    """A part of the price: to whom (null is the platform), why, how much."""

    payee = serializers.IntegerField(source="payee_id", allow_null=True)
    purpose = serializers.CharField()
    amount = serializers.DecimalField(source="money.amount", max_digits=18, decimal_places=2)


class DealSerializer(serializers.ModelSerializer[Deal]):
    """A deal with what was agreed, where it stands, and where the price goes."""

    listing = serializers.CharField(source="listing.number")
    assets = serializers.SerializerMethodField()
    contract = serializers.IntegerField(source="contract_id", allow_null=True)
    held = serializers.SerializerMethodField()
    split = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()
    filings = FilingSerializer(many=True, read_only=True)
    disputes = DisputeSerializer(many=True, read_only=True)

    class Meta:
        model = Deal
        fields = (
            "id", "number", "state", "state_since", "due_at", "listing", "seller", "buyer", "pledgee", "assets", "mode",
            "title_zh", "title_en", "price", "currency", "deposit", "platform_fee_pct", "hold_back_pct",
            "hold_back_days", "payoff", "terms", "contract", "agreed_at", "effective_on", "held", "split", "steps",
            "filings", "disputes",
        )  # fmt: skip
        read_only_fields = fields

    def get_assets(self, deal: Deal) -> list[int]:
        return [one.asset_id for one in deal.dealt.all()]

    def get_held(self, deal: Deal) -> str:
        return f"{money.held(deal).amount:.2f}"

    @extend_schema_field(LegSerializer(many=True))
    def get_split(self, deal: Deal) -> list[dict[str, Any]]:
        try:
            return [dict(one) for one in LegSerializer(money.legs_of(deal), many=True).data]
        except ProceedsTooSmall:
            return []

    def get_steps(self, deal: Deal) -> list[str]:
        """The steps open to the caller now."""
        return [step.verb for step in acts.deal_steps(deal, actor_of(self.context["request"]))]


@extend_schema_view(
    list=extend_schema(summary="Deals of one's organisation, soonest deadline first"),
    retrieve=extend_schema(summary="One deal"),
)
class DealViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Deal]):
    """Deals in which the caller's organisation buys, sells, brokers, owns a share or holds the pledge."""

    permission_classes = (IsAuthenticated,)
    serializer_class = DealSerializer
    parser_classes = (JSONParser, FormParser, MultiPartParser)
    lookup_field = "number"
    lookup_value_regex = "[A-Z0-9-]+"
    queryset = Deal.objects.none()

    def get_queryset(self) -> DealQuerySet:
        seen = access.deals_seen_by(actor_of(self.request))
        return (
            seen.select_related("listing", "offer", "buyer", "contract")
            .prefetch_related("dealt", "filings", "disputes", "shares__inventors", "commissions")
            .order_by("due_at", "-pk")
        )

    @extend_schema(summary="Take a step of the deal", request=OpenApiTypes.OBJECT, responses=DealSerializer)
    @action(detail=True, methods=["post"], url_path=r"steps/(?P<verb>[a-z_]+)")
    def step(self, request: Request, number: str, verb: str) -> Response:
        deal = access.deal_of(actor_of(request), number)
        return self._take(request, deal, deal, acts.DEAL_STEPS.get(verb))

    @extend_schema(summary="Take a step of a filing", request=OpenApiTypes.OBJECT, responses=DealSerializer)
    @action(detail=True, methods=["post"], url_path=r"filings/(?P<pk>\d+)/steps/(?P<verb>[a-z_]+)")
    def filing_step(self, request: Request, number: str, pk: str, verb: str) -> Response:
        deal = access.deal_of(actor_of(request), number)
        return self._take(
            request, deal, access.filing_of(actor_of(request), deal, int(pk)), acts.FILING_STEPS.get(verb)
        )

    @extend_schema(summary="Take a step of a dispute", request=OpenApiTypes.OBJECT, responses=DealSerializer)
    @action(detail=True, methods=["post"], url_path=r"disputes/(?P<pk>\d+)/steps/(?P<verb>[a-z_]+)")
    def dispute_step(self, request: Request, number: str, pk: str, verb: str) -> Response:
        deal = access.deal_of(actor_of(request), number)
        return self._take(
            request, deal, access.dispute_of(actor_of(request), deal, int(pk)), acts.DISPUTE_STEPS.get(verb)
        )

    def _take(self, request: Request, deal: Deal, subject: Any, step: Step | None) -> Response:
        """Check the input by the page's form, call the one service, answer with the deal as it is now."""
        acts.demand_part(deal, actor_of(request))
        take_given(subject, step, request.data, request.FILES, actor_of(request))
        return Response(DealSerializer(self.get_queryset().get(pk=deal.pk), context={"request": request}).data)
