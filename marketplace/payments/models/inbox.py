"""The inbox: events providers deliver, deliveries refused at the door, and how far we have asked by ourselves."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from marketplace.core.models import Stateful, StatefulQuerySet
from marketplace.payments.inbound import Doubt, InboundState


class InboundEvent(Stateful):
    """One event of a provider, stored once however often it comes; `deliveries` counts how often that was.

    `account` is the connected account it is about, empty for our own. `payload` is kept as it came and never changed:
    evidence, not a source of figures, which are fetched. `about_kind` and `about_id` name what it was found to concern.
    """

    provider = models.CharField(max_length=24)
    account = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    is_live = models.BooleanField()
    payload = models.JSONField()
    source = models.CharField(max_length=12, choices=[("webhook", "webhook"), ("poll", "poll")])
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    deliveries = models.PositiveIntegerField(default=1)
    doubt = models.CharField(max_length=16, choices=Doubt.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)
    about_kind = models.CharField(max_length=64, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()

    objects = StatefulQuerySet.as_manager()

    SHAPES: ClassVar[dict[str, str]] = {
        InboundState.RECEIVED: "wait",
        InboundState.APPLIED: "go",
        InboundState.IGNORED: "off",
        InboundState.QUARANTINED: "hold",
        InboundState.DISMISSED: "ended",
    }

    class Meta(Stateful.Meta):
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "account", "external_id"], name="one_row_per_provider_account_and_event"
            ),
            models.CheckConstraint(condition=Q(state__in=InboundState.values), name="inbound_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state=InboundState.QUARANTINED) | ~Q(doubt=""), name="quarantined_event_says_why"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state=InboundState.RECEIVED), name="inbound_event_to_apply"
            ),
            models.Index(fields=["about_kind", "about_id"], name="inbound_event_by_matter"),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Trigger(
                name="payload_stays_as_it_came",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF TG_OP = 'DELETE' OR (OLD.payload, OLD.external_id, OLD.account, OLD.provider, OLD.kind)
                        IS DISTINCT FROM (NEW.payload, NEW.external_id, NEW.account, NEW.provider, NEW.kind) THEN
                        RAISE EXCEPTION 'what a provider delivered is kept as it came'
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class RefusedDelivery(models.Model):
    """Deliveries refused at the door, counted by hour and reason: anybody can send them, so bodies are not kept.

    `last_hash` is the SHA-256 of the last body, to compare with a sender's own record.
    """

    provider = models.CharField(max_length=24)
    scope = models.CharField(max_length=12)
    doubt = models.CharField(max_length=16, choices=Doubt.choices)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()
    last_address = models.CharField(max_length=64, blank=True)
    last_size = models.PositiveIntegerField(default=0)
    last_hash = models.CharField(max_length=64)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-hour", "doubt"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "scope", "doubt", "hour"], name="one_row_of_refused_deliveries_an_hour_and_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.doubt} {self.hour:%Y-%m-%d %H}h: {self.count}"


class PollMark(models.Model):
    """Up to when we have asked a provider for its events ourselves, per account; webhooks do not move it."""

    provider = models.CharField(max_length=24)
    account = models.CharField(max_length=120, blank=True)
    asked_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "account"], name="one_poll_mark_per_account")]

    def __str__(self) -> str:
        return f"{self.provider} {self.account} {self.asked_until:%Y-%m-%d %H:%M}"
