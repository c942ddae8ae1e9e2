"""Sales closed before this market kept its books here."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from marketplace.accounts.models import User


class PastSale(models.Model):
    """A patent sold alone before deals were done on this platform, entered by the operator from its papers.

    It teaches the estimates and stands among the comparables like a completed deal. `source` says where the sale is
    proved, such as the contract's file number. Kept as entered.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="past_sales")
    price = models.DecimalField(_("price"), max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3, default="CNY")
    agreed_on = models.DateField(_("agreed on"))
    seller = models.CharField(_("seller"), max_length=200)
    buyer = models.CharField(_("buyer"), max_length=200)
    source = models.CharField(_("where it is proved"), max_length=200)
    entered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["agreed_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="past_sale_was_for_some_money"),
            models.CheckConstraint(
                condition=~Q(seller="") & ~Q(buyer="") & ~Q(source=""), name="past_sale_names_sides_and_source"
            ),
            models.UniqueConstraint(fields=["asset", "agreed_on"], name="a_right_is_sold_once_a_day"),
        ]
        triggers = [
            pgtrigger.Protect(name="past_sales_are_kept", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"P-{self.pk}"
