"""Addresses of the API."""

from django.urls import URLPattern, path

from loans.api import ScheduleView

urlpatterns: list[URLPattern] = [
    path("loans/schedule/", ScheduleView.as_view(), name="api_loan_schedule"),
]
