"""Addresses of the talks before a deal."""

from django.urls import path

from listings.deals.views import negotiations, offers, rooms, sealed

urlpatterns = [
    path("listings/<slug:number>/ask/", negotiations.listing_ask, name="listing_ask"),
    path("workspace/enquiries/", negotiations.enquiries, name="enquiries"),
    path("workspace/enquiries/<slug:number>/", negotiations.negotiation, name="negotiation"),
    path("workspace/enquiries/<slug:number>/say/", negotiations.negotiation_say, name="negotiation_say"),
    path("workspace/enquiries/<slug:number>/contacts/", negotiations.negotiation_share, name="negotiation_share"),
    path("workspace/enquiries/<slug:number>/form/", negotiations.negotiation_qualify, name="negotiation_qualify"),
    path("workspace/enquiries/<slug:number>/close/", negotiations.negotiation_close, name="negotiation_close"),
    path("workspace/enquiries/<slug:number>/nda/", rooms.negotiation_nda, name="negotiation_nda"),
    path("workspace/enquiries/<slug:number>/room/", rooms.negotiation_room, name="negotiation_room"),
    path("workspace/enquiries/<slug:number>/room/<int:pk>/", rooms.room_file_open, name="room_file_open"),
    path("workspace/enquiries/<slug:number>/room/<int:pk>/revoke/", rooms.room_file_revoke, name="room_file_revoke"),
    path("workspace/enquiries/<slug:number>/offers/new/", offers.offer_new, name="offer_new"),
    path("workspace/enquiries/<slug:number>/offers/<int:version>/", offers.offer_detail, name="offer_detail"),
    path("workspace/enquiries/<slug:number>/offers/<int:version>/<slug:verb>/", offers.offer_act, name="offer_act"),
    path("workspace/enquiries/<slug:number>/sealed/", sealed.sealed_hand_in, name="sealed_hand_in"),
    path("workspace/listings/<slug:number>/room/", rooms.listing_room, name="listing_room"),
    path(
        "workspace/listings/<slug:number>/room/<int:pk>/withdraw/", rooms.room_file_withdraw, name="room_file_withdraw"
    ),
    path("workspace/listings/<slug:number>/nda/", rooms.listing_nda, name="listing_nda"),
    path("workspace/listings/<slug:number>/sealed/", sealed.sealed_round, name="sealed_round"),
    path("workspace/listings/<slug:number>/sealed/open/", sealed.sealed_open, name="sealed_open"),
    path("desk/sealed/", sealed.sealed_desk, name="sealed_desk"),
]
