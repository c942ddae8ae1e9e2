from django.urls import path

from listings.brokers.views import mandates

urlpatterns = [
    path("workspace/mandates/", mandates.mandate_list, name="mandate_list"),
    path("workspace/mandates/new/", mandates.mandate_new, name="mandate_new"),
    path("workspace/mandates/<int:pk>/", mandates.mandate, name="mandate"),
    path("workspace/mandates/<int:pk>/introduce/", mandates.mandate_introduce, name="mandate_introduce"),
    path("workspace/mandates/<int:pk>/act/<slug:verb>/", mandates.mandate_act, name="mandate_act"),
]
