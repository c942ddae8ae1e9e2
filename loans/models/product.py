"""A bank's loan products and their versions."""

from __future__ import annotations

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loans.states.product import ProductState
from loans.terms import Terms
from marketplace.accounts.models import Organisation, User, in_language
from marketplace.core.models import Stateful, StatefulQuerySet


class ProductQuerySet(StatefulQuerySet["Product"]):
    def open(self) -> Self:
        return self.filter(state=ProductState.OPEN)


class Product(Stateful):
    """What a bank offers under one name. `version` is the one in force; new applications freeze its terms."""

    bank = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="loan_products")
    code = models.SlugField(_("code"), max_length=40)
    name_zh = models.CharField(_("name in Chinese"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120)
    intro_zh = models.TextField(_("description in Chinese"), max_length=2000, blank=True)
    intro_en = models.TextField(_("description in English"), max_length=2000, blank=True)
    version = models.ForeignKey(
        "ProductVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="in_force_for"
    )
    created_at = models.DateTimeField()

    objects = ProductQuerySet.as_manager()

    class Meta(Stateful.Meta):
        ordering = ["bank_id", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ProductState.values), name="product_state_is_known"),
            models.UniqueConstraint(fields=["bank", "code"], name="a_bank_has_one_product_of_a_code"),
            models.CheckConstraint(
                condition=~Q(state=ProductState.OPEN) | Q(version__isnull=False),
                name="product_on_offer_has_a_version_in_force",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def intro(self) -> str:
        return in_language(self.intro_zh, self.intro_en)


class ProductVersion(models.Model):
    """One set of terms. Changed while nobody published it, never after: applications point to it for good."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    terms_json: Any = models.JSONField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="product_versions_are_numbered"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(published_at__isnull=True), name="one_version_in_writing_per_product"
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="published_version_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("written_by")),
                name="a_version_is_published_by_another_person",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="a_published_version_is_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} v{self.number}"

    @property
    def terms(self) -> Terms:
        return Terms.from_json(self.terms_json)
