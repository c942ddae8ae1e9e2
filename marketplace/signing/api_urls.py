from django.urls import path
from rest_framework.routers import SimpleRouter

from marketplace.signing.api import ConsentViewSet, DocumentViewSet, VerifyView

router = SimpleRouter()
router.register("documents", DocumentViewSet, basename="api_document")
router.register("consents", ConsentViewSet, basename="api_consent")
urlpatterns = [*router.urls, path("verify/<slug:sha256>/", VerifyView.as_view(), name="api_verify")]
