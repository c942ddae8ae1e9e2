"""Products, applications, proposals and filings for programs: the same access, forms and services as the pages.

A step is posted to the thing it moves: `/loans/applications/LA-…/steps/submit/`, `…/proposals/7/steps/pass/`,
`…/filings/3/steps/confirm/`. It takes what the page's form takes; files come as multipart.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from listings.catalogue.api import actor_of
from loans import access, acts
from loans.consent_texts import texts_for
from loans.forms import ApplyForm, ProductForm
from loans.models import Application, PledgeFiling, Product, Proposal
from loans.models.application import ApplicationQuerySet
from loans.models.product import ProductQuerySet
from loans.quoting import quote
from loans.services import applications, products
from loans.services.products import Face
from marketplace.core import clock
from marketplace.core.errors import NotFound, NotPermitted, OutOfRange
from marketplace.core.money import LARGEST
from marketplace.core.replaying import KEY, answered_once
from marketplace.portal.steps import take_given

MOST = LARGEST


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product with the terms in force; its bank's people see the version in writing too."""

    version = serializers.SerializerMethodField()
    terms = serializers.SerializerMethodField()
    in_writing = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = (
            "id", "bank", "code", "name_zh", "name_en", "intro_zh", "intro_en", "state", "version", "terms",
            "in_writing",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_version(self, product: Product) -> int | None:
        return product.version.number if product.version is not None else None

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_terms(self, product: Product) -> Any:
        return product.version.terms_json if product.version is not None else None

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_in_writing(self, product: Product) -> Any:
        actor = actor_of(self.context["request"])
        if not (access.is_bank(actor) and actor.org_id == product.bank_id):
            return None
        version = next((one for one in product.versions.all() if one.published_at is None), None)
        return version.terms_json if version is not None else None


class NewProductSerializer(serializers.Serializer[Any]):
    code = serializers.SlugField(max_length=40)
    name_zh = serializers.CharField(max_length=120)
    name_en = serializers.CharField(max_length=120)
    intro_zh = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    intro_en = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    terms = serializers.DictField()


class AskedSerializer(serializers.Serializer[Any]):
    amount = serializers.DecimalField(
        max_digits=18,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=MOST,
        help_text="in the product's currency",
    )
    months = serializers.IntegerField(min_value=1, max_value=120)
    start = serializers.DateField(required=False, help_text="today where none is given")


class LoanCostSerializer(serializers.Serializer[Any]):
    """What the loan would cost; the yearly rate counts every direct cost."""

    principal = serializers.CharField()
    months = serializers.IntegerField()
    start = serializers.DateField()
    annual_rate_pct = serializers.CharField()
    apr_pct = serializers.CharField(allow_null=True)
    fee = serializers.CharField()
    first_payment = serializers.CharField()
    largest_payment = serializers.CharField()
    interest = serializers.CharField()
    total = serializers.CharField()
    rows = serializers.ListField(child=serializers.DictField())


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """A proposal with its votes; the bank's people see it."""

    votes_for = serializers.SerializerMethodField()
    votes_against = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields = (
            "id", "state", "action", "amount", "term_months", "conditions", "reason_code", "reason", "votes_needed",
            "votes_for", "votes_against", "maker", "made_at", "checker", "checked_at", "checker_note",
        )  # fmt: skip
        read_only_fields = fields

    def get_votes_for(self, proposal: Proposal) -> int:
        return sum(one.is_for for one in proposal.votes.all())

    def get_votes_against(self, proposal: Proposal) -> int:
        return sum(not one.is_for for one in proposal.votes.all())


class PledgeFilingSerializer(serializers.ModelSerializer[PledgeFiling]):
    """A matter at the office of pledges."""

    class Meta:
        model = PledgeFiling
        fields = (
            "id", "kind", "state", "is_online", "file_by", "filed_on", "reference", "decide_by", "correct_by", "ground",
            "certificate", "effective_on",
        )  # fmt: skip
        read_only_fields = fields


class ApplicationRowSerializer(serializers.ModelSerializer[Application]):
    """An application in a list."""

    class Meta:
        model = Application
        fields = (
            "number", "state", "borrower", "bank", "currency", "amount", "term_months", "purpose", "submitted_at",
            "due_at",
        )  # fmt: skip
        read_only_fields = fields


class ApplicationSerializer(serializers.ModelSerializer[Application]):
    """An application, what of it the caller may see, and the steps open to them."""

    product = serializers.IntegerField(source="product_version.product_id", read_only=True)
    collateral = serializers.SerializerMethodField()
    papers = serializers.SerializerMethodField()
    consents = serializers.SerializerMethodField()
    proposals = serializers.SerializerMethodField()
    checks = serializers.SerializerMethodField()
    score = serializers.SerializerMethodField()
    filings = PledgeFilingSerializer(many=True, read_only=True)
    contracts = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()

    class Meta:
        model = Application
        fields = (
            "number", "state", "borrower", "bank", "product", "terms_json", "currency", "amount", "term_months",
            "purpose", "purpose_note", "guarantor", "accepts_risks", "version", "eligibility", "checked_at",
            "submitted_at", "offered_amount", "offered_months", "conditions", "offer_until", "reason_code",
            "accepted_at", "debt_until", "pledged_on", "disbursed_on", "due_at", "collateral", "papers", "consents",
            "checks", "score", "proposals", "filings", "contracts", "steps",
        )  # fmt: skip
        read_only_fields = fields

    def _actor(self) -> Any:
        return actor_of(self.context["request"])

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_collateral(self, one: Application) -> list[dict[str, Any]]:
        return [
            {
                "asset": row.asset_id,
                "state": row.state,
                "haircut_bp": row.haircut_bp,
                "ltv_bp": row.ltv_bp,
                "value": f"{row.value:.2f}" if row.value is not None else None,
                "base_date": row.base_date,
                "valid_until": row.valid_until,
            }
            for row in one.collateral.all()
        ]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_papers(self, one: Application) -> list[dict[str, Any]]:
        return [{"id": str(row.file_id), "kind": row.kind, "name": row.file.name} for row in one.papers.all()]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_consents(self, one: Application) -> list[dict[str, Any]]:
        """The present texts with their hashes, and which are given."""
        given = {row.kind for row in one.consents.all() if row.withdrawn_at is None}
        return [
            {
                "kind": row.kind,
                "text_zh": row.zh,
                "text_en": row.en,
                "sha256": row.sha256,
                "is_given": row.kind in given,
            }
            for row in texts_for(one.bank)
        ]

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_checks(self, one: Application) -> list[dict[str, Any]]:
        if not access.is_lending(self._actor(), one):
            return []
        return [{"key": row.key, "state": row.state, "note": row.note} for row in one.checks.all()]

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_score(self, one: Application) -> dict[str, Any] | None:
        row = next(iter(one.scores.all()), None)
        if row is None or not access.is_lending(self._actor(), one):
            return None
        return {"points": row.points, "grade": row.grade, "answers": row.answers}

    @extend_schema_field(ProposalSerializer(many=True))
    def get_proposals(self, one: Application) -> Any:
        rows = list(one.proposals.all()) if access.is_lending(self._actor(), one) else []
        return ProposalSerializer(rows, many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_contracts(self, one: Application) -> list[str]:
        """Numbers of the documents to be signed."""
        return [each.number for each in (one.loan_contract, one.pledge_contract) if each is not None]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_steps(self, one: Application) -> list[str]:
        return [step.verb for step in acts.application_steps(one, self._actor())]


class NewApplicationSerializer(serializers.Serializer[Any]):
    """One request; an application is drafted for each product."""

    products = serializers.ListField(child=serializers.IntegerField(), min_length=1, max_length=8)
    rights = serializers.ListField(child=serializers.IntegerField(), min_length=1, max_length=50)
    amount = serializers.CharField(help_text="decimal text, in the currency of the products")
    term_months = serializers.IntegerField()
    purpose = serializers.CharField()
    purpose_note = serializers.CharField(required=False, allow_blank=True, default="")
    guarantor = serializers.IntegerField(required=False, allow_null=True, default=None)
    accepts_risks = serializers.BooleanField(required=False, default=False)


def _checked(form: Any) -> dict[str, Any]:
    if not form.is_valid():
        raise ValidationError({name: [str(one) for one in said] for name, said in form.errors.items()})
    data: dict[str, Any] = form.cleaned_data
    return data


@extend_schema_view(
    list=extend_schema(summary="Loan products on offer, and a bank's own"),
    retrieve=extend_schema(summary="One loan product"),
)
class ProductViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Product]):
    """Products of banks with their terms."""

    permission_classes = (AllowAny,)
    serializer_class = ProductSerializer
    lookup_value_regex = r"\d+"
    queryset = Product.objects.none()

    def get_queryset(self) -> ProductQuerySet:
        return access.products_seen_by(actor_of(self.request)).prefetch_related("versions").order_by("bank_id", "code")

    def _shown(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        product = self.get_queryset().get(pk=pk)
        return Response(ProductSerializer(product, context={"request": self.request}).data, status=code)

    @extend_schema(summary="Write a product", request=NewProductSerializer, responses=ProductSerializer)
    def create(self, request: Request) -> Response:
        if not access.is_bank(actor_of(request)):
            raise NotFound()
        data = _checked(ProductForm(request.data))
        face = Face(data["name_zh"], data["name_en"], data["intro_zh"], data["intro_en"])
        product = products.write_product(code=data["code"], face=face, terms=data["terms"], by=actor_of(request))
        return self._shown(product.pk, status.HTTP_201_CREATED)

    @extend_schema(summary="Take a step of the product", request=OpenApiTypes.OBJECT, responses=ProductSerializer)
    @action(detail=True, methods=["post"], url_path=r"steps/(?P<verb>[a-z_]+)")
    def step(self, request: Request, pk: str, verb: str) -> Response:
        actor = actor_of(request)
        product = access.product_of(actor, int(pk))
        if product.bank_id != actor.org_id:
            raise NotFound()
        take_given(product, acts.PRODUCT_STEPS.get(verb), request.data, request.FILES, actor)
        return self._shown(product.pk)

    @extend_schema(
        summary="What a loan on the product's terms would cost", request=AskedSerializer, responses=LoanCostSerializer
    )
    @action(detail=True, methods=["post"])
    def quote(self, request: Request, pk: str) -> Response:
        product = access.product_of(actor_of(request), int(pk))
        read = AskedSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        if product.version is None:
            raise NotFound()
        given = read.validated_data
        start: date = given.get("start") or clock.today()
        if abs((start - clock.today()).days) > 3660:
            raise OutOfRange(field="start", range="± 3660")
        found = quote(product.version.terms, given["amount"], given["months"], start)
        return Response({**found.as_dict(), "rows": found.rows})


@extend_schema_view(
    list=extend_schema(summary="Applications one made or was sent", responses=ApplicationRowSerializer(many=True)),
    retrieve=extend_schema(summary="One application"),
)
class ApplicationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Application]):
    """A borrower's applications, and those sent to a bank; never another bank's."""

    permission_classes = (IsAuthenticated,)
    serializer_class = ApplicationSerializer
    parser_classes = (JSONParser, FormParser, MultiPartParser)
    lookup_field = "number"
    lookup_value_regex = "[A-Z0-9-]+"
    queryset = Application.objects.none()

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Application]]:
        return ApplicationRowSerializer if self.action == "list" else ApplicationSerializer

    def get_queryset(self) -> ApplicationQuerySet:
        rows = access.applications_seen_by(actor_of(self.request)).for_page().order_by("-pk")
        if self.action == "list":
            return rows
        return rows.select_related("loan_contract", "pledge_contract").prefetch_related(
            "collateral", "papers__file", "consents", "checks", "scores", "proposals__votes", "filings", "declarations"
        )

    def _shown(self, number: str, code: int = status.HTTP_200_OK) -> Response:
        one = self.get_queryset().filter(number=number).first()
        if one is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(ApplicationSerializer(one, context={"request": self.request}).data, status=code)

    @extend_schema(
        summary="Draft applications for one request, one for each product",
        request=NewApplicationSerializer,
        responses={201: ApplicationRowSerializer(many=True)},
        parameters=[KEY],
    )
    @answered_once
    def create(self, request: Request) -> Response:
        actor = actor_of(request)
        if not acts.may_apply(actor):
            raise NotPermitted()
        read = NewApplicationSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        form = ApplyForm(read.validated_data, holder_id=access.reads_for(actor))
        data = _checked(form)
        made = applications.apply(product_ids=[one.pk for one in data["products"]], wanted=form.wanted(), by=actor)
        return Response(ApplicationRowSerializer(made, many=True).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Take a step of the application",
        request=OpenApiTypes.OBJECT,
        responses=ApplicationSerializer,
        parameters=[KEY],
    )
    @action(detail=True, methods=["post"], url_path=r"steps/(?P<verb>[a-z_]+)")
    @answered_once
    def step(self, request: Request, number: str, verb: str) -> Response:
        actor = actor_of(request)
        one = access.application_of(actor, number)
        acts.demand_part(one, actor)
        take_given(one, acts.APPLICATION_STEPS.get(verb), request.data, request.FILES, actor)
        return self._shown(number)

    @extend_schema(
        summary="Take a step of a proposal",
        request=OpenApiTypes.OBJECT,
        responses=ApplicationSerializer,
        parameters=[KEY],
    )
    @action(detail=True, methods=["post"], url_path=r"proposals/(?P<pk>\d+)/steps/(?P<verb>[a-z_]+)")
    @answered_once
    def proposal_step(self, request: Request, number: str, pk: str, verb: str) -> Response:
        actor = actor_of(request)
        one = access.application_of(actor, number)
        proposal = access.proposal_of(actor, one, int(pk))
        acts.demand_part(one, actor)
        take_given(proposal, acts.PROPOSAL_STEPS.get(verb), request.data, request.FILES, actor)
        return self._shown(number)

    @extend_schema(
        summary="Take a step of a filing",
        request=OpenApiTypes.OBJECT,
        responses=ApplicationSerializer,
        parameters=[KEY],
    )
    @action(detail=True, methods=["post"], url_path=r"filings/(?P<pk>\d+)/steps/(?P<verb>[a-z_]+)")
    @answered_once
    def filing_step(self, request: Request, number: str, pk: str, verb: str) -> Response:
        actor = actor_of(request)
        one = access.application_of(actor, number)
        filing = access.filing_of(actor, one, int(pk))
        acts.demand_part(one, actor)
        take_given(filing, acts.FILING_STEPS.get(verb), request.data, request.FILES, actor)
        return self._shown(number)
