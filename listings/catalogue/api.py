"""Listings, needs and saved searches for programs: the pages' filters, services and refusals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from listings.assets.models import Asset
from listings.catalogue import access, checks
from listings.catalogue.filters import ListingFilter, NeedFilter
from listings.catalogue.models import Listing, Need, SavedSearch
from listings.catalogue.naming import kind_key, patent_of, shown_number
from listings.catalogue.new_hits import new_since
from listings.catalogue.rows import listings_in_order, needs_in_order
from listings.catalogue.services import listings as listing_service
from listings.catalogue.services import needs as need_service
from listings.catalogue.services import saved_searches
from listings.catalogue.states import Mode
from marketplace.accounts.models import Region
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound
from marketplace.search.api import MOST_PER_PAGE, answer_schema, found_page, parameters_of
from marketplace.search.filters import SearchFilter


def actor_of(request: Request) -> Actor:
    """The actor behind the token or session."""
    actor: Actor = request._request.actor  # type: ignore[attr-defined]
    return actor


class RightSerializer(serializers.ModelSerializer[Asset]):
    """A right in a listing."""

    shown_number = serializers.SerializerMethodField()
    kind = serializers.SerializerMethodField()
    ipc = serializers.SerializerMethodField()

    class Meta:
        model = Asset
        fields = (
            "id",
            "office",
            "number",
            "shown_number",
            "kind",
            "title_zh",
            "title_en",
            "status",
            "status_on",
            "filed_on",
            "granted_on",
            "expires_on",
            "ipc",
        )
        read_only_fields = fields

    def get_shown_number(self, asset: Asset) -> str:
        return shown_number(asset)

    def get_kind(self, asset: Asset) -> str:
        return kind_key(asset)

    def get_ipc(self, asset: Asset) -> list[str]:
        patent = patent_of(asset)
        return list(patent.ipc) if patent else []


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()


class ListingSerializer(serializers.ModelSerializer[Listing]):
    """A listing as the public sees it."""

    organisation = NamedSerializer(read_only=True)
    region: serializers.SlugRelatedField[Region] = serializers.SlugRelatedField(slug_field="code", read_only=True)
    rights = RightSerializer(many=True, read_only=True)

    class Meta:
        model = Listing
        fields = (
            "id",
            "number",
            "state",
            "organisation",
            "rights",
            *listing_service.CONTENT,
            "published_at",
            "source_note_zh",
            "source_note_en",
            "is_sample",
            "version",
        )
        read_only_fields = fields


class ListingWriteSerializer(serializers.ModelSerializer[Listing]):
    """Content of a draft. `rights` are ids of rights held; `version` refuses to overwrite a colleague."""

    rights = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=listing_service.MOST_RIGHTS
    )
    region = serializers.SlugRelatedField(
        slug_field="code", queryset=Region.objects.all(), required=False, allow_null=True
    )
    version = serializers.IntegerField(required=False, write_only=True)

    class Meta:
        model = Listing
        fields = (*listing_service.CONTENT, "rights", "version")
        extra_kwargs: ClassVar[dict[str, Any]] = {name: {"required": False} for name in listing_service.CONTENT}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return _bounded(self.instance, attrs, "price_min", "price_max", positive=("price_min", "royalty_pct"))


class NeedSerializer(serializers.ModelSerializer[Need]):
    """A need as the public sees it; who seeks is null where they asked not to be named."""

    organisation = serializers.SerializerMethodField()
    region: serializers.SlugRelatedField[Region] = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = Need
        fields = (
            "id",
            "number",
            "state",
            "organisation",
            *need_service.CONTENT,
            "published_at",
            "is_sample",
            "version",
        )
        read_only_fields = fields

    @extend_schema_field(NamedSerializer(allow_null=True))
    def get_organisation(self, need: Need) -> dict[str, Any] | None:
        if need.is_anonymous and not self.context.get("is_own"):
            return None
        return dict(NamedSerializer(need.organisation).data)


class NeedWriteSerializer(serializers.ModelSerializer[Need]):
    region = serializers.SlugRelatedField(
        slug_field="code", queryset=Region.objects.all(), required=False, allow_null=True
    )
    version = serializers.IntegerField(required=False, write_only=True)

    class Meta:
        model = Need
        fields = (*need_service.CONTENT, "version")
        extra_kwargs: ClassVar[dict[str, Any]] = {name: {"required": False} for name in need_service.CONTENT}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return _bounded(self.instance, attrs, "budget_min", "budget_max")


def _bounded(instance: Any, attrs: dict[str, Any], low: str, high: str, positive: Sequence[str] = ()) -> dict[str, Any]:
    """The rules that the database would refuse otherwise, said at the field."""
    least = attrs.get(low, getattr(instance, low, None))
    most = attrs.get(high, getattr(instance, high, None))
    if most is not None and low == "price_min" and least is None:
        raise serializers.ValidationError({low: _("A highest amount needs a lowest one.")})
    if least is not None and most is not None and most < least:
        raise serializers.ValidationError({high: _("The highest amount is below the lowest.")})
    for name in (low, high):
        if attrs.get(name) is not None and attrs[name] < 0:
            raise serializers.ValidationError({name: _("This must be more than zero.")})
    for name in positive:
        if attrs.get(name) is not None and attrs[name] <= 0:
            raise serializers.ValidationError({name: _("This must be more than zero.")})
    if attrs.get("royalty_pct") is not None and attrs["royalty_pct"] > 100:
        raise serializers.ValidationError({"royalty_pct": _("A royalty is at most 100%.")})
    return attrs


class LackSerializer(serializers.Serializer[Any]):
    """One open point of a draft."""

    code = serializers.CharField()
    step = serializers.CharField()
    field = serializers.CharField()
    message = serializers.CharField(source="text")
    rule = serializers.CharField()
    blocks = serializers.BooleanField()


class SavedSearchSerializer(serializers.ModelSerializer[SavedSearch]):
    new = serializers.SerializerMethodField()

    class Meta:
        model = SavedSearch
        fields = ("id", "name", "collection", "query", "created_at", "seen_at", "new")
        read_only_fields = ("id", "created_at", "seen_at", "new")

    def get_new(self, saved: SavedSearch) -> int | None:
        return new_since(saved)


ListingPage = answer_schema("ListingPage", ListingSerializer)
NeedPage = answer_schema("NeedPage", NeedSerializer)


class SearchedViewSet(viewsets.GenericViewSet[Any]):
    """A public list answered by search, and the organisation's own matters written through the services."""

    lookup_field = "number"
    lookup_value_regex = "[A-Z]-[0-9]{4}-[0-9]+"
    filterset: type[SearchFilter]
    in_order: Callable[[Sequence[int]], list[Any]]
    filter_backends: list[Any] = []

    def found_page(self, request: Request, serializer: type[serializers.BaseSerializer[Any]]) -> Response:
        """One page of what the address asks for, with the facets' counts."""
        return Response(found_page(request, self.filterset, type(self).in_order, serializer))


