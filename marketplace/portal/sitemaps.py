"""The sitemap: each floor registers its public pages; every page is listed in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse

from marketplace.accounts.models import Organisation
from marketplace.accounts.states import OrganisationState
from marketplace.portal.about import ABOUT

sitemaps: dict[str, type[Sitemap[Any]]] = {}


def in_sitemap(name: str) -> Callable[[type[Sitemap[Any]]], type[Sitemap[Any]]]:
    """Register the decorated Sitemap class as section `name`."""

    def keep(section: type[Sitemap[Any]]) -> type[Sitemap[Any]]:
        section.i18n = True
        section.alternates = True
        sitemaps[name] = section
        return section

    return keep


@in_sitemap("pages")
class PageSitemap(Sitemap):
    """The front page, the directory and the plain-language pages."""

    def items(self) -> list[tuple[str, tuple[str, ...]]]:
        return [("home", ()), ("organisation_list", ()), *(("about", (page,)) for page in ABOUT)]

    def location(self, item: tuple[str, tuple[str, ...]]) -> str:
        name, args = item
        return reverse(name, args=args)


@in_sitemap("organisations")
class OrganisationSitemap(Sitemap):
    """Organisations whose papers were checked."""

    limit = 5000

    def items(self) -> QuerySet[Organisation]:
        return Organisation.objects.in_state(OrganisationState.VERIFIED).order_by("pk")

    def location(self, item: Organisation) -> str:
        return reverse("organisation_detail", args=[item.pk])
