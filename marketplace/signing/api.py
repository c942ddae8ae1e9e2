"""Documents, signatures and consents for programs: the pages' access, services and refusals.

A token alone signs nothing: signing and consenting take a fresh one-time code in the body as well.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle
from rest_framework.views import APIView

from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.lifecycle import Desk
from marketplace.signing import access, services
from marketplace.signing.graphs import OPERATORS, Bringer
from marketplace.signing.models import Consent, Document, Signature
from marketplace.signing.registry import consent_label
from marketplace.signing.verifying import Answer, Outcome, verify_hash

MOST = 200


def actor_of(request: Request) -> Actor:
    actor: Actor = request._request.actor  # type: ignore[attr-defined]
    return actor


def address_of(request: Request) -> str | None:
    return request.META.get("REMOTE_ADDR") or None


class SignatureSerializer(serializers.ModelSerializer[Signature]):
    """A signer's place; what was signed stands in it once signed. The network address is kept, and not shown."""

    class Meta:
        model = Signature
        fields = (
            "order",
            "organisation",
            "name_zh",
            "name_en",
            "capacity_zh",
            "capacity_en",
            "person_name",
            "signed_at",
            "factor",
        )
        read_only_fields = fields


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    """A consent asked for on one version."""

    document = serializers.SlugRelatedField(slug_field="number", read_only=True)  # type: ignore[var-annotated]
    version = serializers.IntegerField(source="document.version", read_only=True)
    kind_label = serializers.SerializerMethodField()
    sha256 = serializers.CharField(source="sha256_zh", read_only=True)

    class Meta:
        model = Consent
        fields = (
            "id",
            "document",
            "version",
            "sha256",
            "kind",
            "kind_label",
            "organisation",
            "person",
            "brought_by",
            "name",
            "state",
            "why_zh",
            "why_en",
            "asked_at",
            "answer_by",
            "answered_name",
            "answered_at",
            "note",
        )
        read_only_fields = fields

    def get_kind_label(self, consent: Consent) -> str:
        return consent_label(consent.kind)


class FileLinkSerializer(serializers.Serializer[Any]):
    language = serializers.CharField()
    is_sealed = serializers.BooleanField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    url = serializers.CharField()


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """A version of a document with its hashes, files, signers and consents."""

    sha256 = serializers.CharField(read_only=True)
    signatures = SignatureSerializer(many=True, read_only=True)
    consents = ConsentSerializer(many=True, read_only=True)
    files = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = (
            "number",
            "version",
            "template",
            "title_zh",
            "title_en",
            "state",
            "sha256",
            "sha256_zh",
            "sha256_en",
            "expires_at",
            "sealed_at",
            "created_at",
            "files",
            "signatures",
            "consents",
        )
        read_only_fields = fields

    @extend_schema_field(FileLinkSerializer(many=True))
    def get_files(self, document: Document) -> list[dict[str, Any]]:
        found = []
        for language in ("zh", "en"):
            for part, is_sealed in (("file", False), ("sealed", True)):
                file = getattr(document, f"{part}_{language}")
                if file is not None:
                    url = reverse("file", args=[file.pk])
                    told = {"language": language, "is_sealed": is_sealed, "sha256": file.sha256, "size": file.size}
                    found.append({**told, "url": url})
        return found


class SignSerializer(serializers.Serializer[Any]):
    sha256 = serializers.CharField(max_length=64)
    otp = serializers.CharField(max_length=12)


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000, allow_blank=True)


class GiveSerializer(serializers.Serializer[Any]):
    sha256 = serializers.CharField(max_length=64)
    otp = serializers.CharField(max_length=12, required=False, allow_blank=True, default="")


class PaperSerializer(serializers.Serializer[Any]):
    sha256 = serializers.CharField(max_length=64)
    file = serializers.FileField()


class RefuseSerializer(serializers.Serializer[Any]):
    sha256 = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=2000, allow_blank=True)


