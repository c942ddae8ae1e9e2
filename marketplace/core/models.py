"""Rows the core keeps: events, relay positions, timers, files and their openings, calendar entries."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, Self, TypeVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.core.cache import cache
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

CALENDAR_CACHE_KEY = "core.calendar"


class Event(models.Model):
    """One thing that happened: audit trail, timeline and outbox in one row. Written once, never changed.

    `subject_kind` is a model label ("catalogue.listing"). `before` and `after` are states where the event is a
    transition. `data` holds what readers need and no personal data. `txid` orders events by transaction, so that a
    relay never passes over one whose transaction commits late.
    """

    id = models.BigAutoField(primary_key=True)
    txid = models.BigIntegerField(
        editable=False,
        db_default=RawSQL("pg_current_xact_id()::text::bigint", (), output_field=models.BigIntegerField()),
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    actor_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)
    on_behalf_of_id = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    before = models.CharField(max_length=32, blank=True)
    after = models.CharField(max_length=32, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["txid", "id"], name="event_by_transaction"),
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="event_by_subject"),
            BrinIndex(fields=["at"], name="event_by_time"),
        ]
        triggers = [pgtrigger.Protect(name="events_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_kind}:{self.subject_id}"

    def touched(self) -> list[tuple[str, int]]:
        """Every (model label, id) the event concerns: its subject and those its data lists under "touched"."""
        pairs = [(self.subject_kind, self.subject_id)]
        for label, ids in self.data.get("touched", {}).items():
            pairs += [(label, pk) for pk in ids]
        return pairs


class EventSeal(models.Model):
    """One sealing of the chain over the events (core/chain.py): up to which event, how many, and the head after it."""

    txid = models.BigIntegerField()
    event_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    total = models.PositiveBigIntegerField()
    previous = models.CharField(max_length=64, unique=True)
    head = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="seals_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.total} events, {self.head[:12]}"


S = TypeVar("S", bound="Stateful")


class StatefulQuerySet(models.QuerySet[S]):
    def in_state(self, *states: str) -> Self:
        return self.filter(state__in=states)


class Stateful(models.Model):
    """A row with a lifecycle. The database refuses a change of state that no event of this transaction explains."""

    state = models.CharField(_("state"), max_length=32)
    state_since = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.Trigger(
                name="state_change_needs_its_event",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM core_event e
                        WHERE e.id = NULLIF(current_setting('market.event', true), '')::bigint
                          AND e.subject_kind = regexp_replace(TG_TABLE_NAME, '_', '.')
                          AND e.subject_id = NEW.id AND e.before = OLD.state AND e.after = NEW.state
                    ) THEN
                        RAISE EXCEPTION 'state of %.% changed from % to % without its event',
                            TG_TABLE_NAME, NEW.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]


class Subscription(models.Model):
    """How far one subscriber has got through the events."""

    name = models.CharField(max_length=64, unique=True)
    txid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.event_id}"


class ParkedEvent(models.Model):
    """An event a subscriber could not take: set aside so that the rest goes on, visible, and replayed on demand."""

    subscriber = models.CharField(max_length=64)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    tries = models.PositiveSmallIntegerField(default=1)
    error = models.TextField()
    parked_at = models.DateTimeField()
    replayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "event"], name="one_parking_place_per_event_and_subscriber")
        ]

    def __str__(self) -> str:
        return f"{self.subscriber}: event {self.event_id}"


class Timer(models.Model):
    """An act the clock owes: a row, so that a lost broker delays it and never forgets it."""

    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    name = models.CharField(max_length=64)
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "name"],
                condition=Q(done_at__isnull=True),
                name="one_live_timer_per_subject_and_name",
            )
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(done_at__isnull=True), name="timer_due")]

    def __str__(self) -> str:
        return f"{self.name} of {self.subject_kind}:{self.subject_id} at {self.due_at:%Y-%m-%d %H:%M}"


class StoredFile(models.Model):
    """A file by its content: what it is, how large, its hash. Bytes sit in the storage under a made-up name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=64)
    subject_id = models.BigIntegerField(null=True, blank=True)
    org_id = models.BigIntegerField(null=True, blank=True)
    uploaded_by_id = models.BigIntegerField(null=True, blank=True)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=200, unique=True)
    is_public = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["purpose", "subject_id"], name="file_by_purpose_and_subject")]

    def __str__(self) -> str:
        return self.name


class FileOpening(models.Model):
    """One opening of a private file, written before the first byte leaves."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="openings")
    actor_id = models.BigIntegerField(null=True)
    org_id = models.BigIntegerField(null=True)
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.file_id} by {self.actor_id}"


class CalendarDayManager(models.Manager["CalendarDay"]):
    def as_overrides(self) -> dict[date, bool]:
        """Every entry as {date: is worked}; read once a minute per cache, at once after a change."""
        found: dict[date, bool] | None = cache.get(CALENDAR_CACHE_KEY)
        if found is None:
            found = dict(self.values_list("on", "is_workday"))
            cache.set(CALENDAR_CACHE_KEY, found, 60)
        return found


class CalendarDay(models.Model):
    """The operator's word on one day, above the published calendar."""

    on = models.DateField(_("date"), unique=True)
    is_workday = models.BooleanField(_("worked"))
    note = models.CharField(_("note"), max_length=120, blank=True)

    objects = CalendarDayManager()

    class Meta:
        ordering = ["on"]

    def __str__(self) -> str:
        return f"{self.on} {'worked' if self.is_workday else 'off'}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        cache.delete(CALENDAR_CACHE_KEY)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        answer = super().delete(*args, **kwargs)
        cache.delete(CALENDAR_CACHE_KEY)
        return answer


class AnsweredRequest(models.Model):
    """An act of a program under a key of its own, and how it was answered (core/replaying.py)."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer: Any = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="one_answer_per_user_and_key")]
        indexes = [BrinIndex(fields=["at"], name="answer_by_time")]

    def __str__(self) -> str:
        return f"{self.key} of {self.user_id}"
