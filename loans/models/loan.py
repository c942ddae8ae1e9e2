"""A loan that was paid out, the schedules it followed, and where its replay stands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loans.servicing.contract import Contract
from loans.states.servicing import LIVE, LoanState, VersionReason
from loans.terms import Terms
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet
from marketplace.core.money import Money


class LoanQuerySet(StatefulQuerySet["Loan"]):
    def live(self) -> Self:
        return self.filter(state__in=LIVE)


class Loan(Stateful):
    """What a bank lent, on terms frozen when the application was made.

    `terms` is `loans.terms.Terms` as JSON. `application` is empty for a loan taken over from the bank's own books, with
    its pledge. `restructured_on` begins an observation that lasts to `observed_until`.

    The lower block is where the replay of everything that happened stands on the day `replayed_on`, kept so that a
    close of day reads it instead of replaying: the start of the first row not yet due, costs and credit in cents, and
    the rates as whole numbers. `is_plain` claims that interest of a running row is one product of them; all others are
    closed by the replay itself. `restate_from` is the first closed day that something known since changes.
    """

    number = models.CharField(max_length=20, unique=True)
    application = models.OneToOneField(
        "loans.Application", null=True, blank=True, on_delete=models.PROTECT, related_name="loan"
    )
    borrower = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="loans_taken")
    bank = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="loans_given")
    guarantor = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="loans_guaranteed"
    )
    bank_reference = models.CharField(_("the bank’s own number"), max_length=60, blank=True)
    terms: Any = models.JSONField()
    principal = models.DecimalField(_("principal"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    months = models.PositiveSmallIntegerField(_("months"))
    started_on = models.DateField(_("paid out on"))
    matures_on = models.DateField(_("matures on"))
    closed_on = models.DateField(null=True, blank=True)
    restructured_on = models.DateField(null=True, blank=True)
    observed_until = models.DateField(null=True, blank=True)
    opened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    replayed_on = models.DateField()
    next_from = models.DateField(null=True, blank=True)
    cost_due = models.BigIntegerField(default=0)
    credit = models.BigIntegerField(default=0)
    day_count = models.PositiveSmallIntegerField(default=0)
    rate_over = models.BigIntegerField(default=0)
    rate_under = models.BigIntegerField(default=1)
    penalty_over = models.BigIntegerField(default=0)
    penalty_under = models.BigIntegerField(default=1)
    penalty_grace = models.PositiveSmallIntegerField(default=0)
    penalty_on_interest = models.BooleanField(default=False)
    is_plain = models.BooleanField(default=False)
    restate_from = models.DateField(null=True, blank=True)

    objects = LoanQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LoanState.values), name="loan_state_is_known"),
            models.CheckConstraint(condition=Q(principal__gt=0), name="loan_is_of_some_money"),
            models.CheckConstraint(condition=~Q(borrower=F("bank")), name="nobody_lends_to_itself"),
            models.CheckConstraint(condition=Q(matures_on__gt=F("started_on")), name="loan_matures_after_it_began"),
            models.CheckConstraint(
                condition=Q(state__in=[LoanState.SETTLED, LoanState.RELEASED, LoanState.WRITTEN_OFF])
                ^ Q(closed_on__isnull=True),
                name="closed_loan_has_its_last_day",
            ),
            models.CheckConstraint(
                condition=Q(restructured_on__isnull=True, observed_until__isnull=True)
                | Q(observed_until__gt=F("restructured_on")),
                name="restructured_loan_is_observed",
            ),
            models.CheckConstraint(
                condition=Q(rate_under__gt=0, penalty_under__gt=0, cost_due__gte=0, credit__gte=0),
                name="loan_rates_are_ratios",
            ),
            models.UniqueConstraint(
                fields=["bank", "bank_reference"],
                condition=~Q(bank_reference=""),
                name="one_loan_per_number_of_the_bank",
            ),
        ]
        indexes = [
            models.Index(fields=["bank", "state"], name="loan_by_bank"),
            models.Index(fields=["borrower", "state"], name="loan_by_borrower"),
            models.Index(fields=["restate_from"], condition=Q(restate_from__isnull=False), name="loan_to_restate"),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(name="loans_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="what_was_lent_is_fixed",
                fields=["number", "borrower", "bank", "terms", "principal", "currency", "months", "started_on"],
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def money(self) -> Money:
        return Money(self.principal, self.currency)

    @property
    def subject(self) -> tuple[str, int]:
        """How lower floors (register, ledger, documents) name this loan."""
        return self._meta.label_lower, self.pk

    @property
    def frozen(self) -> Terms:
        return Terms.from_json(self.terms)

    @property
    def contract(self) -> Contract:
        """The loan as the servicing engine reads it."""
        return self.frozen.contract(self.principal, self.started_on, self.months)


class Disbursement(models.Model):
    """Money paid out to the borrower, under the bank's own reference."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="disbursements")
    paid_on = models.DateField(_("paid out on"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    reference = models.CharField(_("reference"), max_length=80)
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="disbursement_is_of_some_money"),
            models.UniqueConstraint(fields=["loan", "reference"], name="one_disbursement_per_reference"),
        ]
        triggers = [pgtrigger.Protect(name="disbursements_are_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.amount} on {self.paid_on}"


class ScheduleVersion(models.Model):
    """A schedule the loan followed from a day on: kept as it was, also when another takes its place.

    `rows` are those of `loans.schedule`, in its writing. `changes` and `convention` are what a restructuring agreed
    (loans.servicing.happenings.Restructuring says what they may name).
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="schedules")
    version = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=16, choices=VersionReason.choices)
    effective_from = models.DateField()
    changes: Any = models.JSONField(default=dict)
    convention: Any = models.JSONField(default=dict)
    capitalises = models.BooleanField(default=False)
    rows: Any = models.JSONField()
    note = models.CharField(max_length=400, blank=True)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["loan", "version"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "version"], name="one_schedule_per_version"),
            models.CheckConstraint(condition=Q(reason__in=VersionReason.values), name="schedule_reason_is_known"),
        ]
        triggers = [pgtrigger.Protect(name="schedules_are_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.loan_id} v{self.version}"


class ScheduleRow(models.Model):
    """A row still to come of the schedule in force; cents. Derived by the replay and written anew with it.

    `opening` is what is owed when the row starts. `start_at` is the place of that day in the loan's day count
    (loans/coordinates.py): interest up to a day is opening × (place of the day − start_at) × rate.
    """

    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="rows_to_come", db_index=False)
    n = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    due_on = models.DateField()
    payable_on = models.DateField()
    opening = models.BigIntegerField()
    principal = models.BigIntegerField()
    interest = models.BigIntegerField()
    start_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["loan", "starts_on"], name="one_row_to_come_per_start")]

    def __str__(self) -> str:
        return f"{self.loan_id}/{self.n} due {self.payable_on}"


class Arrear(models.Model):
    """A row that had fallen due on the day the loan was replayed on, and what was left of it; cents. Derived.

    `penalty_exact` is Σ base × days up to `penalised_until`; times the penal rate it is the penalty, of which
    `penalty_paid` was paid.
    """

    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="arrears")
    n = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    principal = models.BigIntegerField()
    interest = models.BigIntegerField()
    penalised_until = models.DateField()
    penalty_exact = models.BigIntegerField(default=0)
    penalty_paid = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["loan", "n"], name="one_arrear_per_row"),
            models.CheckConstraint(condition=Q(principal__gte=0, interest__gte=0), name="arrear_is_never_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}/{self.n}: {self.principal} + {self.interest}"


def in_cents(amount: Decimal) -> int:
    """Money as whole cents, exactly. Raises ValueError for parts of a cent."""
    cents = amount.scaleb(2)
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} has parts of a cent.")
    return int(cents)


def in_money(cents: int) -> Decimal:
    """Whole cents as money."""
    return Decimal(cents).scaleb(-2)
