"""Appraisals for programs: the same access, forms and services as the pages.

A step is posted to the thing it moves: `/appraisals/A-…/steps/cancel/`, `/appraisals/A-…/quotes/7/steps/offer/`. It
takes what the page's form takes; files come as multipart. Methods are computed and kept by
`/appraisals/A-…/methods/<method>/` with the input the engine takes.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from listings.catalogue.api import actor_of
from marketplace.core.access import found
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.portal.steps import Step, take_given
from valuation.appraisals import access, acts, fees, selectors
from valuation.appraisals import twin as twins
from valuation.appraisals.forms import OrderForm, PostForm
from valuation.appraisals.graphs.parties import AGENCY_WORKS
from valuation.appraisals.services import drafting, objections, orders, posting
from valuation.appraisals.worksheets import BY_METHOD
from valuation.models import Agency, DataRequest, MethodUse, Objection, Order, Quote, Report, ReviewComment
from valuation.models.order import OrderQuerySet
from valuation.models.report import ReportQuerySet


class AgencySerializer(serializers.ModelSerializer[Agency]):
    """An agency of the directory."""

    name_zh = serializers.CharField(source="organisation.name_zh")
    name_en = serializers.CharField(source="organisation.name_en")
    appraisers = serializers.SerializerMethodField()

    class Meta:
        model = Agency
        fields = (
            "id", "organisation", "name_zh", "name_en", "legal_form", "filing_number", "filed_with", "filed_on",
            "fields", "insurer", "insured_amount", "insured_until", "turnaround_days", "is_taking_orders", "appraisers",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_appraisers(self, agency: Agency) -> list[str]:
        """Certificate numbers of those who may sign."""
        return [one.certificate for one in agency.appraisers.all() if one.left_on is None]


class QuoteSerializer(serializers.ModelSerializer[Quote]):
    """A quote; the fee is null while it is sealed from the reader."""

    class Meta:
        model = Quote
        fields = (
            "id", "agency", "state", "fee", "currency", "tax_pct", "days", "methods", "work_done_pct", "note",
            "is_independent", "flags", "quoted_at",
        )  # fmt: skip
        read_only_fields = fields


class DataRequestSerializer(serializers.ModelSerializer[DataRequest]):
    """Something the agency asked for; `files` are names and ids of what was delivered."""

    files = serializers.SerializerMethodField()

    class Meta:
        model = DataRequest
        fields = ("id", "title", "why", "is_required", "due_on", "state", "answer", "files")
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.DictField(child=serializers.CharField())))
    def get_files(self, request: DataRequest) -> list[dict[str, str]]:
        return [{"id": str(one.file_id), "name": one.file.name} for one in request.files.all()]


class MethodSerializer(serializers.ModelSerializer[MethodUse]):
    """A method as computed and kept; seen by the agency at work."""

    class Meta:
        model = MethodUse
        fields = (
            "method", "input", "reasons", "uncertain", "why", "value", "weight_pct", "result", "simulation", "tornado",
            "engine", "computed_at",
        )  # fmt: skip
        read_only_fields = fields


class WorkingSerializer(serializers.Serializer[Any]):
    """What a method is computed from: the engine's input, a reason for each field of it, ranges for the simulation."""

    input = serializers.DictField()
    reasons = serializers.DictField(child=serializers.CharField(allow_blank=True), default=dict)
    uncertain = serializers.DictField(child=serializers.DictField(child=serializers.CharField()), default=dict)
    why = serializers.CharField(allow_blank=True, default="", max_length=4000)


