"""Live loans for programs: the same access, forms and services as the pages.

A payment is known by its bank's reference, so posting it twice enters it once, and another content under the same
reference is refused with 409. Every step takes an `Idempotency-Key` besides (marketplace/core/replaying.py).
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from listings.catalogue.api import actor_of
from loans.live import access, acts
from loans.live.early import previewed
from loans.live.forms import EarlyForm
from loans.models import Loan
from loans.models.loan import LoanQuerySet, in_money
from loans.services.repaying import quoted
from loans.services.standing import position_of
from loans.services.statements import read_repayments
from marketplace.core import clock
from marketplace.core.errors import Missing
from marketplace.core.replaying import KEY, answered_once
from marketplace.portal.steps import take_given

AMOUNT = {"max_digits": 18, "decimal_places": 2}


class OwedSerializer(serializers.Serializer[Any]):
    """What is owed on a day."""

    on = serializers.DateField()
    principal = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    principal_due = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    interest_due = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    penalty_due = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    cost_due = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    accrued = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    credit = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    days_past_due = serializers.IntegerField()


class PayoffSerializer(serializers.Serializer[Any]):
    """What ends the debt when paid on the day."""

    on = serializers.DateField()
    principal = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    interest = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    penalty = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    cost = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    fee = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    credit = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    total = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]


class EarlySerializer(serializers.Serializer[Any]):
    """One way to go on after an early repayment; `how` is shorter or smaller."""

    how = serializers.CharField()
    rows = serializers.ListField(child=serializers.DictField())
    last_due = serializers.DateField(allow_null=True)
    instalment = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    interest = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]
    interest_saved = serializers.DecimalField(**AMOUNT)  # type: ignore[arg-type]


class RefusedLineSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()


class ImportedSerializer(serializers.Serializer[Any]):
    """How a file was taken: lines entered, lines known before, lines refused."""

    entered = serializers.IntegerField()
    known = serializers.IntegerField()
    refused = RefusedLineSerializer(many=True)


class LoanSerializer(serializers.ModelSerializer[Loan]):
    """A live loan as its two sides see it."""

    owed = serializers.SerializerMethodField()
    schedule = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()

    class Meta:
        model = Loan
        fields = (
            "id", "number", "state", "state_since", "bank", "borrower", "bank_reference", "principal", "currency",
            "months", "started_on", "matures_on", "closed_on", "owed", "schedule", "steps",
        )  # fmt: skip
        read_only_fields = fields

    def get_owed(self, loan: Loan) -> dict[str, Any]:
        stands = position_of(loan, max(clock.today(), loan.started_on))
        names = ("principal", "principal_due", "interest_due", "penalty_due", "cost_due", "accrued", "credit")
        owed = {name: f"{in_money(getattr(stands, name)):.2f}" for name in names}
        return {"on": stands.on.isoformat(), **owed, "days_past_due": stands.days_past_due}

    def get_schedule(self, loan: Loan) -> list[dict[str, Any]]:
        last = loan.schedules.order_by("-version").first()
        return list(last.rows) if last else []

    def get_steps(self, loan: Loan) -> list[str]:
        """The steps open to the caller now."""
        return [one.verb for one in acts.open_steps(loan, actor_of(self.context["request"]))]


@extend_schema_view(
    list=extend_schema(summary="Live loans of one's organisation, the newest first"),
    retrieve=extend_schema(summary="One live loan"),
)
class LoanViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Loan]):
    """Loans the caller's organisation gave or took."""

    permission_classes = (IsAuthenticated,)
    serializer_class = LoanSerializer
    lookup_field = "number"
    lookup_value_regex = "[A-Z0-9-]+"
    queryset = Loan.objects.none()

    def get_queryset(self) -> LoanQuerySet:
        return access.loans_seen_by(actor_of(self.request)).order_by("-pk")

    @extend_schema(
        summary="Take a step of the loan", request=OpenApiTypes.OBJECT, responses=LoanSerializer, parameters=[KEY]
    )
    @action(detail=True, methods=["post"], url_path=r"steps/(?P<verb>[a-z_]+)")
    @answered_once
    def step(self, request: Request, number: str, verb: str) -> Response:
        actor = actor_of(request)
        loan = access.loan_of(actor, number)
        step = next((one for one in acts.open_steps(loan, actor) if one.verb == verb), None)
        take_given(loan, step, request.data, None, actor)
        return Response(self.get_serializer(access.loan_of(actor, number)).data)

    @extend_schema(
        summary="What ends the debt when paid on a day",
        parameters=[OpenApiParameter("on", OpenApiTypes.DATE, description="today when left out")],
        responses=PayoffSerializer,
    )
    @action(detail=True, methods=["get"])
    def payoff(self, request: Request, number: str) -> Response:
        loan = access.loan_of(actor_of(request), number)
        day = serializers.DateField().to_internal_value(request.query_params.get("on") or clock.today().isoformat())
        quote = quoted(loan, max(day, loan.started_on))
        names = ("principal", "interest", "penalty", "cost", "fee", "credit", "total")
        return Response({"on": quote.on.isoformat(), **{one: f"{in_money(getattr(quote, one)):.2f}" for one in names}})

    @extend_schema(
        summary="What an early repayment would leave, with a shorter term and with smaller instalments",
        description="Nothing is paid by asking. Interest saved is counted against keeping the loan as it is.",
        parameters=[
            OpenApiParameter("amount", OpenApiTypes.DECIMAL, required=True),
            OpenApiParameter("on", OpenApiTypes.DATE, description="today when left out"),
        ],
        responses=EarlySerializer(many=True),
    )
    @action(detail=True, methods=["get"])
    def early(self, request: Request, number: str) -> Response:
        loan = access.loan_of(actor_of(request), number)
        form = EarlyForm({"on": clock.today(), **request.query_params.dict()}, subject=loan)
        if not form.is_valid():
            raise ValidationError({name: [str(one) for one in said] for name, said in form.errors.items()})
        return Response([one.as_dict() for one in previewed(loan, **form.cleaned_data)])

    @extend_schema(
        summary="Read repayments from the core banking system",
        description=(
            "CSV with a head: bank_reference, reference, value_date, amount. Each line is taken by itself; a line known"
            " before is counted and not entered again."
        ),
        request={"application/json": {"type": "object", "properties": {"csv": {"type": "string"}}}},
        responses=ImportedSerializer,
        parameters=[KEY],
    )
    @action(detail=False, methods=["post"], url_path="repayments")
    @answered_once
    def repayments(self, request: Request) -> Response:
        actor = actor_of(request)
        bank_id = access.bank_of(actor)
        text = request.data.get("csv") if isinstance(request.data, dict) else None
        if not isinstance(text, str) or not text:
            raise Missing(field="csv")
        return Response(read_repayments(text=text, bank_id=bank_id, by=actor))


router = SimpleRouter()
router.register("loans/running", LoanViewSet, basename="api_loan")
