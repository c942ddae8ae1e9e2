"""A dispute: it stops every payment out of its deal until it is decided or withdrawn."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.deals.models.deal import Deal
from listings.deals.states import DisputeState
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile

UNSETTLED = frozenset({DisputeState.OPEN, DisputeState.DECIDING})


class DisputeQuerySet(StatefulQuerySet["Dispute"]):
    def unsettled(self) -> DisputeQuerySet:
        return self.filter(state__in=UNSETTLED)


class Dispute(Stateful):
    """One party's complaint about a deal. The decision gives `seller_pct` of the money held to the seller's side and
    the rest back to the buyer; one person of the operator proposes it and another confirms it."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="disputes")
    raised_by = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    complaint = models.TextField(_("what is wrong and what you ask for"), max_length=8000)
    seller_pct = models.DecimalField(
        _("share of the money held that goes to the seller’s side, percent"),
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
    )
    decision = models.TextField(_("decision and its reasons"), blank=True)
    proposed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = DisputeQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DisputeState.values), name="dispute_state_is_known"),
            models.UniqueConstraint(
                fields=["deal"], condition=Q(state__in=UNSETTLED), name="one_unsettled_dispute_per_deal"
            ),
            models.CheckConstraint(
                condition=Q(seller_pct__isnull=True) | Q(seller_pct__gte=0, seller_pct__lte=100),
                name="dispute_share_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=~Q(state=DisputeState.DECIDED)
                | Q(seller_pct__isnull=False, proposed_by__isnull=False, confirmed_by__isnull=False),
                name="decision_has_share_and_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="decision_is_confirmed_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"dispute on {self.deal_id}"


class DisputeStatement(models.Model):
    """What one side, or the operator, adds to a dispute: words, and a paper if there is one."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="statements")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=8000)
    file = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.organisation_id} in {self.dispute_id}"


class RefundAgreement(models.Model):
    """One side's agreement that all the money held goes back to the buyer; both together make it so."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="refund_agreements")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(max_length=4000)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "organisation"], name="one_refund_agreement_per_side"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} on {self.deal_id}"
