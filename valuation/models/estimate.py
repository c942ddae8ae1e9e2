"""What this market's sales taught the estimates, and how well it did on the sales themselves."""

from __future__ import annotations

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q


class EstimateFitQuerySet(models.QuerySet["EstimateFit"]):
    def newest(self) -> Self:
        return self.order_by("-pk")


class EstimateFit(models.Model):
    """One fit of the estimate's model to the closed sales, with its back-test; written once, the newest one counts.

    `weights` is [[name, weight], …], `spread` their covariance as float64 of the machine, row by row. `low` and
    `high` are the quarters of the scaled misses. `typical_error` is the median of |ln(price ÷ estimate)| over the sales
    each left out in turn, `plain_error` that of the median price of the kind, `inside_pct` how many prices lay inside
    their range. `sales` holds each sale with what the others said of it, for the desk alone. `lack` says why nothing
    rests on this fit: "few" sales or too large an "error".
    """

    model_version = models.CharField(max_length=12)
    fitted_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    by_kind: Any = models.JSONField(default=dict)
    by_area: Any = models.JSONField(default=dict)
    sales: Any = models.JSONField(default=list)
    weights: Any = models.JSONField(default=list)
    spread = models.BinaryField(default=bytes)
    low = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    high = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    typical_error = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    plain_error = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    inside_pct = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    lack = models.CharField(max_length=8, blank=True)

    objects = EstimateFitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(lack__in=["", "few", "error"]), name="estimate_lack_is_known"),
            models.CheckConstraint(
                condition=~Q(lack="")
                | Q(low__lte=0, high__gte=0, typical_error__isnull=False, inside_pct__isnull=False, count__gt=0),
                name="estimate_in_use_was_tested",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="estimate_fits_are_kept", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"fit {self.pk} of {self.count} sales"
