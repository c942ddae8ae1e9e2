from rest_framework.routers import SimpleRouter

from listings.brokers.api import MandateViewSet

router = SimpleRouter()
router.register("mandates", MandateViewSet, basename="api_mandate")
urlpatterns = router.urls
