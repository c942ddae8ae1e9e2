"""Deliveries: what was told to whom, by which channel, exactly once in the application."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.notifications.models.habits import Channel
from marketplace.notifications.models.handover import Handover, Outcome


class Digest(Handover):
    """What one person is told of one theme by one channel at the end of one window. A second run finds it taken."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests")
    theme = models.CharField(max_length=24)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    closes_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "theme", "channel", "closes_at"], name="one_digest_per_person_theme_and_window"
            )
        ]

    def __str__(self) -> str:
        return f"{self.theme} to {self.recipient_id} by {self.channel}, {self.closes_at:%Y-%m-%d}"


class Delivery(Handover):
    """One event told to one person by one channel. The unique key is what makes a second relay harmless.

    `topic` is the kind of the event. `closes_at` is set on what waits for a digest: the end of its window.
    """

    Channel = Channel

    event_id = models.BigIntegerField()
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    topic = models.CharField(max_length=64)
    theme = models.CharField(max_length=24, blank=True, db_default="")
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    digest = models.ForeignKey(Digest, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "recipient", "channel"], name="one_delivery_per_event_recipient_and_channel"
            )
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="delivery_by_recipient"),
            models.Index(
                fields=["due_at", "id"],
                condition=~Q(channel=Channel.IN_APP) & Q(outcome__in=[Outcome.WAITING, Outcome.SENDING]),
                name="delivery_still_to_send",
            ),
            models.Index(
                fields=["id"],
                condition=Q(outcome__in=[Outcome.PARKED, Outcome.UNKNOWN]),
                name="delivery_that_needs_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} to {self.recipient_id} by {self.channel}"


class Proof(models.Model):
    """That a notice of legal effect was delivered: which words, whereto, when. Written once, never changed.

    `sha256` is the hash of the message as handed over (of the sentence, in the market itself); `receipt` is what the
    other side gave for it.
    """

    class Act(models.TextChoices):
        SHOWN = "shown", _("put into the inbox")
        HANDED_OVER = "handed", _("handed over")
        OPENED = "opened", _("marked as read")

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="proofs")
    act = models.CharField(max_length=8, choices=Act.choices)
    at = models.DateTimeField()
    address = models.CharField(max_length=254, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    receipt = models.CharField(max_length=300, blank=True)

    class Meta:
        triggers = [pgtrigger.Protect(name="proofs_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.act} of {self.delivery_id} at {self.at:%Y-%m-%d %H:%M}"
