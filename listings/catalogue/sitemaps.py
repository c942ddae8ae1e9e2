"""Listings and needs in the sitemap."""

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse

from listings.catalogue.models import Listing, Need
from marketplace.portal.sitemaps import in_sitemap

PER_FILE = 5000


@in_sitemap("lists")
class ListSitemap(Sitemap):
    def items(self) -> list[str]:
        return ["listing_list", "need_list"]

    def location(self, item: str) -> str:
        return reverse(item)


@in_sitemap("listings")
class ListingSitemap(Sitemap):
    limit = PER_FILE

    def items(self) -> QuerySet[Listing]:
        return Listing.objects.public().order_by("pk")

    def lastmod(self, item: Listing) -> datetime:
        return item.updated_at

    def location(self, item: Listing) -> str:
        return reverse("listing_detail", args=[item.number])


@in_sitemap("needs")
class NeedSitemap(Sitemap):
    limit = PER_FILE

    def items(self) -> QuerySet[Need]:
        return Need.objects.public().order_by("pk")

    def lastmod(self, item: Need) -> datetime:
        return item.updated_at

    def location(self, item: Need) -> str:
        return reverse("need_detail", args=[item.number])