@extend_schema_view(
    list=extend_schema(
        parameters=parameters_of(ListingFilter), responses=ListingPage, summary="Listings on the market"
    ),
    retrieve=extend_schema(responses=ListingSerializer, summary="One listing, public or one's own"),
    create=extend_schema(request=ListingWriteSerializer, responses={201: ListingSerializer}, summary="Begin a draft"),
    partial_update=extend_schema(request=ListingWriteSerializer, responses=ListingSerializer, summary="Change a draft"),
)
class ListingViewSet(SearchedViewSet):
    queryset = Listing.objects.none()
    serializer_class = ListingSerializer
    filterset = ListingFilter
    in_order = staticmethod(listings_in_order)

    def list(self, request: Request) -> Response:
        return self.found_page(request, ListingSerializer)

    def retrieve(self, request: Request, number: str) -> Response:
        return Response(ListingSerializer(self._seen(request, number)).data)

    def _seen(self, request: Request, number: str) -> Listing:
        try:
            return access.own_listing(actor_of(request), number)
        except NotFound:
            return access.public_listing(number)

    def create(self, request: Request) -> Response:
        data = self._written(request, None)
        rights = data.pop("rights", [])
        mode = data.pop("mode", Mode.TRANSFER)
        data.pop("version", None)
        made = listing_service.create_listing(by=actor_of(request), asset_ids=rights, mode=mode, values=data)
        return Response(self._own(request, made.number), status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, number: str) -> Response:
        listing = access.own_listing(actor_of(request), number)
        data = self._written(request, listing)
        listing_service.save_draft(
            listing_id=listing.pk,
            by=actor_of(request),
            seen_version=data.pop("version", None),
            asset_ids=data.pop("rights", None),
            values=data,
        )
        return Response(self._own(request, number))

    def _written(self, request: Request, instance: Listing | None) -> dict[str, Any]:
        writer = ListingWriteSerializer(instance, data=request.data, partial=True)
        writer.is_valid(raise_exception=True)
        return dict(writer.validated_data)

    def _own(self, request: Request, number: str) -> dict[str, Any]:
        return dict(ListingSerializer(access.own_listing(actor_of(request), number)).data)

    @extend_schema(
        responses=ListingSerializer(many=True), summary="The organisation's own listings, newest change first"
    )
    @action(detail=False, permission_classes=[IsAuthenticated], pagination_class=None)
    def mine(self, request: Request) -> Response:
        mine = access.own_listings(actor_of(request)).with_rights().order_by("-updated_at", "-pk")[:MOST_PER_PAGE]
        return Response(ListingSerializer(mine, many=True).data)

    @extend_schema(responses=LackSerializer(many=True), summary="What a draft still lacks")
    @action(detail=True, permission_classes=[IsAuthenticated], pagination_class=None)
    def missing(self, request: Request, number: str) -> Response:
        return Response(
            LackSerializer(instance=checks.missing_in(access.own_listing(actor_of(request), number)), many=True).data
        )

    def _take(self, request: Request, number: str, verb: Callable[..., Listing]) -> Response:
        listing = access.own_listing(actor_of(request), number)
        verb(listing_id=listing.pk, by=actor_of(request))
        return Response(self._own(request, number))

    @extend_schema(request=None, responses=ListingSerializer, summary="Submit for review")
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, number: str) -> Response:
        return self._take(request, number, listing_service.submit_listing)

    @extend_schema(request=None, responses=ListingSerializer, summary="Take back from review")
    @action(detail=True, methods=["post"])
    def recall(self, request: Request, number: str) -> Response:
        return self._take(request, number, listing_service.recall_listing)

    @extend_schema(request=None, responses=ListingSerializer, summary="Take offline to change it")
    @action(detail=True, methods=["post"])
    def amend(self, request: Request, number: str) -> Response:
        return self._take(request, number, listing_service.amend_listing)

    @extend_schema(request=None, responses=ListingSerializer, summary="Withdraw for good")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, number: str) -> Response:
        return self._take(request, number, listing_service.withdraw_listing)


