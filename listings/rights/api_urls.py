from django.urls import path

from listings.rights import api

urlpatterns = [
    path("patents/<int:pk>/rights/", api.RightView.as_view(), name="api_patent_rights"),
    path("rights/check/", api.CheckView.as_view(), name="api_rights_check"),
]