class TextSerializer(serializers.Serializer[Any]):
    """A part of the report in words."""

    zh = serializers.CharField(allow_blank=True, max_length=20000)
    en = serializers.CharField(allow_blank=True, default="", max_length=20000)


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order, what of it the caller may see, and the steps open to them."""

    assets = serializers.SerializerMethodField()
    quotes = serializers.SerializerMethodField()
    data_requests = serializers.SerializerMethodField()
    methods = serializers.SerializerMethodField()
    reports = serializers.SerializerMethodField()
    held = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = (
            "number", "state", "client", "agency", "purpose", "value_type", "base_date", "deadline", "quotes_until",
            "report_due", "is_statutory", "is_elsewhere", "users", "other_users", "note", "due_at", "assets", "quotes",
            "data_requests", "methods", "reports", "held", "steps",
        )  # fmt: skip
        read_only_fields = fields

    def _actor(self) -> Any:
        return actor_of(self.context["request"])

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_assets(self, order: Order) -> list[int]:
        return [one.asset_id for one in order.ordered.all()]

    @extend_schema_field(QuoteSerializer(many=True))
    def get_quotes(self, order: Order) -> list[dict[str, Any]]:
        return [dict(one) for one in QuoteSerializer(access.quotes_seen_by(self._actor(), order), many=True).data]

    @extend_schema_field(DataRequestSerializer(many=True))
    def get_data_requests(self, order: Order) -> list[dict[str, Any]]:
        if not access.is_inside(self._actor(), order):
            return []
        rows = order.data_requests.prefetch_related("files__file")
        return [dict(one) for one in DataRequestSerializer(rows, many=True).data]

    @extend_schema_field(MethodSerializer(many=True))
    def get_methods(self, order: Order) -> list[dict[str, Any]]:
        if not access.is_appraising(self._actor(), order):
            return []
        return [dict(one) for one in MethodSerializer(order.methods.all(), many=True).data]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_reports(self, order: Order) -> list[str]:
        seen = access.reports_seen_by(self._actor()).filter(order=order)
        return list(seen.order_by("pk").values_list("number", flat=True))

    def get_held(self, order: Order) -> str:
        return f"{fees.held(order).amount:.2f}" if access.is_inside(self._actor(), order) else "0.00"

    def get_steps(self, order: Order) -> list[str]:
        """The steps open to the caller now."""
        return [step.verb for step in acts.order_steps(order, self._actor())]


class OrderRowSerializer(serializers.ModelSerializer[Order]):
    """An order in a list: what it is and where it stands."""

    class Meta:
        model = Order
        fields = ("number", "state", "client", "agency", "purpose", "base_date", "deadline", "report_due", "due_at")
        read_only_fields = fields


class NewOrderSerializer(serializers.Serializer[Any]):
    """What a new order takes; `rights` are ids of the register, `agencies` may be left for later."""

    rights = serializers.ListField(child=serializers.IntegerField())
    purpose = serializers.CharField()
    value_type = serializers.CharField(default="market")
    base_date = serializers.DateField()
    deadline = serializers.DateField()
    quotes_until = serializers.DateField(required=False)
    agencies = serializers.ListField(child=serializers.IntegerField(), default=list)
    users = serializers.ListField(child=serializers.IntegerField(), default=list)
    other_users = serializers.CharField(default="", allow_blank=True)
    is_statutory = serializers.BooleanField(default=False)
    note = serializers.CharField(default="", allow_blank=True)
    wished = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    client = serializers.IntegerField(required=False, help_text="For an agency that posts a report engaged elsewhere.")


class ReportRowSerializer(serializers.ModelSerializer[Report]):
    """A report in a list: what it concludes and whether a decision of today may rest on it."""

    agency_name = serializers.CharField(source="agency.organisation.name")
    is_usable = serializers.BooleanField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = (
            "number", "state", "agency", "agency_name", "client", "purpose", "value_type", "base_date", "valid_until",
            "amount", "low", "high", "currency", "is_usable", "warnings",
        )  # fmt: skip
        read_only_fields = fields

    def get_warnings(self, report: Report) -> list[str]:
        return selectors.warnings_of(report)


class ReportSerializer(serializers.ModelSerializer[Report]):
    """A report with what stands against relying on it today; an empty `warnings` means that it is in force."""

    agency_name = serializers.CharField(source="agency.organisation.name")
    order = serializers.CharField(source="order.number")
    assets = serializers.SerializerMethodField()
    is_usable = serializers.BooleanField()
    warnings = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = (
            "number", "state", "order", "agency", "agency_name", "client", "purpose", "value_type", "base_date",
            "report_date", "valid_until", "amount", "low", "high", "currency", "is_statutory", "is_elsewhere",
            "twin_sha256", "issued_at", "archive_until", "assets", "is_usable", "warnings", "steps",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_assets(self, report: Report) -> list[int]:
        return [one.asset_id for one in report.valued.all()]

    def get_warnings(self, report: Report) -> list[str]:
        return selectors.warnings_of(report)

    def get_steps(self, report: Report) -> list[str]:
        """The steps open to the caller now."""
        return [step.verb for step in acts.report_steps(report, actor_of(self.context["request"]))]


class AgainSerializer(serializers.Serializer[Any]):
    """A report computed again: the figure it states, the figure now, and whether every method agrees to the cent."""

    stated = serializers.DecimalField(max_digits=18, decimal_places=2)
    found = serializers.DecimalField(max_digits=18, decimal_places=2)
    agrees = serializers.BooleanField()


def take(request: Request, subject: Any, step: Step | None) -> None:
    """Take a step with what the request brings. Raises ValidationError, NotFound, refusals."""
    take_given(subject, step, request.data, request.FILES, actor_of(request))


@extend_schema_view(
    list=extend_schema(summary="Valuation agencies, in the order of entry"),
    retrieve=extend_schema(summary="One valuation agency"),
)
class AgencyViewSet(viewsets.ReadOnlyModelViewSet[Agency]):
    """The directory of verified valuation agencies."""

    permission_classes = (IsAuthenticated,)
    serializer_class = AgencySerializer
    queryset = Agency.objects.none()

    def get_queryset(self) -> Any:
        shown = Agency.objects.filter(access.agencies_shown())
        return shown.select_related("organisation").prefetch_related("appraisers").order_by("pk")


@extend_schema_view(
    list=extend_schema(
        summary="Appraisal orders of one's organisation, soonest deadline first",
        responses=OrderRowSerializer(many=True),
    ),
    retrieve=extend_schema(summary="One appraisal order"),
)
class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Order]):
    """Orders the caller's organisation placed, quotes for or works on."""

    permission_classes = (IsAuthenticated,)
    serializer_class = OrderSerializer
    parser_classes = (JSONParser, FormParser, MultiPartParser)
    lookup_field = "number"
    lookup_value_regex = "[A-Z0-9-]+"
    queryset = Order.objects.none()

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Order]]:
        return OrderRowSerializer if self.action == "list" else OrderSerializer

    def get_queryset(self) -> OrderQuerySet:
        seen = access.orders_seen_by(actor_of(self.request)).for_page()
        return seen.prefetch_related("ordered", "users").order_by("due_at", "-pk")

    def _shown(self, number: str, code: int = status.HTTP_200_OK) -> Response:
        order = self.get_queryset().get(number=number)
        return Response(OrderSerializer(order, context={"request": self.request}).data, status=code)

    def _order(self, request: Request, number: str) -> Order:
        order = access.order_of(actor_of(request), number)
        acts.demand_part(order, actor_of(request))
        return order

    @extend_schema(
        summary="Order an appraisal, or post one engaged elsewhere",
        request=NewOrderSerializer,
        responses=OrderSerializer,
    )
    def create(self, request: Request) -> Response:
        read = NewOrderSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        given = {**read.validated_data, "rights": ",".join(str(pk) for pk in read.validated_data["rights"])}
        actor = actor_of(request)
        form: OrderForm = PostForm(given) if "client" in given else OrderForm(given)
        if not form.is_valid():
            raise ValidationError({name: [str(one) for one in said] for name, said in form.errors.items()})
        if "client" in given:
            order = posting.post_elsewhere(client_id=given["client"], wanted=form.wanted(), by=actor)
        else:
            with transaction.atomic():
                order = orders.request_appraisal(by=actor, wanted=form.wanted())
                if given["agencies"]:
                    orders.invite(order_id=order.pk, agency_ids=given["agencies"], by=actor)
        return self._shown(order.number, status.HTTP_201_CREATED)

    @extend_schema(summary="Take a step of the order", request=OpenApiTypes.OBJECT, responses=OrderSerializer)
    @action(detail=True, methods=["post"], url_path=r"steps/(?P<verb>[a-z_]+)")
    def step(self, request: Request, number: str, verb: str) -> Response:
        order = access.order_of(actor_of(request), number)
        if not access.is_inside(actor_of(request), order):
            raise NotFound()
        acts.demand_part(order, actor_of(request))
        take(request, order, acts.ORDER_STEPS.get(verb))
        return self._shown(number)

    @extend_schema(summary="Take a step of a quote", request=OpenApiTypes.OBJECT, responses=OrderSerializer)
    @action(detail=True, methods=["post"], url_path=r"quotes/(?P<pk>\d+)/steps/(?P<verb>[a-z_]+)")
    def quote_step(self, request: Request, number: str, pk: str, verb: str) -> Response:
        actor = actor_of(request)
        order = access.order_of(actor, number)
        quote = access.quote_of(actor, order, int(pk))
        acts.demand_part_in(quote, actor)
        take(request, quote, acts.QUOTE_STEPS.get(verb))
        if not access.orders_seen_by(actor).filter(pk=order.pk).exists():  # a quote declined closes the order to it
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self._shown(number)

    @extend_schema(summary="Take a step of a data request", request=OpenApiTypes.OBJECT, responses=OrderSerializer)
    @action(detail=True, methods=["post"], url_path=r"data/(?P<pk>\d+)/steps/(?P<verb>[a-z_]+)")
    def data_step(self, request: Request, number: str, pk: str, verb: str) -> Response:
        actor = actor_of(request)
        order = access.order_of(actor, number)
        asked = access.request_of(actor, order, int(pk))
        acts.demand_part(order, actor)
        take(request, asked, acts.DATA_STEPS.get(verb))
        return self._shown(number)

    @extend_schema(summary="Answer a comment of the review", request=OpenApiTypes.OBJECT, responses=OrderSerializer)
    @action(detail=True, methods=["post"], url_path=r"comments/(?P<pk>\d+)/steps/(?P<verb>[a-z_]+)")
    def comment_step(self, request: Request, number: str, pk: str, verb: str) -> Response:
        order = self._drafted(request, number)
        take(request, found(ReviewComment.objects.filter(order=order), pk=int(pk)), acts.COMMENT_STEPS.get(verb))
        return self._shown(number)

    def _drafted(self, request: Request, number: str) -> Order:
        actor = actor_of(request)
        order = access.order_of(actor, number)
        if not access.is_appraising(actor, order):
            raise NotFound()
        if not AGENCY_WORKS.permits(actor, order):
            raise NotPermitted()
        return order

    @extend_schema(summary="Compute a method and keep it", request=WorkingSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"], url_path=r"methods/(?P<method>[a-z_]+)")
    def method(self, request: Request, number: str, method: str) -> Response:
        order = self._drafted(request, number)
        if method not in BY_METHOD:
            raise NotFound()
        read = WorkingSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        working = drafting.Working(method=method, **read.validated_data)
        drafting.use_method(order_id=order.pk, working=working, by=actor_of(request))
        return self._shown(number)

    @extend_schema(summary="Write a part of the report", request=TextSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"], url_path=r"texts/(?P<section>[a-z_]+)")
    def text(self, request: Request, number: str, section: str) -> Response:
        order = self._drafted(request, number)
        read = TextSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        drafting.write_text(order_id=order.pk, section=section, by=actor_of(request), **read.validated_data)
        return self._shown(number)


@extend_schema_view(
    list=extend_schema(
        summary="Appraisal reports one may rely on, newest first", responses=ReportRowSerializer(many=True)
    ),
    retrieve=extend_schema(summary="One appraisal report"),
)
class ReportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Report]):
    """Reports the caller's organisation ordered, wrote, is named in, or whose rights it holds."""

    permission_classes = (IsAuthenticated,)
    serializer_class = ReportSerializer
    parser_classes = (JSONParser, FormParser, MultiPartParser)
    lookup_field = "number"
    lookup_value_regex = "[A-Z0-9-]+"
    queryset = Report.objects.none()

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Report]]:
        return ReportRowSerializer if self.action == "list" else ReportSerializer

    def get_queryset(self) -> ReportQuerySet:
        seen = access.reports_seen_by(actor_of(self.request)).for_page()
        return seen.prefetch_related("valued").order_by("-pk")

    def _shown(self, number: str) -> Response:
        report = self.get_queryset().get(number=number)
        return Response(ReportSerializer(report, context={"request": self.request}).data)

    @extend_schema(summary="The machine-readable twin, byte for byte what was hashed", responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def twin(self, request: Request, number: str) -> HttpResponse:
        report = access.report_of(actor_of(request), number)
        return HttpResponse(twins.canonical(report.twin), content_type="application/json")

    @extend_schema(summary="Compute the report again from its stored inputs", request=None, responses=AgainSerializer)
    @action(detail=True, methods=["post"])
    def recompute(self, request: Request, number: str) -> Response:
        report = access.report_of(actor_of(request), number)
        return Response(AgainSerializer(twins.recompute(report.twin)).data)

    @extend_schema(summary="Take a step of the report", request=OpenApiTypes.OBJECT, responses=ReportSerializer)
    @action(detail=True, methods=["post"], url_path=r"steps/(?P<verb>[a-z_]+)")
    def step(self, request: Request, number: str, verb: str) -> Response:
        report = access.report_of(actor_of(request), number)
        acts.demand_more_than_looking(actor_of(request))
        take(request, report, acts.REPORT_STEPS.get(verb))
        return self._shown(number)

    @extend_schema(summary="Take a step of an objection", request=OpenApiTypes.OBJECT, responses=ReportSerializer)
    @action(detail=True, methods=["post"], url_path=r"objections/(?P<pk>\d+)/steps/(?P<verb>[a-z_]+)")
    def objection_step(self, request: Request, number: str, pk: str, verb: str) -> Response:
        report = access.report_of(actor_of(request), number)
        acts.demand_more_than_looking(actor_of(request))
        objection: Objection = access.objection_of(actor_of(request), report, int(pk))
        if verb == "second":
            given: Any = request.data
            form = OrderForm({**given, "rights": ",".join(str(one.pk) for one in report.rights)})
            if not form.is_valid():
                raise ValidationError({name: [str(one) for one in said] for name, said in form.errors.items()})
            objections.ask_second(objection_id=objection.pk, wanted=form.wanted(), by=actor_of(request))
        else:
            take(request, objection, acts.OBJECTION_STEPS.get(verb))
        return self._shown(number)
