"""Invoices and credit notes, numbered without gaps."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation
from marketplace.payments.models.ledger import append_only

ZERO = Decimal("0.00")


class InvoiceSeries(models.Model):
    """A run of numbers of one issuer. The row is the counter: a number is taken under its lock and falls back with the
    transaction, so none is ever missing."""

    code = models.CharField(max_length=24, unique=True)
    issuer = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.code


class Invoice(models.Model):
    """An invoice (positive) or a credit note (negative, naming what it credits). Written once.

    `lines` are [{title_zh, title_en, net, tax_pct, tax}], amounts as strings. `issuer` none is the platform. Names and
    codes of both sides are kept as they were on the day.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")

    series = models.ForeignKey(InvoiceSeries, on_delete=models.PROTECT, related_name="invoices")
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    issuer = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="invoices_issued"
    )
    buyer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invoices_received")
    parties = models.JSONField(default=dict)
    currency = models.CharField(max_length=3)
    net = models.DecimalField(max_digits=18, decimal_places=2)
    tax = models.DecimalField(max_digits=18, decimal_places=2)
    total = models.DecimalField(max_digits=18, decimal_places=2)
    lines = models.JSONField(default=list)
    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    credits = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_notes")
    reason = models.CharField(max_length=240, blank=True)
    actor_id = models.BigIntegerField(null=True)
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["series", "sequence"], name="an_invoice_number_is_given_once"),
            models.CheckConstraint(condition=Q(total=F("net") + F("tax")), name="invoice_total_is_net_and_tax"),
            models.CheckConstraint(
                condition=Q(kind="invoice", total__gte=0, credits__isnull=True)
                | Q(kind="credit_note", total__lte=0, credits__isnull=False),
                name="credit_note_names_what_it_credits",
            ),
        ]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="invoice_by_subject")]
        triggers = append_only("invoices")

    def __str__(self) -> str:
        return self.number
