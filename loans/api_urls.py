"""Addresses of the API."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from loans.api import ScheduleView
from loans.applications_api import ApplicationViewSet, ProductViewSet
from loans.live.api import router

lending = SimpleRouter()
lending.register("loans/products", ProductViewSet, basename="api_loan_product")
lending.register("loans/applications", ApplicationViewSet, basename="api_loan_application")

urlpatterns: list[URLPattern | URLResolver] = [
    path("loans/schedule/", ScheduleView.as_view(), name="api_loan_schedule"),
    *lending.urls,
    *router.urls,
]
