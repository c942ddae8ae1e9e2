"""Talks, confidentiality, data room, offers and sealed offers for programs: the pages' services and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from listings.catalogue.access import public_listing
from listings.catalogue.api import actor_of
from listings.deals.models.negotiation import Negotiation
from listings.deals.models.offers import Offer
from listings.deals.models.room import RoomFile
from listings.deals.models.sealed import SealedOffer
from listings.deals.services import ndas, rooms, sealed
from listings.deals.services import negotiations as talks
from listings.deals.services import offers as offer_service
from listings.deals.talks import access as access
from listings.deals.talks.serializers import (
    DecideSerializer,
    EnquireSerializer,
    GrantSerializer,
    MessageSerializer,
    MessageWriteSerializer,
    NdaAcceptSerializer,
    NdaSerializer,
    NegotiationSerializer,
    OfferSerializer,
    OfferWriteSerializer,
    RevokeSerializer,
    RoomFileSerializer,
    SealedOfferSerializer,
    SealedWriteSerializer,
    ShortFormSerializer,
    TalkReasonSerializer,
)
from listings.deals.talks.states import Side

MOST = 100


@extend_schema_view(
    list=extend_schema(summary="Talks of one's organisation, latest first", responses=NegotiationSerializer(many=True)),
    retrieve=extend_schema(summary="One thread of talks", responses=NegotiationSerializer),
    create=extend_schema(
        summary="Ask a qualified first question", request=EnquireSerializer, responses={201: NegotiationSerializer}
    ),
)
class NegotiationViewSet(viewsets.GenericViewSet[Negotiation]):
    queryset = Negotiation.objects.none()
    serializer_class = NegotiationSerializer
    permission_classes = [IsAuthenticated]
    pagination_class = None
    filter_backends: list[Any] = []
    lookup_field = "number"
    lookup_value_regex = "T-[0-9]{4}-[0-9]{5,12}"

    def _found(self, request: Request, number: str) -> Negotiation:
        return access.negotiation_of(actor_of(request), number)

    def _told(self, request: Request, number: str) -> dict[str, Any]:
        context = {"organisation": access.speaks_for(actor_of(request))}
        return dict(NegotiationSerializer(self._found(request, number), context=context).data)

    @staticmethod
    def _read(serializer: type[serializers.Serializer[Any]], request: Request) -> Any:
        reader = serializer(data=request.data)
        reader.is_valid(raise_exception=True)
        return reader

    def list(self, request: Request) -> Response:
        rows = access.negotiations_seen_by(actor_of(request)).for_page().order_by("-last_said_at", "-pk")[:MOST]
        context = {"organisation": access.speaks_for(actor_of(request))}
        return Response(NegotiationSerializer(rows, many=True, context=context).data)

    def retrieve(self, request: Request, number: str) -> Response:
        return Response(self._told(request, number))

    def create(self, request: Request) -> Response:
        told = dict(self._read(EnquireSerializer, request).validated_data)
        listing = public_listing(told.pop("listing"))
        message = told.pop("message")
        made = talks.enquire(listing_id=listing.pk, by=actor_of(request), message=message, form=talks.ShortForm(**told))
        return Response(self._told(request, made.number), status=status.HTTP_201_CREATED)

    @extend_schema(
        methods=["get"], summary="Messages, oldest first", request=None, responses=MessageSerializer(many=True)
    )
    @extend_schema(
        methods=["post"], summary="Write a message", request=MessageWriteSerializer, responses={201: MessageSerializer}
    )
    @action(detail=True, methods=["get", "post"])
    def messages(self, request: Request, number: str) -> Response:
        one = self._found(request, number)
        context = {"negotiation": one}
        if request.method == "GET":
            return Response(MessageSerializer(one.messages.all()[:200], many=True, context=context).data)
        text = self._read(MessageWriteSerializer, request).validated_data["text"]
        made = talks.say(negotiation_id=one.pk, by=actor_of(request), text=text)
        return Response(MessageSerializer(made, context=context).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Fill in the short form", request=ShortFormSerializer, responses=NegotiationSerializer)
    @action(detail=True, methods=["post"])
    def qualify(self, request: Request, number: str) -> Response:
        one = self._found(request, number)
        told = self._read(ShortFormSerializer, request).validated_data
        talks.qualify(negotiation_id=one.pk, by=actor_of(request), form=talks.ShortForm(**told))
        return Response(self._told(request, number))

    @extend_schema(summary="Agree to share contact details", request=None, responses=NegotiationSerializer)
    @action(detail=True, methods=["post"], url_path="share-contacts")
    def share_contacts(self, request: Request, number: str) -> Response:
        talks.share_contacts(negotiation_id=self._found(request, number).pk, by=actor_of(request))
        return Response(self._told(request, number))

    @extend_schema(summary="Close the talks", request=TalkReasonSerializer, responses=NegotiationSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, number: str) -> Response:
        one = self._found(request, number)
        reason = self._read(TalkReasonSerializer, request).validated_data["reason"]
        talks.close(negotiation_id=one.pk, by=actor_of(request), reason=reason)
        return Response(self._told(request, number))

    @extend_schema(methods=["get"], summary="The confidentiality text in force", request=None, responses=NdaSerializer)
    @extend_schema(
        methods=["post"], summary="Accept exactly that text", request=NdaAcceptSerializer, responses=NdaSerializer
    )
    @action(detail=True, methods=["get", "post"])
    def nda(self, request: Request, number: str) -> Response:
        one = self._found(request, number)
        if request.method == "POST":
            told = self._read(NdaAcceptSerializer, request).validated_data
            ndas.accept_nda(
                negotiation_id=one.pk,
                by=actor_of(request),
                sha256=told["sha256"],
                name=told["name"],
                address=request.META.get("REMOTE_ADDR"),
            )
        text = ndas.current_text(one.listing_id)
        return Response(NdaSerializer(text, context={"negotiation": one}).data)

    @extend_schema(summary="Files of the data room open in these talks", responses=RoomFileSerializer(many=True))
    @action(detail=True, methods=["get"])
    def room(self, request: Request, number: str) -> Response:
        one = self._found(request, number)
        grants = {row.room_file_id: row.expires_at for row in access.granted_files(one)}
        files = RoomFile.objects.filter(listing=one.listing_id, withdrawn_at__isnull=True).select_related("file")
        if one.side_of(access.speaks_for(actor_of(request))) != Side.HOLDER:
            files = files.filter(pk__in=grants)
        return Response(RoomFileSerializer(files, many=True, context={"grants": grants}).data)

    @extend_schema(
        summary="A file under the reader’s name; the opening is logged", responses={200: OpenApiTypes.BINARY}
    )
    @action(detail=True, methods=["get"], url_path=r"room/(?P<file>[0-9]{1,18})/content")
    def room_content(self, request: Request, number: str, file: str) -> HttpResponse:
        one = self._found(request, number)
        opened = rooms.open_room_file(
            negotiation_id=one.pk,
            room_file_id=int(file),
            by=actor_of(request),
            address=request.META.get("REMOTE_ADDR"),
        )
        answer = HttpResponse(opened.content, content_type=opened.content_type)
        answer["Cache-Control"] = "private, no-store"
        answer["Content-Disposition"] = "attachment"
        return answer

    @extend_schema(summary="Open a file to these talks", request=GrantSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def grant(self, request: Request, number: str) -> Response:
        one = self._found(request, number)
        told = self._read(GrantSerializer, request).validated_data
        rooms.grant(
            room_file_id=told["file"], negotiation_id=one.pk, by=actor_of(request), expires_at=told["expires_at"]
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Take a file back", request=RevokeSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, number: str) -> Response:
        one = self._found(request, number)
        told = self._read(RevokeSerializer, request).validated_data
        rooms.revoke(room_file_id=told["file"], negotiation_id=one.pk, by=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        methods=["get"], summary="Every version, latest first", request=None, responses=OfferSerializer(many=True)
    )
    @extend_schema(
        methods=["post"],
        summary="Make an offer or answer one",
        request=OfferWriteSerializer,
        responses={201: OfferSerializer},
    )
    @action(detail=True, methods=["get", "post"])
    def offers(self, request: Request, number: str) -> Response:
        one = self._found(request, number)
        if request.method == "POST":
            reader = self._read(OfferWriteSerializer, request)
            made = offer_service.make_offer(
                negotiation_id=one.pk,
                by=actor_of(request),
                terms=reader.terms,
                answers=reader.validated_data["answers"],
            )
            return Response(self._offer(one, made.version), status=status.HTTP_201_CREATED)
        rows = list(one.offers.all())
        context = {"by_version": {row.version: row for row in rows}}
        return Response(OfferSerializer(rows, many=True, context=context).data)

    @staticmethod
    def _offer(one: Negotiation, version: int) -> dict[str, Any]:
        rows = {row.version: row for row in one.offers.filter(version__in=[version - 1, version])}
        return dict(OfferSerializer(rows[version], context={"by_version": rows}).data)

    def _decide(self, request: Request, number: str, verb: Callable[..., Offer], *told: str) -> Response:
        """Decide on the version named, with what else of the request this decision is told."""
        one = self._found(request, number)
        given = self._read(DecideSerializer, request).validated_data
        done = verb(
            negotiation_id=one.pk,
            version=given["version"],
            by=actor_of(request),
            **{name: given[name] for name in told},
        )
        return Response(self._offer(one, done.version))

    @extend_schema(summary="Accept the version named", request=DecideSerializer, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, number: str) -> Response:
        return self._decide(request, number, offer_service.accept_offer)

    @extend_schema(summary="Reject the version named", request=DecideSerializer, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, number: str) -> Response:
        return self._decide(request, number, offer_service.reject_offer, "reason")

    @extend_schema(summary="Withdraw one’s standing offer", request=DecideSerializer, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, number: str) -> Response:
        return self._decide(request, number, offer_service.withdraw_offer)

    @extend_schema(
        methods=["get"], summary="One’s own sealed offers", request=None, responses=SealedOfferSerializer(many=True)
    )
    @extend_schema(
        methods=["post"],
        summary="Hand in a sealed offer",
        request=SealedWriteSerializer,
        responses={201: SealedOfferSerializer},
    )
    @action(detail=True, methods=["get", "post"])
    def sealed(self, request: Request, number: str) -> Response:
        one = self._found(request, number)
        if request.method == "POST":
            terms = self._read(SealedWriteSerializer, request).terms
            made = sealed.hand_in(negotiation_id=one.pk, by=actor_of(request), terms=terms)
            return Response(SealedOfferSerializer(made).data, status=status.HTTP_201_CREATED)
        rows = SealedOffer.objects.filter(negotiation=one, organisation=access.speaks_for(actor_of(request)))
        return Response(SealedOfferSerializer(rows, many=True).data)
