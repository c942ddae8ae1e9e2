"""Matches found, what was decided about them, and what a need's owner holds important."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import Listing, Need
from listings.catalogue.states import PUBLIC
from listings.matching.factors import FactorCode
from marketplace.accounts.models import User


class Verdict(models.TextChoices):
    NONE = "", _("Not decided")
    SHORTLISTED = "shortlisted", _("On the shortlist")
    DISMISSED = "dismissed", _("Dismissed")


class MatchQuerySet(models.QuerySet["Match"]):
    def public(self) -> MatchQuerySet:
        """Those whose listing anybody may see today."""
        return self.filter(listing__state__in=PUBLIC)

    def standing(self) -> MatchQuerySet:
        """Those still to be looked at or kept."""
        return self.exclude(verdict=Verdict.DISMISSED)


class Match(models.Model):
    """One listing found for one need. `relevance` comes from the texts alone (ranking.py), `total` also from the
    factors and the need's weights; `words` and `likeness` are what relevance is made of, compared between the need in
    language `wanted` and the listing in language `offered`. A decision stays when the match is found again."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="matches")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="matches")
    relevance = models.FloatField()
    total = models.FloatField()
    words = models.FloatField()
    likeness = models.FloatField(null=True, blank=True)
    wanted = models.CharField(max_length=2)
    offered = models.CharField(max_length=2)
    found_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    verdict = models.CharField(max_length=12, choices=Verdict.choices, blank=True, default=Verdict.NONE)
    reasons = ArrayField(models.CharField(max_length=12, choices=FactorCode.choices), default=list, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = MatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["need", "listing"], name="one_match_per_need_and_listing"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="match_verdict_is_known"),
            models.CheckConstraint(
                condition=Q(verdict="", decided_at__isnull=True) | ~Q(verdict="") & Q(decided_at__isnull=False),
                name="decided_match_has_its_moment",
            ),
        ]
        indexes = [models.Index(fields=["need", "-total"], name="match_best_first")]

    def __str__(self) -> str:
        return f"{self.listing_id} for {self.need_id}"


class NeedWeights(models.Model):
    """What one need's owner holds important, learned from decisions; without a row the weights everybody begins
    with."""

    need = models.OneToOneField(Need, on_delete=models.CASCADE, related_name="weights")
    weights = models.JSONField(default=dict)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"weights of {self.need_id}"


class OfferedVector(models.Model):
    """The meaning of one listing in one language, as `model` read it when the listing was at `version`.

    `vector` holds float32 in the machine's order; it can be read anew at any time and needs no backup.
    """

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=2)
    model = models.CharField(max_length=100)
    version = models.BigIntegerField()
    text_hash = models.BinaryField(max_length=32)
    vector = models.BinaryField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["listing", "language", "model"], name="one_vector_per_listing_language_and_model"
            )
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} in {self.language} by {self.model}"