@extend_schema_view(
    list=extend_schema(parameters=parameters_of(NeedFilter), responses=NeedPage, summary="Open needs"),
    retrieve=extend_schema(responses=NeedSerializer, summary="One need, public or one's own"),
    create=extend_schema(request=NeedWriteSerializer, responses={201: NeedSerializer}, summary="Begin a draft"),
    partial_update=extend_schema(request=NeedWriteSerializer, responses=NeedSerializer, summary="Change a draft"),
)
class NeedViewSet(SearchedViewSet):
    queryset = Need.objects.none()
    serializer_class = NeedSerializer
    filterset = NeedFilter
    in_order = staticmethod(needs_in_order)

    def list(self, request: Request) -> Response:
        return self.found_page(request, NeedSerializer)

    def retrieve(self, request: Request, number: str) -> Response:
        try:
            return Response(self._own(request, number))
        except NotFound:
            return Response(NeedSerializer(access.public_need(number)).data)

    def create(self, request: Request) -> Response:
        data = self._written(request, None)
        data.pop("version", None)
        made = need_service.create_need(by=actor_of(request), values=data)
        return Response(self._own(request, made.number), status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, number: str) -> Response:
        need = access.own_need(actor_of(request), number)
        data = self._written(request, need)
        need_service.save_need(
            need_id=need.pk, by=actor_of(request), seen_version=data.pop("version", None), values=data
        )
        return Response(self._own(request, number))

    def _written(self, request: Request, instance: Need | None) -> dict[str, Any]:
        writer = NeedWriteSerializer(instance, data=request.data, partial=True)
        writer.is_valid(raise_exception=True)
        return dict(writer.validated_data)

    def _own(self, request: Request, number: str) -> dict[str, Any]:
        return dict(NeedSerializer(access.own_need(actor_of(request), number), context={"is_own": True}).data)

    def _take(self, request: Request, number: str, verb: Callable[..., Need]) -> Response:
        need = access.own_need(actor_of(request), number)
        verb(need_id=need.pk, by=actor_of(request))
        return Response(self._own(request, number))

    @extend_schema(request=None, responses=NeedSerializer, summary="Submit for review")
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, number: str) -> Response:
        return self._take(request, number, need_service.submit_need)

    @extend_schema(request=None, responses=NeedSerializer, summary="Withdraw for good")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, number: str) -> Response:
        return self._take(request, number, need_service.withdraw_need)


@extend_schema_view(
    list=extend_schema(summary="The person's saved searches"),
    create=extend_schema(summary="Keep a search"),
    partial_update=extend_schema(summary="Rename"),
    destroy=extend_schema(summary="Forget"),
)
class SavedSearchViewSet(viewsets.GenericViewSet[SavedSearch]):
    queryset = SavedSearch.objects.none()
    serializer_class = SavedSearchSerializer
    permission_classes = [IsAuthenticated]
    pagination_class = None
    filter_backends: list[Any] = []

    def list(self, request: Request) -> Response:
        return Response(SavedSearchSerializer(access.saved_searches(actor_of(request)), many=True).data)

    def create(self, request: Request) -> Response:
        data = self._checked(request, partial=False)
        made = saved_searches.save_search(
            by=actor_of(request), name=data["name"], collection=data["collection"], query=data.get("query", "")
        )
        return Response(SavedSearchSerializer(made).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: int) -> Response:
        saved = found(access.saved_searches(actor_of(request)), pk=pk)
        data = self._checked(request, partial=True)
        if "name" in data:
            saved = saved_searches.rename_search(search_id=saved.pk, by=actor_of(request), name=data["name"])
        return Response(SavedSearchSerializer(saved).data)

    def destroy(self, request: Request, pk: int) -> Response:
        saved_searches.delete_search(search_id=pk, by=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _checked(self, request: Request, *, partial: bool) -> dict[str, Any]:
        checker = SavedSearchSerializer(data=request.data, partial=partial)
        checker.is_valid(raise_exception=True)
        return dict(checker.validated_data)
