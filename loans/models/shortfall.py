"""A loan owed above its maintenance line, until it is covered or called in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from loans.models.loan import Loan
from loans.states.servicing import ShortfallState
from marketplace.core.models import Stateful, StatefulQuerySet

UNSETTLED = (ShortfallState.OPEN, ShortfallState.NOTIFIED, ShortfallState.OVERDUE)


class ShortfallQuerySet(StatefulQuerySet["Shortfall"]):
    def live(self) -> ShortfallQuerySet:
        return self.filter(state__in=UNSETTLED)


class Shortfall(Stateful):
    """What is missing, as the position of the day `as_of` has it; cents. `largest` is the most it ever was.

    `cure_by` is the last day to cover it, by the terms' days from the notice. `cured_how` names what covered it.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="shortfalls")
    found_on = models.DateField()
    as_of = models.DateField()
    cents = models.BigIntegerField()
    largest = models.BigIntegerField()
    cure_by = models.DateField(null=True, blank=True)
    cured_on = models.DateField(null=True, blank=True)
    cured_how = models.CharField(max_length=16, blank=True)

    objects = ShortfallQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ShortfallState.values), name="shortfall_state_is_known"),
            models.CheckConstraint(condition=Q(cents__gte=0, largest__gte=0), name="shortfall_is_never_negative"),
            models.UniqueConstraint(
                fields=["loan"], condition=Q(state__in=UNSETTLED), name="one_live_shortfall_per_loan"
            ),
        ]
        indexes = [models.Index(fields=["loan", "as_of"], name="shortfall_by_loan")]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.cents} {self.state}"

    @property
    def bank_id(self) -> int:
        return self.loan.bank_id
