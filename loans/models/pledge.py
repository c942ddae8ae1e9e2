"""Filings at the office where pledges are registered (Announcement 461)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loans.models.application import Application
from loans.states.pledge import FilingKind, FilingState, Ground
from marketplace.accounts.models import User
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile


class PledgeFiling(Stateful):
    """One matter at the office: registering, changing or cancelling the pledge of an application's rights.

    `decide_by` is the last working day the office has for its decision, `file_by` the day by which it is filed. The
    certificate is handed in by one person of the bank and confirmed by another; only that makes the pledge effective
    here.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="filings")
    kind = models.CharField(max_length=16, choices=FilingKind.choices)
    is_online = models.BooleanField(_("filed online"), default=True)
    file_by = models.DateField(null=True, blank=True)
    filed_on = models.DateField(_("filed on"), null=True, blank=True)
    reference = models.CharField(_("reference of the filing"), max_length=80, blank=True)
    decide_by = models.DateField(null=True, blank=True)
    correct_by = models.DateField(null=True, blank=True)
    ground = models.CharField(max_length=2, choices=Ground.choices, blank=True)
    certificate = models.CharField(_("registration number"), max_length=80, blank=True)
    effective_on = models.DateField(_("registered on"), null=True, blank=True)
    evidence = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    handed_in_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = StatefulQuerySet.as_manager()

    class Meta(Stateful.Meta):
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=FilingState.values), name="pledge_filing_state_is_known"),
            models.CheckConstraint(condition=Q(kind__in=FilingKind.values), name="pledge_filing_kind_is_known"),
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=~Q(state__in=[FilingState.EFFECTIVE, FilingState.DROPPED, FilingState.REFUSED]),
                name="one_open_filing_per_kind_and_application",
            ),
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=Q(kind__in=[FilingKind.REGISTRATION, FilingKind.CANCELLATION], state=FilingState.EFFECTIVE),
                name="a_pledge_is_registered_once_and_cancelled_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[FilingState.CERTIFIED, FilingState.EFFECTIVE])
                | (~Q(certificate="") & Q(effective_on__isnull=False, evidence__isnull=False, filed_on__isnull=False)),
                name="certified_filing_has_number_day_and_paper",
            ),
            models.CheckConstraint(
                condition=~Q(state=FilingState.EFFECTIVE) | Q(confirmed_by__isnull=False),
                name="effective_filing_was_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("handed_in_by")),
                name="a_certificate_is_confirmed_by_another_person",
            ),
            models.CheckConstraint(
                condition=~Q(state=FilingState.REFUSED) | ~Q(ground=""), name="refused_filing_names_its_ground"
            ),
            models.CheckConstraint(
                condition=Q(effective_on__isnull=True) | Q(effective_on__gte=F("filed_on")),
                name="pledge_is_registered_on_or_after_its_filing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.application_id}"

    @property
    def bank_id(self) -> int:
        return self.application.bank_id

    @property
    def borrower_id(self) -> int:
        return self.application.borrower_id


class Correction(models.Model):
    """One round of the correction loop: what the office found wanting, and what was done about it."""

    filing = models.ForeignKey(PledgeFiling, on_delete=models.PROTECT, related_name="corrections")
    found = models.TextField(max_length=4000)
    found_on = models.DateField()
    correct_by = models.DateField(null=True, blank=True)
    answer = models.TextField(max_length=4000, blank=True)
    answered_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["filing"], condition=Q(answered_on__isnull=True), name="one_open_correction_per_filing"
            ),
            models.CheckConstraint(
                condition=Q(answered_on__isnull=True) | ~Q(answer=""), name="answered_correction_says_what_was_done"
            ),
        ]
        triggers = [pgtrigger.Protect(name="corrections_are_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"correction of {self.filing_id}"
