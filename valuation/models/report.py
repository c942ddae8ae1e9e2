"""Reports: what was concluded, for whom, until when, with the twin that anybody recomputes; and objections to them."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.catalogue.models import Listing
from marketplace.accounts.models import Organisation, User
from marketplace.core import clock
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile
from marketplace.core.money import Money
from marketplace.signing.models import Document
from valuation.appraisals.states import STANDING, UNSETTLED, ObjectionState, Purpose, ReportState, ValueType
from valuation.models.agency import Agency
from valuation.models.order import Order

HASH = r"^[0-9a-f]{64}$"


class ReportQuerySet(StatefulQuerySet["Report"]):
    def usable(self, on: date) -> Self:
        """Those a decision may rest on that day: in force, and on or before their last day (rule APR-VALID)."""
        return self.filter(state=ReportState.ISSUED, base_date__lte=on, valid_until__gte=on)

    def standing(self) -> Self:
        return self.filter(state__in=STANDING)

    def about(self, asset_ids: list[int]) -> Self:
        return self.filter(assets__in=asset_ids).distinct()

    def for_page(self) -> Self:
        return self.select_related("agency__organisation", "client", "document", "order")


class Report(Stateful):
    """A signed and sealed appraisal report, or one being signed.

    Everything the conclusion says is fixed when it goes to the signers. `twin` is the machine-readable report
    (valuation/twin.py says what stands in it), `twin_sha256` the hash of its canonical JSON, printed in the PDF.
    `valid_until` is one year from the base date less a day. `archive_until` is the last day of the 15 or 30 years for
    which the working papers are kept (Appraisal Law, article 29). `supersedes` is the report it replaces.
    """

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reports")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="reports")
    client = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="appraisal_reports")
    assets = models.ManyToManyField(Asset, through="ReportAsset", related_name="appraisal_reports")
    users = models.ManyToManyField(Organisation, blank=True, related_name="+")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    value_type = models.CharField(max_length=12, choices=ValueType.choices)
    base_date = models.DateField(_("base date"))
    report_date = models.DateField(_("report date"))
    valid_until = models.DateField(_("valid until"))
    amount = models.DecimalField(_("conclusion"), max_digits=18, decimal_places=2)
    low = models.DecimalField(max_digits=18, decimal_places=2)
    high = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    is_statutory = models.BooleanField(default=False)
    is_elsewhere = models.BooleanField(default=False)
    signers = ArrayField(models.BigIntegerField())
    twin: Any = models.JSONField()
    twin_sha256 = models.CharField(max_length=64)
    document = models.OneToOneField(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    supersedes = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="successors")
    issued_at = models.DateTimeField(null=True, blank=True)
    archive_until = models.DateField(null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ReportState.values), name="report_state_is_known"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, low__gte=0, high__gte=F("low")), name="report_concludes_a_sum_and_a_range"
            ),
            models.CheckConstraint(condition=Q(valid_until__gt=F("base_date")), name="report_is_valid_after_its_base"),
            models.CheckConstraint(condition=Q(signers__len__gte=2), name="report_has_two_signers"),
            models.CheckConstraint(condition=Q(twin_sha256__regex=HASH), name="report_twin_has_its_hash"),
            models.CheckConstraint(
                condition=Q(state__in=[ReportState.SIGNING, ReportState.DROPPED])
                | Q(document__isnull=False, issued_at__isnull=False, archive_until__isnull=False),
                name="issued_report_is_sealed_and_archived",
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state__in=STANDING), name="one_report_in_force_per_order"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state=ReportState.SIGNING), name="one_report_being_signed_per_order"
            ),
        ]
        indexes = [
            models.Index(fields=["client", "state"], name="report_by_client"),
            models.Index(fields=["agency", "state"], name="report_by_agency"),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(name="reports_are_archived", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="a_report_is_fixed",
                exclude=[
                    "state",
                    "state_since",
                    "due_at",
                    "document",
                    "issued_at",
                    "archive_until",
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> tuple[str, int]:
        """How lower floors (documents) name this report."""
        return self._meta.label_lower, self.pk

    @property
    def agency_org_id(self) -> int:
        return self.agency.organisation_id

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def is_usable(self) -> bool:
        """Claims that a decision of today may rest on it."""
        return self.state == ReportState.ISSUED and self.base_date <= clock.today() <= self.valid_until

    @property
    def rights(self) -> list[Asset]:
        return [one.asset for one in self.valued.select_related("asset").order_by("position")]


class ReportAsset(models.Model):
    """One right of a report, in the order's order."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="valued")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="valued")
    position = models.PositiveSmallIntegerField(default=0)
    claims = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["report", "asset"], name="a_right_stands_once_in_a_report")]

    def __str__(self) -> str:
        return f"{self.asset_id} in {self.report_id}"


class Showing(models.Model):
    """The holder's decision that a listing shows a report; ended, never deleted."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="showings")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="appraisals_shown")
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "listing"], condition=Q(ended_at__isnull=True), name="a_listing_shows_a_report_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.report_id} on {self.listing_id}"


class ObjectionQuerySet(StatefulQuerySet["Objection"]):
    def unsettled(self) -> ObjectionQuerySet:
        return self.filter(state__in=UNSETTLED)


class Objection(Stateful):
    """Somebody who may rely on a report doubts it: the agency explains (Appraisal Law, article 30), and if that does
    not do, another agency gives a second opinion."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="objections")
    raised_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    doubt = models.TextField(_("what you doubt, and why"), max_length=8000)
    paper = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    explanation = models.TextField(_("explanation"), max_length=8000, blank=True)
    explained_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    second_order = models.OneToOneField(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ObjectionQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ObjectionState.values), name="objection_state_is_known"),
            models.CheckConstraint(condition=~Q(doubt=""), name="objection_says_what_is_doubted"),
            models.UniqueConstraint(
                fields=["report"], condition=Q(state__in=UNSETTLED), name="one_unsettled_objection_per_report"
            ),
            models.CheckConstraint(
                condition=~Q(state=ObjectionState.SECOND) | Q(second_order__isnull=False),
                name="second_opinion_has_its_order",
            ),
        ]

    def __str__(self) -> str:
        return f"objection to {self.report_id}"

    @property
    def agency_org_id(self) -> int:
        return self.report.agency.organisation_id
