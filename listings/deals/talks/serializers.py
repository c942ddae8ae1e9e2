"""Talks, confidentiality, data room and offers as programs write and read them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from listings.deals.clearing import codes
from listings.deals.models.negotiation import Message, NdaText, Negotiation
from listings.deals.models.offers import Offer
from listings.deals.models.room import RoomFile
from listings.deals.models.sealed import SealedOffer
from listings.deals.services import ndas
from listings.deals.services import negotiations as talks
from listings.deals.talks import access as access
from listings.deals.talks import presenting as shown
from listings.deals.talks.forms import USUAL_VALID_DAYS
from listings.deals.talks.states import Bears, Decider, Horizon, Purpose, Stage
from listings.deals.terms import LONGEST_CONDITIONS, Milestone, Terms, differences
from marketplace.core import clock


class NegotiationSerializer(serializers.ModelSerializer[Negotiation]):
    """Talks as one side sees them."""

    listing = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    side = serializers.SerializerMethodField()
    contacts_are_shared = serializers.BooleanField(read_only=True)

    class Meta:
        model = Negotiation
        fields = (
            "number",
            "state",
            "side",
            "listing",
            "holder",
            "buyer",
            "purpose",
            "stage",
            "horizon",
            "decider",
            "budget_min",
            "budget_max",
            "currency",
            "contacts_are_shared",
            "opened_at",
            "first_answered_at",
            "last_said_at",
            "last_said_by",
            "due_at",
        )
        read_only_fields = fields

    def get_side(self, one: Negotiation) -> str:
        return one.side_of(self.context.get("organisation"))


class ShortFormSerializer(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(Purpose.choices)
    stage = serializers.ChoiceField(Stage.choices)
    horizon = serializers.ChoiceField(Horizon.choices)
    decider = serializers.ChoiceField(Decider.choices)
    budget_min = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    budget_max = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    currency = serializers.CharField(max_length=3, default="CNY")


class EnquireSerializer(ShortFormSerializer):
    """A qualified first question about a listing."""

    listing = serializers.CharField(max_length=20)
    message = serializers.CharField(max_length=talks.LONGEST_MESSAGE)


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message; contact details are hidden until both sides share them."""

    text = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = ("id", "organisation", "text", "at")
        read_only_fields = fields

    def get_text(self, one: Message) -> str:
        return shown.message_text(one.text, self.context["negotiation"])


class MessageWriteSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=talks.LONGEST_MESSAGE)


class TalkReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class NdaSerializer(serializers.ModelSerializer[NdaText]):
    """The confidentiality text in force, and whether these talks accepted it."""

    accepted = serializers.SerializerMethodField()

    class Meta:
        model = NdaText
        fields = ("version", "is_default", "text_zh", "text_en", "file", "sha256", "created_at", "accepted")
        read_only_fields = fields

    def get_accepted(self, one: NdaText) -> bool:
        return ndas.acceptance_of(self.context["negotiation"], one) is not None


class NdaAcceptSerializer(serializers.Serializer[Any]):
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    name = serializers.CharField(max_length=80)


class RoomFileSerializer(serializers.ModelSerializer[RoomFile]):
    """A file open in these talks."""

    name = serializers.CharField(read_only=True)
    size = serializers.IntegerField(source="file.size", read_only=True)
    sha256 = serializers.CharField(source="file.sha256", read_only=True)
    content_type = serializers.CharField(source="file.content_type", read_only=True)
    expires_at = serializers.SerializerMethodField()

    class Meta:
        model = RoomFile
        fields = ("id", "name", "size", "sha256", "content_type", "added_at", "expires_at")
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_expires_at(self, one: RoomFile) -> Any:
        return self.context["grants"].get(one.pk)


class GrantSerializer(serializers.Serializer[Any]):
    file = serializers.IntegerField(min_value=1)
    expires_at = serializers.DateTimeField()


