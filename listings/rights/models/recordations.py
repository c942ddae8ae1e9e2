"""Papers that an office recorded, as it published them, and how far they reached the register."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from listings.assets.models import Asset
from listings.rights.models.entries import Entry
from listings.rights.states import Source


class Conveyance(models.TextChoices):
    """What a recorded paper does, read from its conveyance text."""

    ASSIGNMENT = "assignment"
    SECURITY = "security"
    RELEASE = "release"
    NAME_CHANGE = "name_change"
    MERGER = "merger"
    LICENCE = "licence"
    CORRECTION = "correction"
    OTHER = "other"


class Recordation(models.Model):
    """One recorded paper (a reel and frame at the USPTO), with the words of the source kept in `raw`."""

    source = models.CharField(max_length=12, choices=Source.choices)
    number = models.CharField(max_length=40)
    conveyance = models.CharField(max_length=12, choices=Conveyance.choices)
    conveyance_text = models.CharField(max_length=400)
    recorded_on = models.DateField()
    executed_on = models.DateField(null=True, blank=True)
    assignors = models.JSONField(default=list)
    assignees = models.JSONField(default=list)
    raw = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="a_recorded_paper_stands_once"),
            models.CheckConstraint(condition=Q(conveyance__in=Conveyance.values), name="conveyance_is_known"),
        ]
        indexes = [models.Index(fields=["recorded_on"], name="recordation_by_day")]

    def __str__(self) -> str:
        return f"{self.source} {self.number}"


class RecordedProperty(models.Model):
    """A right a recorded paper names. `asset` is empty until the right is in the register; `entry` is what it became.

    `ends` is the entry whose end this paper records (a release).
    """

    recordation = models.ForeignKey(Recordation, on_delete=models.CASCADE, related_name="properties")
    position = models.PositiveIntegerField()
    application_number = models.CharField(max_length=40, blank=True)
    publication_number = models.CharField(max_length=40, blank=True)
    grant_number = models.CharField(max_length=40, blank=True)
    title = models.TextField(blank=True)
    asset = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="recordations")
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="recorded_by")
    ends = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="released_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recordation", "position"], name="one_property_per_place_of_a_paper")
        ]
        indexes = [
            models.Index(fields=["grant_number"], condition=Q(asset__isnull=True), name="unlinked_by_grant"),
            models.Index(
                fields=["application_number"], condition=Q(asset__isnull=True), name="unlinked_by_application"
            ),
        ]

    def __str__(self) -> str:
        return self.grant_number or self.application_number or self.publication_number
