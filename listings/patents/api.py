"""The register for programs: the page's filters with facets in the answer, one right whole, and a number looked at."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from listings.assets.models import Asset, LegalEvent, Party
from listings.patents import access, numbers, presenting, reasons
from listings.patents.filters import PatentFilter
from listings.patents.forms import parsed_number
from listings.patents.models import Citation
from listings.patents.search import NAME
from marketplace.search import index
from marketplace.search.api import answer_schema, found_page, parameters_of


class PatentSerializer(serializers.ModelSerializer[Asset]):
    """A right as a row of the list."""

    shown_number = serializers.SerializerMethodField()
    kind = serializers.CharField(source="patent.patent_kind")
    ipc = serializers.ListField(child=serializers.CharField(), source="patent.ipc")
    application_number = serializers.CharField(source="patent.application_number")
    publication_number = serializers.CharField(source="patent.publication_number")
    kind_code = serializers.CharField(source="patent.kind_code")
    grant_number = serializers.CharField(source="patent.grant_number")
    published_on = serializers.DateField(source="patent.published_on")
    owners = serializers.SerializerMethodField()

    class Meta:
        model = Asset
        fields: tuple[str, ...] = (
            "id",
            "office",
            "number",
            "shown_number",
            "kind",
            "title_zh",
            "title_en",
            "status",
            "status_on",
            "is_granted",
            "application_number",
            "publication_number",
            "kind_code",
            "grant_number",
            "filed_on",
            "published_on",
            "granted_on",
            "expires_on",
            "ipc",
            "owners",
            "is_sample",
            "version",
        )
        read_only_fields = fields

    is_granted = serializers.BooleanField()

    def get_shown_number(self, asset: Asset) -> str:
        return presenting.shown_number(asset)

    def get_owners(self, asset: Asset) -> list[str]:
        return presenting.owner_names(asset)


class PartySerializer(serializers.ModelSerializer[Party]):
    class Meta:
        model = Party
        fields = ("role", "sequence", "name", "name_en", "country", "share_numerator", "share_denominator")


class LegalEventSerializer(serializers.ModelSerializer[LegalEvent]):
    class Meta:
        model = LegalEvent
        fields = ("on", "office", "code", "category", "text_zh", "text_en", "source")


class CitationSerializer(serializers.ModelSerializer[Citation]):
    class Meta:
        model = Citation
        fields = ("office", "number", "kind_code", "category", "cited_by", "text")


class GraceSerializer(serializers.Serializer[Any]):
    month = serializers.IntegerField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    surcharge_pct = serializers.IntegerField()
    surcharge = serializers.DecimalField(18, 2)
    total = serializers.DecimalField(18, 2)


class AnnuitySerializer(serializers.Serializer[Any]):
    """One patent year; amounts in `currency`, `fee` without a reduction."""

    year = serializers.IntegerField()
    due_on = serializers.DateField()
    on_time_until = serializers.DateField()
    last_day = serializers.DateField()
    fee = serializers.DecimalField(18, 2, allow_null=True)
    currency = serializers.CharField()
    state = serializers.ChoiceField(["registration", "paid", "due", "late", "lost", "unknown"])
    paid_on = serializers.DateField(allow_null=True)
    grace = GraceSerializer(many=True)


class PatentDetailSerializer(PatentSerializer):
    """A right whole: texts, parties, events, citations, family, annuities, and where each fact comes from."""

    abstract_zh = serializers.CharField(source="patent.abstract_zh")
    abstract_en = serializers.CharField(source="patent.abstract_en")
    claims = serializers.ListField(child=serializers.CharField(), source="patent.claims")
    cpc = serializers.ListField(child=serializers.CharField(), source="patent.cpc")
    family = serializers.ListField(child=serializers.CharField(), source="patent.family")
    facts = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), source="patent.facts")
    conflicts = serializers.DictField(source="patent.conflicts")
    status_basis = serializers.CharField(source="patent.status_basis")
    parties = PartySerializer(many=True)
    legal_events = LegalEventSerializer(many=True)
    citations = CitationSerializer(many=True, source="patent.citations")
    annuities = serializers.SerializerMethodField()

    class Meta(PatentSerializer.Meta):
        fields = (
            *PatentSerializer.Meta.fields,
            "abstract_zh",
            "abstract_en",
            "claims",
            "cpc",
            "family",
            "facts",
            "conflicts",
            "status_basis",
            "parties",
            "legal_events",
            "citations",
            "annuities",
        )
        read_only_fields = fields

    @extend_schema_field(AnnuitySerializer(many=True))
    def get_annuities(self, asset: Asset) -> list[dict[str, Any]]:
        paid = {one.year: one.paid_on for one in asset.patent.annuity_payments.all()}
        calendar = presenting.annuity_calendar(asset, paid)
        return [dict(AnnuitySerializer(year).data) for year in calendar.years] if calendar else []


PatentPage = answer_schema("PatentPage", PatentSerializer)


class NumberSerializer(serializers.Serializer[Any]):
    """What a number is, or why it is none; `patent` is its page's id where the register has it."""

    is_valid = serializers.BooleanField()  # type: ignore[assignment]  # taken out of the class likewise
    office = serializers.CharField(required=False)
    kind = serializers.CharField(required=False)
    canonical = serializers.CharField(required=False)
    kind_code = serializers.CharField(required=False)
    shown = serializers.CharField(required=False)
    patent = serializers.IntegerField(required=False, allow_null=True)
    code = serializers.CharField(required=False)
    message_zh = serializers.CharField(required=False)
    message_en = serializers.CharField(required=False)


class PatentList(APIView):
    """Patents and applications of the register."""

    @extend_schema(
        operation_id="patents_list",
        summary="Patents, searched and filtered",
        parameters=parameters_of(PatentFilter),
        responses=PatentPage,
    )
    def get(self, request: Request) -> Response:
        return Response(found_page(request, PatentFilter, presenting.in_order, PatentSerializer))


class PatentDetail(APIView):
    """One right."""

    @extend_schema(summary="One patent with facts, events, citations and annuities", responses=PatentDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(PatentDetailSerializer(access.get_shown(pk)).data)


class NumberCheck(APIView):
    """A patent number in any spelling."""

    @extend_schema(
        summary="Read a patent number and look at its check digit",
        parameters=[OpenApiParameter("number", OpenApiTypes.STR, required=True)],
        responses=NumberSerializer,
    )
    def get(self, request: Request) -> Response:
        try:
            number = parsed_number(request.query_params.get("number", ""))
        except numbers.NumberError as error:
            words = reasons.sentences(error.code, error.params)
            return Response(
                {"is_valid": False, "code": error.code, "message_zh": words["zh-hans"], "message_en": words["en"]}
            )
        known = index.lookup(NAME, "numbers", [f"{number.office}{number.canonical}"], limit=1)
        return Response(
            {
                "is_valid": True,
                "office": number.office,
                "kind": number.kind,
                "canonical": number.canonical,
                "kind_code": number.kind_code,
                "shown": numbers.format_number(
                    number.office, number.canonical, number.kind_code, is_granted=number.is_zl
                ),
                "patent": known[0] if known else None,
            }
        )
