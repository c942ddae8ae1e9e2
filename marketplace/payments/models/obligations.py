"""What somebody has to pay, and what came in for it."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation, in_language
from marketplace.core import clock
from marketplace.core.models import Stateful, StatefulQuerySet
from marketplace.core.money import Money
from marketplace.payments.models.ledger import Journal, append_only
from marketplace.payments.states import PAYABLE_STATES, HoldbackState, ObligationState, Subject

ZERO = Decimal("0.00")


class ObligationQuerySet(StatefulQuerySet["Obligation"]):
    def about(self, subject: Subject) -> ObligationQuerySet:
        """Those of one deal, loan or order."""
        return self.filter(subject_kind=subject[0], subject_id=subject[1])

    def owed_by(self, organisation_id: int) -> ObligationQuerySet:
        return self.filter(payer=organisation_id)

    def payable(self) -> ObligationQuerySet:
        """Money that comes now would be taken for these."""
        return self.filter(state__in=PAYABLE_STATES)


class Obligation(Stateful):
    """A sum that `payer` owes into holding for a subject, by `pay_by`, with the reference a bank transfer must carry.

    `paid` is what came in net of what was taken back; `refunded` is what we sent back. Both follow `Receipt` and
    `Refund` rows and are checked against them.
    """

    purpose = models.CharField(max_length=32)
    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    payer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="obligations")
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    paid = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    refunded = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    reference = models.CharField(max_length=16, unique=True)
    pay_by = models.DateTimeField()
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    objects = ObligationQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ObligationState.values), name="obligation_state_is_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="obligation_is_for_some_money"),
            models.CheckConstraint(
                condition=Q(paid__gte=0) & Q(paid__lte=F("amount")), name="obligation_is_paid_at_most_in_full"
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0) & Q(refunded__lte=F("paid")), name="no_more_is_refunded_than_was_paid"
            ),
            models.CheckConstraint(
                condition=~Q(state=ObligationState.PAID) | Q(paid=F("amount")), name="paid_obligation_is_paid_in_full"
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="obligation_by_subject"),
            models.Index(fields=["payer", "state"], name="obligation_by_payer"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def number(self) -> str:
        """What people call it: the reference of its bank transfer."""
        return self.reference

    @property
    def subject(self) -> Subject:
        return self.subject_kind, self.subject_id

    @property
    def title(self) -> str:
        return in_language(self.title_zh, self.title_en)

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def outstanding(self) -> Decimal:
        """What is still to come."""
        return self.amount - self.paid

    @property
    def is_payable(self) -> bool:
        return self.state in PAYABLE_STATES

    @property
    def is_overdue(self) -> bool:
        return self.is_payable and self.pay_by < clock.now()

    @property
    def organisation_id(self) -> int:
        return int(self.payer_id)


class Receipt(models.Model):
    """What one journal did for one obligation: plus came in, minus was taken back. Written once."""

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="receipts")
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="receipts")
    provider = models.CharField(max_length=24)
    payin = models.ForeignKey(
        "payments.PayIn", null=True, blank=True, on_delete=models.PROTECT, related_name="receipts"
    )
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="receipt_is_of_some_money"),
            models.UniqueConstraint(fields=["journal", "obligation"], name="one_receipt_per_journal_and_obligation"),
        ]
        triggers = append_only("receipts")

    def __str__(self) -> str:
        return f"{self.amount} for {self.obligation_id}"


class Holdback(Stateful):
    """Part of what is held for a subject that no release may touch before it is freed (warranty, last milestone)."""

    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    until = models.DateTimeField()
    reason_zh = models.CharField(max_length=200)
    reason_en = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    SHAPES: ClassVar[dict[str, str]] = {HoldbackState.HELD_BACK: "hold", HoldbackState.FREED: "go"}

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="holdback_is_of_some_money"),
            models.CheckConstraint(condition=Q(state__in=HoldbackState.values), name="holdback_state_is_known"),
        ]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="holdback_by_subject")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} of {self.subject_kind}:{self.subject_id}"
