"""The sitemap: each floor registers its public pages; every page is listed in both languages."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

sitemaps: dict[str, type[Sitemap]] = {}


def in_sitemap(name: str) -> object:
    """Register the decorated Sitemap class as section `name`."""

    def keep(section: type[Sitemap]) -> type[Sitemap]:
        section.i18n = True
        section.alternates = True
        sitemaps[name] = section
        return section

    return keep


@in_sitemap("pages")
class PageSitemap(Sitemap):
    def items(self) -> list[str]:
        return ["home"]

    def location(self, item: str) -> str:
        return reverse(item)
