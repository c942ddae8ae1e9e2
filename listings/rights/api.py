"""The rights register for programs: one right on any day, and the question asked before every act."""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from listings.patents.access import shown_assets
from listings.rights import access, presenting
from listings.rights.checking import check
from listings.rights.models import Entry
from listings.rights.scope import Scope
from listings.rights.states import Act
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound

MOST_ASSETS = 50
MOST_CODES = 50


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """An entry of the register; amounts are left out, they are open to its parties only."""

    party = serializers.CharField(source="party_shown")
    grantor = serializers.CharField(source="grantor_shown")
    last_day = serializers.DateField(allow_null=True)
    in_force = serializers.SerializerMethodField()

    class Meta:
        model = Entry
        fields = (
            "id",
            "kind",
            "licence_type",
            "grantor",
            "party",
            "share_numerator",
            "share_denominator",
            "territories",
            "fields",
            "starts_on",
            "ends_on",
            "ended_on",
            "last_day",
            "end_reason",
            "in_force",
            "reference",
            "source",
            "recorded_on",
            "is_recorded_only",
        )

    def get_in_force(self, one: Entry) -> bool:
        return one.period is not None and self.context["on"] in one.period


class FindingSerializer(serializers.Serializer[Any]):
    """Why an act is blocked, or on what condition it is open, in both languages."""

    code = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    asset = serializers.IntegerField()
    entry = serializers.IntegerField(allow_null=True)
    is_block = serializers.BooleanField()
    is_verified = serializers.BooleanField()
    consent = serializers.CharField(allow_null=True)
    consent_from = serializers.ListField(child=serializers.IntegerField())
    consent_names = serializers.ListField(child=serializers.CharField())
    message_zh = serializers.CharField()
    message_en = serializers.CharField()
    remedy_zh = serializers.CharField(allow_blank=True)
    remedy_en = serializers.CharField(allow_blank=True)
    article_zh = serializers.CharField()
    article_en = serializers.CharField()


class RightStateSerializer(serializers.Serializer[Any]):
    asset = serializers.IntegerField()
    on = serializers.DateField()
    is_spoken_for = serializers.BooleanField()
    entries = EntrySerializer(many=True)


class QuestionSerializer(serializers.Serializer[Any]):
    """An act on rights: by whom it is asked is the organisation of the key."""

    assets = serializers.ListField(child=serializers.IntegerField(min_value=1), min_length=1, max_length=MOST_ASSETS)
    act = serializers.ChoiceField(choices=Act.choices)
    other_country = serializers.RegexField(r"^[A-Z]{2}$", required=False, allow_blank=True, default="")
    territories = serializers.ListField(
        child=serializers.CharField(max_length=6), required=False, default=list, max_length=MOST_CODES
    )
    fields_of_use = serializers.ListField(
        child=serializers.CharField(max_length=12), required=False, default=list, max_length=MOST_CODES
    )
    starts_on = serializers.DateField(required=False, allow_null=True, default=None)
    ends_on = serializers.DateField(required=False, allow_null=True, default=None)


class VerdictSerializer(serializers.Serializer[Any]):
    is_allowed = serializers.BooleanField()
    findings = FindingSerializer(many=True)


class RightView(APIView):
    """What the register says of one right, today or on the day `on`."""

    permission_classes = ()

    @extend_schema(
        operation_id="patent_rights",
        parameters=[OpenApiParameter("on", OpenApiTypes.DATE, description="a day; today where it is left out")],
        responses=RightStateSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        asset = access.get_right(pk)
        asked = serializers.DateField(required=False, allow_null=True)
        text = request.query_params.get("on")
        on: date = asked.run_validation(text) if text else clock.today()
        entries = presenting.entries_of(asset)
        known = [one for one in entries if one.starts_on <= on] if on < clock.today() else entries
        body = {
            "asset": asset.pk,
            "on": on,
            "is_spoken_for": presenting.is_spoken_for(asset),
            "entries": known,
        }
        return Response(RightStateSerializer(body, context={"on": on}).data)


class CheckView(APIView):
    """May the organisation of the key do this to these rights, and if not, why and what would cure it?"""

    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="rights_check", request=QuestionSerializer, responses=VerdictSerializer)
    def post(self, request: Request) -> Response:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        question = QuestionSerializer(data=request.data)
        question.is_valid(raise_exception=True)
        asked = question.validated_data
        wanted = set(asked["assets"])
        if shown_assets().filter(pk__in=wanted).count() != len(wanted):
            raise NotFound()
        # what was promised in a deal is told as a fact, never with whom; strangers hear what the register shows all
        act = Act(asked["act"])
        verdict = check(
            sorted(wanted),
            act,
            holder_id=None if act == Act.TAKE_OPEN else actor.acts_for,
            other_id=actor.acts_for if act == Act.TAKE_OPEN else None,
            other_country=asked["other_country"],
            scope=Scope(
                tuple(asked["territories"]), tuple(asked["fields_of_use"]), asked["starts_on"], asked["ends_on"]
            ),
        )
        found = [one.as_dict() for one in verdict.findings]
        return Response(VerdictSerializer({"is_allowed": verdict.is_allowed, "findings": found}).data)
