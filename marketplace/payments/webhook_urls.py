"""Where providers deliver their events: no language, no session."""

from django.urls import path

from marketplace.payments.views import webhooks

urlpatterns = [
    path("stripe/", webhooks.stripe_account, name="stripe_webhook"),
    path("stripe/connect/", webhooks.stripe_connect, name="stripe_connect_webhook"),
]
