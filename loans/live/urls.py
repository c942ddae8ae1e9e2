"""Addresses of live loans."""

from django.urls import path

from loans.live import views

urlpatterns = [
    path("workspace/loans/running/", views.my_loans, name="my_loans"),
    path("workspace/loans/running/<slug:number>/", views.loan_detail, name="loan"),
    path("workspace/loans/running/<slug:number>/calendar.ics", views.loan_calendar, name="loan_calendar"),
    path("workspace/loans/running/<slug:number>/early/", views.loan_early, name="loan_early"),
    path("workspace/loans/running/<slug:number>/statement.pdf", views.loan_statement, name="loan_statement"),
    path("workspace/loans/running/<slug:number>/certificate.pdf", views.loan_certificate, name="loan_certificate"),
    path("workspace/loans/running/<slug:number>/<slug:verb>/", views.loan_act, name="loan_act"),
    path("workspace/book/", views.loan_book, name="loan_book"),
    path("workspace/book/closes/", views.loan_closes, name="loan_closes"),
    path("workspace/book/closes/run/", views.loan_close_now, name="loan_close_now"),
    path("workspace/book/alarms/", views.loan_alarms, name="loan_alarms"),
    path("workspace/book/alarms/<int:pk>/", views.alarm_act, name="alarm_act"),
]
