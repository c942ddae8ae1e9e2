"""Estimates for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from listings.patents.access import get_shown
from valuation.estimate.model import VERSION
from valuation.estimate.presenting import LACKS, LEAST_TOLD, reasons_of
from valuation.estimate.sales import CURRENCY
from valuation.estimate.services import Estimate, estimate_of, newest_fit
from valuation.models import EstimateFit


class ReasonSerializer(serializers.Serializer[Any]):
    """One fact's effect on the value, in percent more or less than the reference patent's."""

    code = serializers.CharField()
    name = serializers.CharField()
    fact = serializers.CharField()
    effect_pct = serializers.DecimalField(8, 0)


class BackTestSerializer(serializers.Serializer[Any]):
    """How the model did on closed sales, each left out in turn. `typical_error` is the median of |ln(price ÷
    estimate)|, `plain_error` that of the median price of the kind."""

    count = serializers.IntegerField()
    typical_error = serializers.DecimalField(8, 4, allow_null=True)
    plain_error = serializers.DecimalField(8, 4, allow_null=True)
    inside_pct = serializers.DecimalField(5, 2, allow_null=True)
    fitted_at = serializers.DateTimeField()


class EstimateSerializer(serializers.Serializer[Any]):
    """An indicative range, never an appraisal. `lack` says why there is none; amounts are to two figures, in the
    currency of the sales; half of comparable sales lay between `low` and `high`."""

    is_appraisal = serializers.SerializerMethodField()
    on = serializers.DateField()
    model_version = serializers.SerializerMethodField()
    lack = serializers.CharField()
    lack_words = serializers.SerializerMethodField()
    currency = serializers.SerializerMethodField()
    low = serializers.DecimalField(18, 2, source="guess.low", default=None, allow_null=True)
    middle = serializers.DecimalField(18, 2, source="guess.middle", default=None, allow_null=True)
    high = serializers.DecimalField(18, 2, source="guess.high", default=None, allow_null=True)
    base = serializers.DecimalField(18, 2, source="guess.base", default=None, allow_null=True)
    reasons = serializers.SerializerMethodField()
    sales_in_field = serializers.SerializerMethodField()
    back_test = serializers.SerializerMethodField()

    def get_is_appraisal(self, one: Estimate) -> bool:
        return False

    def get_model_version(self, one: Estimate) -> str:
        return VERSION

    def get_lack_words(self, one: Estimate) -> str:
        return str(LACKS.get(one.lack, ""))

    def get_currency(self, one: Estimate) -> str:
        return CURRENCY

    @staticmethod
    def _near(one: Estimate) -> int | None:
        return one.near if one.near >= LEAST_TOLD else None

    def get_sales_in_field(self, one: Estimate) -> int | None:
        return self._near(one)

    def get_reasons(self, one: Estimate) -> list[dict[str, Any]]:
        return [dict(ReasonSerializer(reason).data) for reason in reasons_of(one)]

    def get_back_test(self, one: Estimate) -> dict[str, Any] | None:
        row: EstimateFit | None = newest_fit()
        return dict(BackTestSerializer(row).data) if row is not None else None


class EstimateView(APIView):
    """The estimate of one right."""

    @extend_schema(
        operation_id="patents_estimate",
        summary="Indicative estimate of one patent, with its reasons and how the model was tested",
        responses=EstimateSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        asset = get_shown(pk)
        found = estimate_of(asset.pk)
        assert found is not None, "every right shown is a patent"
        return Response(EstimateSerializer(found).data)
