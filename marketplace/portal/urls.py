from django.urls import path

from marketplace.portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("workspace/", views.workspace, name="workspace"),
    path("about/<slug:page>/", views.about, name="about"),
    path("preferences/", views.preferences, name="preferences"),
    path("files/<uuid:file_id>/", views.file, name="file"),
]
