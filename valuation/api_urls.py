"""Addresses of the API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from valuation.api import ComputeView
from valuation.appraisals.api import AgencyViewSet, OrderViewSet, ReportViewSet
from valuation.appraisals.comparables_api import ComparablesView
from valuation.estimate.api import EstimateView

router = SimpleRouter()
router.register("agencies", AgencyViewSet, basename="api_agency")
router.register("appraisals", OrderViewSet, basename="api_appraisal")
router.register("appraisal-reports", ReportViewSet, basename="api_appraisal_report")
urlpatterns = [
    path("valuation/compute/", ComputeView.as_view(), name="api_valuation_compute"),
    path("appraisals/<slug:number>/comparables/", ComparablesView.as_view(), name="api_appraisal_comparables"),
    path("patents/<int:pk>/estimate/", EstimateView.as_view(), name="api_patent_estimate"),
    *router.urls,
]
