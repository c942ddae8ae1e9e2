"""What was received, what it met, and what was charged: written once, undone only by its opposite."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loans.models.loan import Loan
from loans.servicing.contract import Part
from loans.servicing.happenings import Early
from loans.states.servicing import ChargeKind, PaymentSource
from marketplace.accounts.models import Organisation, User


class Payment(models.Model):
    """Money received on a loan, or the opposite of such a receipt (`reverses`).

    `reference` is the payer's bank's and unique at the lending bank, so a file read twice enters nothing twice.
    `value_date` decides where it stands in the replay, whenever it is entered. `early` says that what is left after
    everything due repays principal at once.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="payments")
    bank = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(_("reference"), max_length=80)
    value_date = models.DateField(_("value date"))
    cents = models.BigIntegerField()
    early = models.CharField(
        _("early repayment"), max_length=8, blank=True, choices=[(one.value, one.value) for one in Early]
    )
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    source = models.CharField(max_length=8, choices=PaymentSource.choices)
    reason = models.CharField(max_length=400, blank=True)
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["value_date", "id"]
        constraints = [
            models.UniqueConstraint(fields=["bank", "reference"], name="one_payment_per_reference_at_a_bank"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, cents__gt=0) | Q(reverses__isnull=False, cents__lt=0, early=""),
                name="a_reversal_is_the_opposite_of_a_payment",
            ),
            models.CheckConstraint(condition=Q(source__in=PaymentSource.values), name="payment_source_is_known"),
            models.CheckConstraint(condition=~Q(reference=""), name="payment_has_a_reference"),
            models.CheckConstraint(condition=~Q(reverses=F("id")), name="nothing_reverses_itself"),
        ]
        triggers = [pgtrigger.Protect(name="payments_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.reference}: {self.cents} on {self.value_date}"


class Allocation(models.Model):
    """What cents of a payment met: a part of row `n`, 0 for what belongs to no row. Derived by the replay, which writes
    a loan's allocations anew when something earlier becomes known."""

    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="allocations")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    on = models.DateField()
    n = models.PositiveSmallIntegerField()
    part = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Part])
    cents = models.BigIntegerField()

    class Meta:
        ordering = ["on", "id"]
        constraints = [models.CheckConstraint(condition=Q(cents__gt=0), name="allocation_is_of_some_money")]

    def __str__(self) -> str:
        return f"{self.payment_id}: {self.cents} of {self.part} {self.n}"


class Charge(models.Model):
    """A cost the borrower owes from a day on, besides principal and interest."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="charges")
    kind = models.CharField(max_length=12, choices=ChargeKind.choices)
    value_date = models.DateField(_("owed from"))
    cents = models.BigIntegerField()
    reference = models.CharField(_("reference"), max_length=80)
    note = models.CharField(max_length=400, blank=True)
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cents__gt=0), name="charge_is_of_some_money"),
            models.CheckConstraint(condition=Q(kind__in=ChargeKind.values), name="charge_kind_is_known"),
            models.UniqueConstraint(fields=["loan", "reference"], name="one_charge_per_reference"),
        ]
        triggers = [pgtrigger.Protect(name="charges_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.cents} on {self.value_date}"
