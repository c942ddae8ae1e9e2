from django.urls import path

from listings.deals.talks.urls import urlpatterns as talks
from listings.deals.views import deals

urlpatterns = [
    *talks,
    path("workspace/deals/", deals.my_deals, name="my_deals"),
    path("workspace/deals/<slug:number>/", deals.deal_detail, name="deal"),
    path("workspace/deals/<slug:number>/filings/<int:pk>/<slug:verb>/", deals.filing_act, name="filing_act"),
    path("workspace/deals/<slug:number>/disputes/<int:pk>/<slug:verb>/", deals.dispute_act, name="dispute_act"),
    path("workspace/deals/<slug:number>/royalties/<int:pk>/<slug:verb>/", deals.royalty_act, name="royalty_act"),
    path("workspace/deals/<slug:number>/<slug:verb>/", deals.deal_act, name="deal_act"),
    path("desk/deals/", deals.desk_deals, name="desk_deals"),
]
