"""Collateral turned into money: the notice, the route, what came in and where it went."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loans.models.loan import Loan
from loans.models.watch import Security
from loans.states.servicing import DisposalState, Route
from marketplace.accounts.models import User
from marketplace.core.models import Stateful

UNDER_WAY = (DisposalState.NOTICED, DisposalState.PREPARING, DisposalState.OFFERED, DisposalState.SOLD)


class Disposal(Stateful):
    """The sale of what secures a loan in default; amounts in cents.

    `ladder` are the reserve prices in falling order, each with the day from which it holds; `listing_number` is that of
    the listing on this market where that is the route. `proceeds` is what was realised, `costs` what the sale cost,
    `enforcement` what going to court cost. `waterfall` are the rows of loans/waterfall.py once money was distributed.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="disposals")
    securities = models.ManyToManyField(Security, related_name="disposals")
    route = models.CharField(_("route"), max_length=12, choices=Route.choices, blank=True)
    ground = models.CharField(_("ground"), max_length=1000)
    cure_by = models.DateField(_("last day to cure"))
    ladder: Any = models.JSONField(default=list)
    listing_number = models.CharField(max_length=20, blank=True)
    deal_id = models.BigIntegerField(null=True, blank=True)
    proceeds = models.BigIntegerField(null=True, blank=True)
    costs = models.BigIntegerField(default=0)
    enforcement = models.BigIntegerField(default=0)
    sold_on = models.DateField(null=True, blank=True)
    waterfall: Any = models.JSONField(default=list)
    noticed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DisposalState.values), name="disposal_state_is_known"),
            models.CheckConstraint(condition=Q(route="") | Q(route__in=Route.values), name="disposal_route_is_known"),
            models.CheckConstraint(
                condition=Q(costs__gte=0, enforcement__gte=0) & (Q(proceeds__isnull=True) | Q(proceeds__gte=0)),
                name="disposal_amounts_are_never_negative",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[DisposalState.SOLD, DisposalState.DISTRIBUTED])
                | Q(proceeds__isnull=False, sold_on__isnull=False),
                name="what_is_sold_has_its_price",
            ),
            models.UniqueConstraint(
                fields=["loan"], condition=Q(state__in=UNDER_WAY), name="one_disposal_under_way_per_loan"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.route} {self.state}"

    @property
    def bank_id(self) -> int:
        return self.loan.bank_id


class Recovery(models.Model):
    """Money that came in on a loss already borne, and how it goes back to those who bore it, pro rata; cents."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="recoveries")
    reference = models.CharField(max_length=80)
    received_on = models.DateField()
    cents = models.BigIntegerField()
    shares: Any = models.JSONField()
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cents__gt=0), name="recovery_is_of_some_money"),
            models.UniqueConstraint(fields=["loan", "reference"], name="one_recovery_per_reference"),
        ]
        triggers = [pgtrigger.Protect(name="recoveries_are_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.cents}"


class LossShare(models.Model):
    """Who bore how much of a lost principal: the bank, the guarantor, a risk pool; cents."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="loss_shares")
    bearer = models.CharField(max_length=40)
    pct = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0))
    cents = models.BigIntegerField()
    paid_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["loan", "bearer"], name="one_loss_share_per_bearer"),
            models.CheckConstraint(condition=Q(cents__gte=0), name="loss_share_is_never_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.bearer} of {self.loan_id}: {self.cents}"
