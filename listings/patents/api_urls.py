from django.urls import path

from listings.patents import api

urlpatterns = [
    path("patents/", api.PatentList.as_view(), name="api_patent_list"),
    path("patents/check-number/", api.NumberCheck.as_view(), name="api_number_check"),
    path("patents/<int:pk>/", api.PatentDetail.as_view(), name="api_patent_detail"),
]
