from rest_framework.routers import SimpleRouter

from listings.catalogue.api import ListingViewSet, NeedViewSet, SavedSearchViewSet

router = SimpleRouter()
router.register("listings", ListingViewSet, basename="api_listing")
router.register("needs", NeedViewSet, basename="api_need")
router.register("saved-searches", SavedSearchViewSet, basename="api_saved_search")
urlpatterns = router.urls