def given(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    read = serializer(data=request.data)
    read.is_valid(raise_exception=True)
    data: dict[str, Any] = read.validated_data
    return data


class DocumentViewSet(viewsets.ReadOnlyModelViewSet[Document]):
    """Documents that name your organisation; the newest version of each at its number."""

    serializer_class = DocumentSerializer
    permission_classes = [IsAuthenticated]
    pagination_class = None
    filter_backends: list[Any] = []
    lookup_field = "number"
    lookup_value_regex = r"[A-Z]-\d{4}-\d+"
    queryset = Document.objects.none()

    def get_queryset(self) -> Any:
        return (
            access.documents_of(actor_of(self.request))
            .select_related("file_zh", "file_en", "sealed_zh", "sealed_en")
            .prefetch_related("signatures", "consents__document")
            .order_by("-created_at", "-pk")[:MOST]
        )

    def get_object(self) -> Document:
        return access.document_for(actor_of(self.request), self.kwargs["number"])

    @extend_schema(request=SignSerializer, responses=DocumentSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, number: str) -> Response:
        """Sign the current version for your organisation. `sha256` is that of the Chinese file."""
        document = self.get_object()
        data = given(SignSerializer, request)
        services.sign(document_id=document.pk, by=actor_of(request), address=address_of(request), **data)
        return Response(DocumentSerializer(self.get_object()).data, status=status.HTTP_200_OK)

    @extend_schema(request=ReasonSerializer, responses=DocumentSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, number: str) -> Response:
        """Decline to sign; the version ends."""
        document = self.get_object()
        data = given(ReasonSerializer, request)
        services.decline(document_id=document.pk, by=actor_of(request), **data)
        return Response(DocumentSerializer(self.get_object()).data)


class ConsentViewSet(viewsets.ReadOnlyModelViewSet[Consent]):
    """Consents asked of your organisation or of you."""

    serializer_class = ConsentSerializer
    permission_classes = [IsAuthenticated]
    pagination_class = None
    filter_backends: list[Any] = []
    lookup_value_regex = r"\d{1,18}"
    queryset = Consent.objects.none()

    def get_queryset(self) -> Any:
        return access.consents_of(actor_of(self.request)).select_related("document").order_by("-pk")[:MOST]

    def get_object(self) -> Consent:
        return access.consent_for(actor_of(self.request), int(self.kwargs["pk"]))

    def _permitted(self, party: Bringer | Desk) -> Consent:
        """Who may not act is told so before what was sent is read. Raises NotFound, NotPermitted."""
        consent = self.get_object()
        if not party.permits(actor_of(self.request), consent):
            raise NotPermitted()
        return consent

    @extend_schema(request=GiveSerializer, responses=ConsentSerializer)
    @action(detail=True, methods=["post"])
    def give(self, request: Request, pk: str) -> Response:
        """Consent to the version whose hash is named."""
        consent = self.get_object()
        data = given(GiveSerializer, request)
        services.give_consent(consent_id=consent.pk, by=actor_of(request), address=address_of(request), **data)
        return Response(ConsentSerializer(self.get_object()).data)

    @extend_schema(request=RefuseSerializer, responses=ConsentSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        """Refuse consent, with the reason."""
        consent = self.get_object()
        data = given(RefuseSerializer, request)
        services.refuse_consent(consent_id=consent.pk, by=actor_of(request), address=address_of(request), **data)
        return Response(ConsentSerializer(self.get_object()).data)

    @extend_schema(request={"multipart/form-data": PaperSerializer}, responses=ConsentSerializer)
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def paper(self, request: Request, pk: str) -> Response:
        """Bring the written consent of a party who is not on the market."""
        consent = self._permitted(Bringer())
        data = given(PaperSerializer, request)
        services.hand_in(consent_id=consent.pk, sha256=data["sha256"], upload=data["file"], by=actor_of(request))
        return Response(ConsentSerializer(self.get_object()).data)

    @extend_schema(request=SignSerializer, responses=ConsentSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """The market's desk confirms the paper."""
        consent = self._permitted(OPERATORS)
        data = given(SignSerializer, request)
        services.confirm_paper(consent_id=consent.pk, by=actor_of(request), address=address_of(request), **data)
        return Response(ConsentSerializer(self.get_object()).data)

    @extend_schema(request=ReasonSerializer, responses=ConsentSerializer)
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request: Request, pk: str) -> Response:
        """The market's desk sends the paper back, with the reason."""
        consent = self._permitted(OPERATORS)
        services.send_back(consent_id=consent.pk, by=actor_of(request), **given(ReasonSerializer, request))
        return Response(ConsentSerializer(self.get_object()).data)


class KnownSignatureSerializer(serializers.Serializer[Any]):
    order = serializers.IntegerField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    person_name = serializers.CharField()
    signed_at = serializers.DateTimeField(allow_null=True)


class VerificationSerializer(serializers.Serializer[Any]):
    """What is known of a hash: never what the document is about."""

    outcome = serializers.ChoiceField(choices=[one.value for one in Outcome])
    sha256 = serializers.CharField()
    number = serializers.CharField(source="document.number", default="")
    version = serializers.IntegerField(source="document.version", default=None, allow_null=True)
    state = serializers.CharField(source="document.state", default="")
    sealed_at = serializers.DateTimeField(allow_null=True)
    seal_holds = serializers.BooleanField(allow_null=True)
    replaced_by = serializers.IntegerField(allow_null=True)
    stands_against = serializers.ListField(child=serializers.CharField())
    is_demo = serializers.BooleanField(source="certificate.is_demo", default=None, allow_null=True)
    signatures = KnownSignatureSerializer(many=True)


class VerifyView(APIView):
    """Open to anybody: what this market knows of a SHA-256 hash."""

    permission_classes = [AllowAny]
    throttle_classes = [AnonRateThrottle, UserRateThrottle]

    @extend_schema(responses=VerificationSerializer)
    def get(self, request: Request, sha256: str) -> Response:
        answer: Answer = verify_hash(sha256)
        if answer.outcome == Outcome.UNKNOWN:
            raise NotFound()
        return Response(VerificationSerializer(answer).data)
