from django.urls import path

from marketplace.accounts import api

urlpatterns = [
    path("organisations/", api.OrganisationList.as_view(), name="api_organisation_list"),
    path("organisations/<int:pk>/", api.OrganisationDetail.as_view(), name="api_organisation_detail"),
]
