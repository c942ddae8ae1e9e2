"""Deliveries: what was told to whom, by which channel, exactly once in the application."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Delivery(models.Model):
    """One event told to one person by one channel. The unique key is what makes a second relay harmless."""

    class Channel(models.TextChoices):
        IN_APP = "in_app", _("In the market")
        MAIL = "mail", _("E-mail")

    event_id = models.BigIntegerField()
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    topic = models.CharField(max_length=64)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "recipient", "channel"], name="one_delivery_per_event_recipient_and_channel"
            )
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="delivery_by_recipient"),
            models.Index(
                fields=["id"], condition=models.Q(channel="mail", sent_at__isnull=True), name="mail_still_to_send"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} to {self.recipient_id} by {self.channel}"
