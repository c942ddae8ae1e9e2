from rest_framework.routers import SimpleRouter

from marketplace.payments.api import InvoiceViewSet, ObligationViewSet, PayoutViewSet

router = SimpleRouter()
router.register("obligations", ObligationViewSet, basename="api_obligation")
router.register("payouts", PayoutViewSet, basename="api_payout")
router.register("invoices", InvoiceViewSet, basename="api_invoice")
urlpatterns = router.urls
