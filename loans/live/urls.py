"""Addresses of live loans."""

from django.urls import path

from loans.live import views

urlpatterns = [
    path("workspace/loans/running/", views.my_loans, name="my_loans"),
    path("workspace/loans/running/<slug:number>/", views.loan_detail, name="loan"),
    path("workspace/loans/running/<slug:number>/calendar.ics", views.loan_calendar, name="loan_calendar"),
    path("workspace/loans/running/<slug:number>/<slug:verb>/", views.loan_act, name="loan_act"),
    path("workspace/book/", views.loan_book, name="loan_book"),
    path("workspace/book/alarms/", views.loan_alarms, name="loan_alarms"),
    path("workspace/book/alarms/<int:pk>/", views.alarm_act, name="alarm_act"),
]
