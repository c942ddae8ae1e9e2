from django.urls import path

from marketplace.notifications import views

urlpatterns = [
    path("workspace/notices/", views.notice_list, name="notice_list"),
    path("workspace/notices/read/", views.notice_read, name="notice_read"),
]
