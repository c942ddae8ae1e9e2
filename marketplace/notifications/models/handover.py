"""What is to be handed to somebody else's server, and how that went."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """`sending` is committed before the other server is called: a process that dies in between leaves a mark."""

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being handed over")
    SENT = "sent", _("handed over")
    DROPPED = "dropped", _("not sent")
    PARKED = "parked", _("parked")
    UNKNOWN = "unknown", _("unknown whether it went out")


class Handover(models.Model):
    """The common part of a delivery, a digest and a webhook message.

    `due_at` is the earliest moment of the next try (none: at once). `error` says why it was dropped or what the last
    try met. `unknown_since` stays when a doubtful one is sent again: it may have arrived twice.
    """

    outcome = models.CharField(
        max_length=8, choices=Outcome.choices, default=Outcome.WAITING, db_default=Outcome.WAITING.value
    )
    due_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    unknown_since = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    error = models.TextField(blank=True, db_default="")

    class Meta:
        abstract = True
