"""Webhooks: where an organisation's own systems are told, what they were told, and how each try went."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation
from marketplace.notifications.models.handover import Handover, Outcome


def a_nonce() -> str:
    return secrets.token_hex(16)


def a_message_id() -> str:
    return f"msg_{secrets.token_urlsafe(18)}"


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def kept(self) -> WebhookEndpointQuerySet:
        """Those that were not removed."""
        return self.filter(ended_at__isnull=True)

    def open(self) -> WebhookEndpointQuerySet:
        """Those that are told something."""
        return self.kept().filter(disabled_at__isnull=True)


class WebhookEndpoint(models.Model):
    """An address of an organisation's own. Its secret is made of `nonce` and the market's key, and not kept.

    `themes` limits what it is told; empty means all. After a change of secret the earlier one still signs for a day.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(_("address"), max_length=500)
    themes = ArrayField(models.CharField(max_length=24), default=list, blank=True, verbose_name=_("themes"))
    nonce = models.CharField(max_length=32, default=a_nonce)
    previous_nonce = models.CharField(max_length=32, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_why = models.CharField(max_length=16, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(url__startswith="https://"), name="webhooks_go_over_tls"),
            models.UniqueConstraint(
                fields=["organisation", "url"],
                condition=Q(ended_at__isnull=True),
                name="one_webhook_per_organisation_and_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.url} of {self.organisation_id}"


class WebhookMessage(Handover):
    """One event told to one endpoint (none: a test somebody asked for). `uid` is the same at every try."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="messages")
    event_id = models.BigIntegerField(null=True)
    uid = models.CharField(max_length=40, unique=True, default=a_message_id)
    kind = models.CharField(max_length=64)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="one_message_per_endpoint_and_event")
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(outcome__in=[Outcome.WAITING, Outcome.SENDING]),
                name="message_still_to_send",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class WebhookAttempt(models.Model):
    """One try: the status answered, or why there was none. What the other side wrote is not kept."""

    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)
    took_ms = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.message_id}: {self.status or self.error}"
