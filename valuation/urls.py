"""Addresses of pages."""

from valuation.appraisals.urls import urlpatterns as appraisals
from valuation.estimate.urls import urlpatterns as estimates

urlpatterns = [*appraisals, *estimates]
