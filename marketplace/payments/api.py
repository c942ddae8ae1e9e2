"""One's own money for programs: what is owed, payouts, invoices."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.payments import access
from marketplace.payments.models import Invoice, Obligation, PayIn, Payout
from marketplace.payments.services.payins import begin_payin


def actor_of(request: Request) -> Actor:
    """The actor behind the token or session."""
    actor: Actor = request._request.actor  # type: ignore[attr-defined]
    return actor


class Pages(PageNumberPagination):
    """Twenty-five at a time, a hundred at most."""

    page_size = 25
    page_size_query_param = "per_page"
    max_page_size = 100


class PayInSerializer(serializers.ModelSerializer[PayIn]):
    """A way of paying: `instructions` is a page to go to, or bank details with the reference."""

    class Meta:
        model = PayIn
        fields = ("id", "provider", "state", "amount", "currency", "received", "instructions", "created_at")
        read_only_fields = fields


class ObligationSerializer(serializers.ModelSerializer[Obligation]):
    """A sum one's organisation owes into holding. Amounts are strings."""

    payins = PayInSerializer(many=True, read_only=True)
    outstanding = serializers.DecimalField(max_digits=18, decimal_places=2, read_only=True)
    is_overdue = serializers.BooleanField(read_only=True)

    class Meta:
        model = Obligation
        fields = (
            "reference",
            "purpose",
            "subject_kind",
            "subject_id",
            "title_zh",
            "title_en",
            "amount",
            "currency",
            "paid",
            "refunded",
            "outstanding",
            "state",
            "pay_by",
            "is_overdue",
            "payins",
        )
        read_only_fields = fields


class PayoutSerializer(serializers.ModelSerializer[Payout]):
    """A sum on its way to one's organisation."""

    class Meta:
        model = Payout
        fields = (
            "reference",
            "purpose",
            "subject_kind",
            "subject_id",
            "amount",
            "currency",
            "provider",
            "state",
            "created_at",
            "paid_at",
        )
        read_only_fields = fields


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """An invoice or credit note one's organisation issued or received."""

    credits: serializers.SlugRelatedField[Invoice] = serializers.SlugRelatedField(slug_field="number", read_only=True)

    class Meta:
        model = Invoice
        fields = (
            "number",
            "kind",
            "parties",
            "currency",
            "net",
            "tax",
            "total",
            "lines",
            "credits",
            "reason",
            "subject_kind",
            "subject_id",
            "issued_at",
        )
        read_only_fields = fields


class BeginSerializer(serializers.Serializer[Any]):
    """By which way to pay."""

    provider = serializers.SlugField(max_length=24)


class OwnViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Lists and shows what belongs to one's own organisation."""

    permission_classes = (IsAuthenticated,)
    pagination_class = Pages
    lookup_value_regex = "[A-Za-z0-9_-]+"

    def get_object(self) -> Any:
        """Raises NotFound like every page."""
        return found(self.get_queryset(), **{self.lookup_field: self.kwargs[self.lookup_field]})


@extend_schema_view(list=extend_schema(tags=["money"]), retrieve=extend_schema(tags=["money"]))
class ObligationViewSet(OwnViewSet):
    """What one's organisation owes and has paid."""

    serializer_class = ObligationSerializer
    queryset = Obligation.objects.none()
    lookup_field = "reference"

    def get_queryset(self) -> QuerySet[Obligation]:
        return access.own_obligations(actor_of(self.request)).prefetch_related("payins").order_by("-pk")

    @extend_schema(tags=["money"], request=BeginSerializer, responses=PayInSerializer)
    @action(detail=True, methods=["post"])
    def pay(self, request: Request, reference: str = "") -> Response:
        """Open a way of paying and give its instructions; the one already open if there is one."""
        row = self.get_object()
        asked = BeginSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        payin = begin_payin(obligation_id=row.pk, provider=asked.validated_data["provider"], by=actor_of(request))
        return Response(PayInSerializer(payin).data)


@extend_schema_view(list=extend_schema(tags=["money"]), retrieve=extend_schema(tags=["money"]))
class PayoutViewSet(OwnViewSet):
    """What is paid out to one's organisation."""

    serializer_class = PayoutSerializer
    queryset = Payout.objects.none()
    lookup_field = "reference"

    def get_queryset(self) -> QuerySet[Payout]:
        return access.own_payouts(actor_of(self.request)).order_by("-pk")


@extend_schema_view(list=extend_schema(tags=["money"]), retrieve=extend_schema(tags=["money"]))
class InvoiceViewSet(OwnViewSet):
    """Invoices and credit notes of one's organisation."""

    serializer_class = InvoiceSerializer
    queryset = Invoice.objects.none()
    lookup_field = "number"

    def get_queryset(self) -> QuerySet[Invoice]:
        return access.own_invoices(actor_of(self.request)).select_related("credits").order_by("-pk")
