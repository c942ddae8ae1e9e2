"""Addresses of pages."""

from valuation.appraisals.urls import urlpatterns as appraisals

urlpatterns = [*appraisals]