class RevokeSerializer(serializers.Serializer[Any]):
    file = serializers.IntegerField(min_value=1)


class MilestoneSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120)
    amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    due_days = serializers.IntegerField(min_value=0, max_value=3650)


class TermsSerializer(serializers.Serializer[Any]):
    """The terms of an offer."""

    price = serializers.DecimalField(max_digits=18, decimal_places=2)
    currency = serializers.CharField(max_length=3, default="CNY")
    mode = serializers.CharField(max_length=12)
    upfront = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    milestones = MilestoneSerializer(many=True, required=False)
    deposit = serializers.DecimalField(max_digits=18, decimal_places=2, default=Decimal("0.00"))
    hold_back_pct = serializers.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0))
    hold_back_days = serializers.IntegerField(min_value=0, max_value=1095, default=0)
    territories = serializers.ListField(child=serializers.CharField(max_length=12), required=False, max_length=40)
    fields_of_use = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=40)
    starts_on = serializers.DateField(required=False, allow_null=True)
    term_months = serializers.IntegerField(min_value=1, max_value=240, required=False, allow_null=True)
    royalty_pct = serializers.DecimalField(max_digits=6, decimal_places=3, required=False, allow_null=True)
    royalty_base = serializers.CharField(max_length=160, default="", allow_blank=True)
    royalty_minimum = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, allow_null=True)
    tax_by = serializers.ChoiceField(Bears.choices, default=Bears.LAW)
    annuity_by = serializers.ChoiceField(Bears.choices, default=Bears.BUYER)
    records = serializers.ChoiceField(Bears.choices, default=Bears.BUYER)
    conditions = serializers.CharField(max_length=LONGEST_CONDITIONS, default="", allow_blank=True)
    valid_until = serializers.DateTimeField()

    @property
    def terms(self) -> Terms:
        told = dict(self.validated_data)
        told.pop("answers", None)
        told["milestones"] = tuple(
            Milestone(one["title"], one["amount"], one["due_days"]) for one in told.pop("milestones", ())
        )
        for name in ("territories", "fields_of_use"):
            told[name] = codes(told.pop(name, ()))
        return Terms(**told)


class OfferWriteSerializer(TermsSerializer):
    """An offer: its terms and the version it answers, 0 for the first."""

    answers = serializers.IntegerField(min_value=0)


class OfferSerializer(serializers.ModelSerializer[Offer]):
    """A version, with what changed against the one before."""

    differences = serializers.SerializerMethodField()

    class Meta:
        model = Offer
        fields = (
            "version",
            "state",
            "maker",
            "receiver",
            "made_at",
            "asset_ids",
            "mode",
            "price",
            "currency",
            "upfront",
            "milestones",
            "deposit",
            "hold_back_pct",
            "hold_back_days",
            "territories",
            "fields_of_use",
            "starts_on",
            "term_months",
            "royalty_pct",
            "royalty_base",
            "royalty_minimum",
            "tax_by",
            "annuity_by",
            "records",
            "conditions",
            "valid_until",
            "differences",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_differences(self, one: Offer) -> list[dict[str, Any]]:
        before = self.context.get("by_version", {}).get(one.version - 1)
        return shown.difference_data(differences(before.terms, one.terms)) if before else []


class DecideSerializer(serializers.Serializer[Any]):
    """A decision names the version it is made on."""

    version = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=2000, default="", allow_blank=True)


class SealedOfferSerializer(serializers.ModelSerializer[SealedOffer]):
    """One's own sealed offer: its place and receipt, never its content."""

    class Meta:
        model = SealedOffer
        fields = ("sequence", "receipt", "received_at", "obligation_id")
        read_only_fields = fields


class SealedWriteSerializer(TermsSerializer):
    valid_until = serializers.DateTimeField(required=False)

    @property
    def terms(self) -> Terms:

        self.validated_data.setdefault("valid_until", clock.now() + timedelta(days=USUAL_VALID_DAYS))
        return super().terms
