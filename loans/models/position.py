"""The close of a business day: its run, one position for each loan, and what grades them."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loans.models.loan import Loan
from loans.states.servicing import Category, CloseState
from marketplace.accounts.models import Organisation, User


class CloseRun(models.Model):
    """The close of one business date. `after_id` is the last loan whose position is written: a run that was cut off
    goes on from there. `totals` is {currency: {name: cents or count}} once it is done, `counted` how often they were
    counted: what is derived from the day holds for one of them."""

    business_date = models.DateField(unique=True)
    state = models.CharField(max_length=8, choices=CloseState.choices, default=CloseState.RUNNING)
    after_id = models.BigIntegerField(default=0)
    loans = models.PositiveIntegerField(default=0)
    totals: Any = models.JSONField(default=dict)
    counted = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-business_date"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=CloseState.RUNNING, finished_at__isnull=True)
                | Q(state=CloseState.DONE, finished_at__isnull=False),
                name="close_is_running_or_finished",
            )
        ]

    def __str__(self) -> str:
        return f"{self.business_date} {self.state}"


class Position(models.Model):
    """A loan at the end of a business date; integer cents.

    `balance` is principal not due; `…_due` are due and unpaid; `accrued` is interest of the running row. `floor` is the
    class that the days past due demand, `manual` the worse one somebody gave (0 for none), `category` the worst of both
    and of what the borrower's other debts demand. `value` is what the pledged rights are worth, `limit` what may be
    lent against them, `line` what may be owed; `shortfall` is what is owed above it. `alarms` is a set of bits
    (loans/alarms.py).

    It follows from what is known of the loan and from nothing else, so closing again gives the same row. No foreign key
    is checked for it: loans are never deleted, and the close reads the very rows it writes about.
    """

    pk = models.CompositePrimaryKey("loan_id", "business_date")
    loan = models.ForeignKey(
        Loan, on_delete=models.PROTECT, related_name="positions", db_constraint=False, db_index=False
    )
    business_date = models.DateField()
    balance = models.BigIntegerField()
    principal_due = models.BigIntegerField()
    interest_due = models.BigIntegerField()
    penalty_due = models.BigIntegerField()
    cost_due = models.BigIntegerField()
    accrued = models.BigIntegerField()
    credit = models.BigIntegerField()
    dpd = models.PositiveIntegerField()
    floor = models.PositiveSmallIntegerField(choices=Category.choices)
    manual = models.PositiveSmallIntegerField()
    category = models.PositiveSmallIntegerField(choices=Category.choices)
    provision = models.BigIntegerField()
    value = models.BigIntegerField()
    limit = models.BigIntegerField()
    line = models.BigIntegerField()
    shortfall = models.BigIntegerField()
    alarms = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(category__gte=F("floor"), category__lte=5) & Q(category__gte=F("manual")),
                name="no_class_is_better_than_its_floor",
            ),
        ]
        indexes = [  # days come one after the other, so a few bytes for each stretch of the table find a day's rows
            BrinIndex(fields=["business_date"], name="position_by_day", pages_per_range=32, autosummarize=True)
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} on {self.business_date}"

    @property
    def principal(self) -> int:
        """All principal owed, due or not; cents."""
        return self.balance + self.principal_due

    @property
    def exposed(self) -> int:
        """What the maintenance line is held against: principal and interest due; cents."""
        return self.principal + self.interest_due


class ManualGrade(models.Model):
    """Somebody's judgement that a loan is worse than its days past due say. It can only worsen, never better."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="manual_grades")
    category = models.PositiveSmallIntegerField(choices=Category.choices)
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=1000)
    given_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(category__gte=2, category__lte=5), name="a_manual_grade_is_a_worse_one"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gt=F("from_on")), name="a_manual_grade_lasts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.category} from {self.from_on}"


class GradingRule(models.Model):
    """A bank's thresholds and rates from a day on; the market's own where `bank` is empty.

    `thresholds` are the days past due from which the second to fifth class hold; `provisions_bp` what is set aside for
    each class, in basis points of principal. No bank's threshold may be later than the law's (loans/grading.py).
    """

    bank = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    thresholds = ArrayField(models.PositiveIntegerField(), size=4)
    provisions_bp = ArrayField(models.PositiveIntegerField(), size=5)
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["-from_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "from_on"], name="one_grading_rule_per_bank_and_day", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(
                    thresholds__0__lte=1, thresholds__1__lte=91, thresholds__2__lte=271, thresholds__3__lte=361
                ),
                name="no_threshold_is_later_than_the_law",
            ),
        ]
        triggers = [pgtrigger.Protect(name="grading_rules_are_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.bank_id or 'market'} from {self.from_on}"
