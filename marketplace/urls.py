"""Addresses: pages in Chinese at /, in English at /en/; the API, health and schema carry no language."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib.sitemaps.views import index as sitemap_index
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView

from marketplace.core.health import healthz, readyz
from marketplace.portal.docs import api_docs
from marketplace.portal.parts import parts
from marketplace.portal.sitemaps import sitemaps

FLOORS = (
    "marketplace.portal",
    "marketplace.notifications",
    "marketplace.accounts",
    "marketplace.payments",
    "marketplace.signing",
    "listings.rights",
    "listings.patents",
    "listings.brokers",
    "listings.deals",
    "listings.catalogue",
    "listings.matching",
    "valuation",
    "loans",
)
API_FLOORS = (
    "marketplace.accounts",
    "marketplace.payments",
    "marketplace.signing",
    "listings.rights",
    "listings.patents",
    "listings.brokers",
    "listings.deals",
    "listings.catalogue",
    "listings.matching",
    "valuation",
    "loans",
)

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/docs/", api_docs, name="api_docs"),
    *[path("api/v1/", include(f"{floor}.api_urls")) for floor in API_FLOORS],
    path("sitemap.xml", sitemap_index, {"sitemaps": sitemaps}, name="django.contrib.sitemaps.views.index"),
    path("sitemap-<section>.xml", sitemap, {"sitemaps": sitemaps}, name="django.contrib.sitemaps.views.sitemap"),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain"), name="robots"),
    path("webhooks/", include("marketplace.payments.webhook_urls")),
    *i18n_patterns(
        *[path("", include(f"{floor}.urls")) for floor in FLOORS],
        path("account/", include("allauth.urls")),
        path("parts/", parts, name="parts"),
        prefix_default_language=False,
    ),
]

handler400 = "marketplace.portal.errors.bad_request"
handler403 = "marketplace.portal.errors.forbidden"
handler404 = "marketplace.portal.errors.not_found"
handler429 = "marketplace.portal.errors.too_many_tries"
handler500 = "marketplace.portal.errors.server_error"
