from rest_framework.routers import SimpleRouter

from listings.deals.api import DealViewSet
from listings.deals.talks.api import NegotiationViewSet

router = SimpleRouter()
router.register("negotiations", NegotiationViewSet, basename="api_negotiation")
router.register("deals", DealViewSet, basename="api_deal")
urlpatterns = router.urls
