"""Addresses of pages."""

from django.urls import path

from listings.matching.views import matches

urlpatterns = [
    path("matching/", matches.matching_criteria, name="matching_criteria"),
    path("workspace/needs/<slug:number>/matches/", matches.need_matches, name="need_matches"),
    path("workspace/needs/<slug:number>/matches/reset/", matches.weights_reset, name="match_weights_reset"),
    path("workspace/matches/<int:pk>/<slug:verb>/", matches.match_decide, name="match_decide"),
]
