"""What must be handed in at a register or tax office for a deal, by when, and the proof that it was recorded."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.deals.models.deal import Deal
from listings.deals.states import FilingKind, FilingState
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile


class FilingQuerySet(StatefulQuerySet["Filing"]):
    def open(self) -> FilingQuerySet:
        return self.exclude(state__in=[FilingState.APPROVED, FilingState.DROPPED])


class Filing(Stateful):
    """One matter at one office. `owed_by` hands it in by `due_on`; `evidence` is what the office answered.

    The person who hands evidence in and the one who approves it are two (invariant 24).
    """

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="filings")
    kind = models.CharField(max_length=24, choices=FilingKind.choices)
    owed_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="filings_owed")
    due_on = models.DateField(_("to be filed by"))
    filed_on = models.DateField(_("filed on"), null=True, blank=True)
    reference = models.CharField(_("file number at the office"), max_length=80, blank=True)
    refusal = models.TextField(_("what the office found wanting"), blank=True)
    correct_by = models.DateField(_("to be corrected by"), null=True, blank=True)
    recorded_on = models.DateField(_("recorded on"), null=True, blank=True)
    evidence = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    evidenced_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = FilingQuerySet.as_manager()

    class Meta(Stateful.Meta):
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=FilingState.values), name="filing_state_is_known"),
            models.CheckConstraint(condition=Q(kind__in=FilingKind.values), name="filing_kind_is_known"),
            models.UniqueConstraint(
                fields=["deal", "kind"], condition=~Q(state=FilingState.DROPPED), name="one_filing_per_deal_and_kind"
            ),
            models.CheckConstraint(
                condition=~Q(state=FilingState.APPROVED)
                | Q(evidence__isnull=False, recorded_on__isnull=False, approved_by__isnull=False),
                name="approved_filing_has_evidence_day_and_approver",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("evidenced_by")),
                name="evidence_is_approved_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.deal_id}"
