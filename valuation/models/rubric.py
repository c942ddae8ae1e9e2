"""The indicator rubric as versioned data, and scores given on it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from marketplace.accounts.models import User
from valuation.models.archive import kept_once_issued


class Rubric(models.Model):
    """One version of a rubric, read from valuation/rubrics. `data` holds indicators and weights per purpose.

    `is_verified` only once somebody compared it with the bought standard; until then pages say that nobody has.
    A version that was used is never changed: a correction is a new version.
    """

    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    data = models.JSONField()
    sha256 = models.CharField(max_length=64)
    is_verified = models.BooleanField(default=False)
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["code", "-id"]
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="one_rubric_per_code_and_version")]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class Score(models.Model):
    """Points from 0 to 100 for one indicator of one right within an order, with what they rest on.

    `basis` names the register facts a computed score came from ({fact: value}); a score given by a person has words.
    """

    order = models.ForeignKey("valuation.Order", on_delete=models.CASCADE, related_name="scores")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="scores")
    indicator = models.CharField(max_length=40)
    points = models.DecimalField(_("points"), max_digits=5, decimal_places=2)
    evidence = models.TextField(_("evidence"), max_length=2000)
    is_computed = models.BooleanField(default=False)
    basis: Any = models.JSONField(default=dict)
    given_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "asset", "indicator"], name="one_score_per_right_and_indicator"),
            models.CheckConstraint(condition=Q(points__gte=0, points__lte=100), name="score_is_out_of_a_hundred"),
            models.CheckConstraint(condition=~Q(evidence=""), name="score_has_its_evidence"),
        ]
        triggers = [kept_once_issued("scores_are_archived")]

    def __str__(self) -> str:
        return f"{self.indicator}: {self.points}"
