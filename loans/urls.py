"""Addresses of pages."""

from django.urls import URLPattern, path

from loans import views
from loans.live.urls import urlpatterns as live

urlpatterns: list[URLPattern] = [
    path("loans/", views.loan_products, name="loan_products"),
    path("workspace/loans/", views.my_applications, name="my_loan_applications"),
    path("workspace/loans/apply/", views.loan_apply, name="loan_apply"),
    path("workspace/loans/products/", views.my_loan_products, name="my_loan_products"),
    path("workspace/loans/products/<int:pk>/<slug:verb>/", views.loan_product_act, name="loan_product_act"),
    path("workspace/loans/applications/<slug:number>/", views.loan_application, name="loan_application"),
    path(
        "workspace/loans/applications/<slug:number>/proposals/<int:pk>/<slug:verb>/",
        views.loan_proposal_act,
        name="loan_proposal_act",
    ),
    path(
        "workspace/loans/applications/<slug:number>/filings/<int:pk>/<slug:verb>/",
        views.loan_filing_act,
        name="loan_filing_act",
    ),
    path(
        "workspace/loans/applications/<slug:number>/<slug:verb>/",
        views.loan_application_act,
        name="loan_application_act",
    ),
    *live,
]
