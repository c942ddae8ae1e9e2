"""Addresses of pages about estimates."""

from django.urls import path

from valuation.estimate import views

urlpatterns = [
    path("estimates/", views.estimate_model, name="estimate_model"),
    path("desk/estimates/", views.desk_estimates, name="desk_estimates"),
]
