from django.urls import path

from listings.catalogue.views import co_owners, desk, needs, public, review, searches, wizard

urlpatterns = [
    path("listings/", public.listing_list, name="listing_list"),
    path("listings/compare/", public.listing_compare, name="listing_compare"),
    path("listings/export.<slug:kind>", public.listing_export, name="listing_export"),
    path("listings/<slug:number>/", public.listing_detail, name="listing_detail"),
    path("needs/", public.need_list, name="need_list"),
    path("needs/export.<slug:kind>", public.need_export, name="need_export"),
    path("needs/<slug:number>/", public.need_detail, name="need_detail"),
    path("workspace/listings/", desk.my_listings, name="my_listings"),
    path("workspace/listings/new/", wizard.listing_new, name="listing_new"),
    path("workspace/listings/<slug:number>/", desk.my_listing, name="my_listing"),
    path("workspace/listings/<slug:number>/preview/", desk.listing_preview, name="listing_preview"),
    path("workspace/listings/<slug:number>/copy/", desk.listing_copy, name="listing_copy"),
    path("workspace/listings/<slug:number>/edit/<slug:step>/", wizard.listing_edit, name="listing_edit"),
    path(
        "workspace/listings/<slug:number>/papers/<int:pk>/withdraw/",
        wizard.listing_paper_withdraw,
        name="listing_paper_withdraw",
    ),
    path("workspace/listings/<slug:number>/act/<slug:verb>/", desk.listing_act, name="listing_act"),
    path("workspace/consents/asked/", co_owners.consents_asked, name="consents_asked"),
    path("workspace/needs/", needs.my_needs, name="my_needs"),
    path("workspace/needs/new/", needs.need_new, name="need_new"),
    path("workspace/needs/<slug:number>/", needs.my_need, name="my_need"),
    path("workspace/needs/<slug:number>/edit/", needs.need_edit, name="need_edit"),
    path("workspace/needs/<slug:number>/act/<slug:verb>/", needs.need_act, name="need_act"),
    path("workspace/searches/", searches.saved_search_list, name="saved_search_list"),
    path("workspace/searches/new/", searches.saved_search_new, name="saved_search_new"),
    path("workspace/searches/<int:pk>/", searches.saved_search_open, name="saved_search_open"),
    path("workspace/searches/<int:pk>/rename/", searches.saved_search_rename, name="saved_search_rename"),
    path("workspace/searches/<int:pk>/delete/", searches.saved_search_delete, name="saved_search_delete"),
    path("desk/reviews/", review.review_list, name="review_list"),
    path("desk/reviews/<slug:kind>/<slug:number>/", review.review_detail, name="review_detail"),
    path("desk/reviews/<slug:kind>/<slug:number>/<slug:verb>/", review.review_act, name="review_act"),
]
