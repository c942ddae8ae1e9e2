from rest_framework.routers import SimpleRouter

from listings.deals.talk_api import NegotiationViewSet

router = SimpleRouter()
router.register("negotiations", NegotiationViewSet, basename="api_negotiation")
urlpatterns = router.urls
