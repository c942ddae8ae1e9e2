from django.urls import path

from marketplace.portal import calendar_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("workspace/", views.workspace, name="workspace"),
    path("workspace/calendar/", calendar_views.calendar, name="calendar"),
    path("workspace/calendar/address/", calendar_views.renew_feed, name="calendar_address"),
    path("workspace/calendar/address/end/", calendar_views.end_feed, name="calendar_address_end"),
    path("calendar/<str:token>.ics", calendar_views.calendar_feed, name="calendar_feed"),
    path("about/<slug:page>/", views.about, name="about"),
    path("preferences/", views.preferences, name="preferences"),
    path("files/<uuid:file_id>/", views.file, name="file"),
]
