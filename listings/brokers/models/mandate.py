"""What a broker may do for a client, on which terms, and whom it brought together with whom."""

from __future__ import annotations

from datetime import date
from typing import Any

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from listings.brokers.spans import IdSpanField
from listings.brokers.states import MandateState, Payer, Scope, Side
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet


class MandateQuerySet(StatefulQuerySet["Mandate"]):
    def of(self, organisation_id: int | None) -> MandateQuerySet:
        """Those in which the organisation is client or broker."""
        return self.filter(Q(client=organisation_id) | Q(broker=organisation_id))

    def in_force(self, on: date) -> MandateQuerySet:
        return self.filter(state=MandateState.ACTIVE, starts_on__lte=on, ends_on__gte=on)


class Mandate(Stateful):
    """A brokerage contract (Civil Code 961–966) in plain terms.

    `commission_pct` of the price is earned when a contract comes about through the broker, by an introduction made
    while the mandate was in force and a contract concluded at most `tail_months` after it ended. `span` is what it
    covers, as the database compares it; `territories` are region codes, none meaning everywhere. `matter_kind` and
    `matter_id` name one listing where the scope is one (a floor above, so no foreign key).
    """

    client = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="mandates_given")
    broker = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="mandates_held")
    proposed_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(_("the client"), max_length=8, choices=Side.choices, default=Side.SELLING)
    scope = models.CharField(_("covers"), max_length=8, choices=Scope.choices, default=Scope.ALL)
    asset_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    span = IdSpanField()
    matter_kind = models.CharField(max_length=64, blank=True)
    matter_id = models.BigIntegerField(null=True, blank=True)
    matter_number = models.CharField(max_length=20, blank=True)
    territories = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    is_exclusive = models.BooleanField(_("exclusive"), default=False)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    tail_months = models.PositiveSmallIntegerField(_("months of protection after the end"), default=6)
    commission_pct = models.DecimalField(_("commission, percent of the price"), max_digits=6, decimal_places=3)
    payer = models.CharField(_("the commission is paid by"), max_length=8, choices=Payer.choices, default=Payer.SPLIT)
    note = models.TextField(_("further terms"), max_length=4000, blank=True)
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = MandateQuerySet.as_manager()

    class Meta(Stateful.Meta):
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.ReadOnly(
                name="mandate_terms_are_fixed",
                exclude=["state", "state_since", "due_at", "accepted_by", "accepted_at", "ended_on"],
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=MandateState.values), name="mandate_state_is_known"),
            models.CheckConstraint(condition=~Q(client=F("broker")), name="nobody_is_its_own_broker"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="mandate_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(commission_pct__gt=0, commission_pct__lte=50), name="commission_is_a_share_of_the_price"
            ),
            models.CheckConstraint(
                condition=~Q(state=MandateState.ACTIVE) | Q(accepted_at__isnull=False),
                name="mandate_in_force_was_accepted",
            ),
            ExclusionConstraint(
                name="one_exclusive_mandate_per_client_scope_and_period",
                expressions=[
                    ("client", RangeOperators.EQUAL),
                    ("side", RangeOperators.EQUAL),
                    ("span", RangeOperators.OVERLAPS),
                    (
                        Func(
                            F("starts_on"),
                            F("ends_on"),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state=MandateState.ACTIVE, is_exclusive=True),
            ),
        ]
        indexes = [models.Index(fields=["broker", "state"], name="mandate_by_broker")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What it is called: M-2026-00042."""
        return f"M-{self.created_at.year}-{self.pk:05d}"

    @property
    def receiver_id(self) -> int:
        """The organisation that answers the proposal."""
        return self.broker_id if self.proposed_by_id == self.client_id else self.client_id

    def covers(self, asset_ids: list[int]) -> bool:
        """Whether every one of these rights is within the scope."""
        return self.scope == Scope.ALL or set(asset_ids) <= set(self.asset_ids)


class Introduction(models.Model):
    """Evidence that the broker brought the client and another organisation together over a matter. Never changed.

    `terms` are the mandate's commission terms as they stood, and what a deal is settled by whatever happens to the
    mandate later. `is_dual` says that the broker had the other side's mandate too, and that both were told.
    """

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="introductions")
    matter_kind = models.CharField(max_length=64)
    matter_id = models.BigIntegerField()
    matter_number = models.CharField(max_length=20)
    asset_ids = ArrayField(models.BigIntegerField(), default=list)
    other = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="introductions")
    introduced_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_dual = models.BooleanField(default=False)
    note = models.TextField(_("how and when you brought them together"), max_length=2000, blank=True)
    terms: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        triggers = [
            pgtrigger.Protect(name="introductions_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mandate", "matter_kind", "matter_id", "other"],
                name="one_introduction_per_mandate_matter_and_organisation",
            )
        ]
        indexes = [models.Index(fields=["matter_kind", "matter_id", "other"], name="introduction_by_matter")]

    def __str__(self) -> str:
        return f"{self.mandate_id}: {self.other_id} to {self.matter_number}"
