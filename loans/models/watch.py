"""The rights that secure a live loan, what they are worth, and what was noticed about them."""

from __future__ import annotations

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from loans.models.loan import Loan
from loans.states.servicing import AlarmKind, Impairment, Severity
from marketplace.accounts.models import User


class SecurityQuerySet(models.QuerySet["Security"]):
    def standing(self) -> Self:
        return self.filter(released_on__isnull=True)


class Security(models.Model):
    """One right that secures a loan, from the day its pledge was registered to the day it was released.

    `haircut_bp` and `ltv_bp` are frozen from the product by the kind of right. `cents`, `based_on` and `valid_until`
    are those of the newest appraisal; all are in `values`. From `based_on` the value declines in equal monthly steps to
    nothing on `declines_to`, the end of the right or of its economic life. From `impaired_on` it counts nothing.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="securities")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="securities")
    entry_id = models.BigIntegerField(null=True, blank=True)
    haircut_bp = models.PositiveSmallIntegerField()
    ltv_bp = models.PositiveSmallIntegerField()
    added_on = models.DateField()
    released_on = models.DateField(null=True, blank=True)
    cents = models.BigIntegerField(null=True, blank=True)
    based_on = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    declines_to = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    impaired_on = models.DateField(null=True, blank=True)
    impairment = models.CharField(max_length=12, blank=True, choices=Impairment.choices)

    objects = SecurityQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset"], condition=Q(released_on__isnull=True), name="a_right_secures_one_live_loan"
            ),
            models.CheckConstraint(
                condition=Q(haircut_bp__lte=10_000, ltv_bp__lte=10_000) & Q(ltv_bp__gte=10_000 - F("haircut_bp")),
                name="a_security_of_a_fresh_loan_covers_it",
            ),
            models.CheckConstraint(
                condition=Q(cents__isnull=True, based_on__isnull=True, valid_until__isnull=True)
                | Q(cents__gte=0, based_on__isnull=False, valid_until__isnull=False),
                name="a_value_has_its_days",
            ),
            models.CheckConstraint(
                condition=Q(impaired_on__isnull=True, impairment="")
                | Q(impaired_on__isnull=False, impairment__in=Impairment.values),
                name="an_impaired_right_says_why",
            ),
            models.CheckConstraint(
                condition=Q(released_on__isnull=True) | Q(released_on__gte=F("added_on")),
                name="a_security_is_released_after_it_was_added",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} for {self.loan_id}"


class SecurityValue(models.Model):
    """One appraisal of a right that secures a loan: kept, so that a closed day is closed again with what held then."""

    security = models.ForeignKey(Security, on_delete=models.PROTECT, related_name="values")
    report_number = models.CharField(max_length=40, blank=True)
    cents = models.BigIntegerField()
    based_on = models.DateField()
    valid_until = models.DateField()
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["-based_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cents__gte=0, valid_until__gte=F("based_on")), name="security_value_is_a_sum_for_a_time"
            )
        ]
        triggers = [pgtrigger.Protect(name="security_values_are_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.security_id}: {self.cents} on {self.based_on}"


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def open(self) -> Self:
        return self.filter(handled_at__isnull=True)


class Alarm(models.Model):
    """Something noticed about a loan or a right that secures it, once for each `source` and `external_id`.

    `facts` holds what the sentence about it names. Somebody handles it with a word on what was done; it stays.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="alarms_raised")
    security = models.ForeignKey(Security, null=True, blank=True, on_delete=models.PROTECT, related_name="alarms")
    kind = models.CharField(max_length=16, choices=AlarmKind.choices)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    source = models.CharField(max_length=20)
    external_id = models.CharField(max_length=80)
    on = models.DateField()
    facts: Any = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    handled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    handled_at = models.DateTimeField(null=True, blank=True)
    action = models.CharField(_("what was done"), max_length=1000, blank=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        ordering = ["-severity", "-on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_alarm_per_source_and_number"),
            models.CheckConstraint(condition=Q(kind__in=AlarmKind.values), name="alarm_kind_is_known"),
            models.CheckConstraint(
                condition=Q(handled_at__isnull=True, action="") | Q(handled_at__isnull=False) & ~Q(action=""),
                name="a_handled_alarm_says_what_was_done",
            ),
        ]
        indexes = [
            models.Index(fields=["loan", "-id"], condition=Q(handled_at__isnull=True), name="alarm_open_by_loan")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.loan_id} on {self.on}"
