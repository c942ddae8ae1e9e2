"""Loans for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from loans.schedule.amortise import Method
from loans.schedule.conventions import BrokenPeriod, DayCount, Rounding
from loans.schedule.entry import schedule
from loans.schedule.refusals import NotReadable

AMOUNT = "decimal text"


class ConventionSerializer(serializers.Serializer[Any]):
    """How interest is counted and figures are rounded."""

    day_count = serializers.ChoiceField(choices=[one.value for one in DayCount])
    method = serializers.ChoiceField(choices=[one.value for one in Method])
    interest_rounding = serializers.ChoiceField(choices=[one.value for one in Rounding], default="HALF_UP")
    instalment_rounding = serializers.ChoiceField(choices=[one.value for one in Rounding], default="HALF_UP")
    unit = serializers.CharField(default="0.01", help_text="interest, instalment and equal part are multiples of it")
    broken_period = serializers.ChoiceField(choices=[one.value for one in BrokenPeriod], default="DAY_COUNT")


class PeriodSerializer(serializers.Serializer[Any]):
    due = serializers.DateField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(), **super().get_fields()}


class TrancheSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    amount = serializers.CharField(help_text=AMOUNT)


class InputSerializer(serializers.Serializer[Any]):
    """The loan: how much, at what rate, over which periods."""

    principal = serializers.CharField(required=False, help_text=AMOUNT + "; the sum of the disbursements when given")
    annual_rate_pct = serializers.CharField(required=False, help_text=AMOUNT)
    period_rate_pct = serializers.CharField(required=False, help_text=AMOUNT)
    rate_factors = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="one for each row, all as growth (1.01) or all as rates (0.01)",
    )
    start = serializers.DateField(required=False)
    count = serializers.IntegerField(required=False, help_text="rows, those of grace included")
    maturity = serializers.DateField(required=False)
    first_due = serializers.DateField(required=False)
    frequency = serializers.CharField(required=False, help_text="MONTH, N MONTHS or N DAYS")
    periods = PeriodSerializer(many=True, required=False)
    due_dates = serializers.ListField(child=serializers.DateField(), required=False)
    principal_grace_periods = serializers.IntegerField(required=False)
    interest_grace_periods = serializers.IntegerField(required=False)
    disbursements = TrancheSerializer(many=True, required=False)
    instalment = serializers.CharField(required=False, help_text=AMOUNT + "; for FIXED_INSTALMENT")


class TermsSerializer(serializers.Serializer[Any]):
    convention = ConventionSerializer()
    input = InputSerializer()


class ScheduleRowSerializer(serializers.Serializer[Any]):
    """A row; the balance is what is owed after it is paid."""

    n = serializers.IntegerField()
    due = serializers.DateField()
    days = serializers.IntegerField()
    principal = serializers.CharField()
    interest = serializers.CharField()
    total = serializers.CharField()
    balance = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(), **super().get_fields()}


class ScheduleTotalsSerializer(serializers.Serializer[Any]):
    principal = serializers.CharField()
    interest = serializers.CharField()
    total = serializers.CharField()


class ScheduleSerializer(serializers.Serializer[Any]):
    rows = ScheduleRowSerializer(many=True)
    totals = ScheduleTotalsSerializer()


class ScheduleView(APIView):
    """A calculation that reads and keeps nothing, so it is open to everybody within the market's throttle."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="loans_schedule",
        summary="The repayment schedule of a loan, exact to the cent",
        description=(
            "Terms that have no schedule are refused with 422 and the path of the field. Due dates keep the anchor day "
            "and are clipped to short months; the last row takes the residue."
        ),
        request=TermsSerializer,
        responses={200: ScheduleSerializer},
        examples=[
            OpenApiExample(
                "Equal instalments",
                request_only=True,
                value={
                    "convention": {"day_count": "30E/360", "method": "EQUAL_INSTALMENT"},
                    "input": {
                        "principal": "1000000.00",
                        "annual_rate_pct": "4.35",
                        "start": "2026-01-31",
                        "count": 12,
                        "frequency": "MONTH",
                    },
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        given: Any = request.data
        if not isinstance(given, dict):
            raise NotReadable()
        return Response(schedule(given.get("convention"), given.get("input")))  # type: ignore[arg-type]
