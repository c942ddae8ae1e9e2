"""Royalty licences after completion: one row per period, from statement to payment."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from listings.deals.models.deal import Deal
from listings.deals.states import PeriodState
from marketplace.accounts.models import User
from marketplace.core.models import Stateful


class RoyaltyPeriod(Stateful):
    """`base` is what the licensee states for the period (sales, units' price…); `royalty` is `pct` of it, at least
    `minimum`, rounded half up once."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="royalty_periods")
    starts_on = models.DateField()
    ends_on = models.DateField()
    statement_due_on = models.DateField()
    pct = models.DecimalField(max_digits=6, decimal_places=3)
    minimum = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    base = models.DecimalField(_("royalty base"), max_digits=18, decimal_places=2, null=True, blank=True)
    royalty = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    stated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    obligation_id = models.BigIntegerField(null=True, blank=True)

    class Meta(Stateful.Meta):
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PeriodState.values), name="royalty_period_state_is_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="royalty_period_runs_forward"),
            ExclusionConstraint(
                name="royalty_periods_do_not_overlap",
                expressions=[
                    ("deal", RangeOperators.EQUAL),
                    (
                        Func(F("starts_on"), F("ends_on"), models.Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PeriodState.INVOICED, PeriodState.PAID])
                | Q(base__isnull=False, royalty__isnull=False),
                name="invoiced_royalty_has_its_statement",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deal_id}: {self.starts_on} – {self.ends_on}"

    @property
    def buyer_id(self) -> int:
        """The licensee, who states and pays."""
        return self.deal.buyer_id
