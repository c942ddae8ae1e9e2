"""Addresses of the API."""

from django.urls import path

from valuation.api import ComputeView

urlpatterns = [path("valuation/compute/", ComputeView.as_view(), name="api_valuation_compute")]
