"""The agency's working papers of an order: facts in words, methods with every input and its reason, the review."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.core.money import Money
from valuation.models.archive import kept_for_ever, kept_once_issued
from valuation.models.order import Order


class Draft(models.Model):
    """What will become the report. `texts` is {section: {"zh", "en"}} by the names of valuation/sections.py.

    The conclusion is never typed: it is the weighted mean of the methods' results, rounded half up to `unit` (in the
    order's currency), and `low` to `high` is the range the methods span. `drafters` are ids of all who wrote any of it.
    `single_reason` says why the standards allow one method only, where only one is used.
    """

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="draft")
    texts: Any = models.JSONField(default=dict)
    economic_life_ends_on = models.DateField(_("economic life ends on"), null=True, blank=True)
    visited_on = models.DateField(_("site visited on"), null=True, blank=True)
    single_reason = models.TextField(_("why one method only"), max_length=4000, blank=True)
    unit = models.PositiveIntegerField(_("rounded to"), default=100)
    conclusion = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    low = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    high = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    drafters = ArrayField(models.BigIntegerField(), default=list, blank=True)
    signers = ArrayField(models.BigIntegerField(), default=list, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(conclusion__isnull=True, low__isnull=True, high__isnull=True)
                | Q(conclusion__gt=0, low__gte=0, high__gte=F("low")),
                name="conclusion_has_its_range",
            ),
            models.CheckConstraint(condition=Q(unit__in=[1, 100, 1000, 10000]), name="conclusion_is_rounded_plainly"),
        ]
        triggers = [kept_for_ever("drafts_are_archived")]

    def __str__(self) -> str:
        return f"draft of {self.order_id}"

    @property
    def money(self) -> Money | None:
        return Money(self.conclusion, self.order.currency) if self.conclusion is not None else None

    def text(self, section: str, language: str) -> str:
        """A section's words in "zh" or "en", the other language's where it has none."""
        found = self.texts.get(section) or {}
        other = "en" if language == "zh" else "zh"
        return str(found.get(language) or found.get(other) or "")


class MethodUse(models.Model):
    """One method applied to the right or bundle: what went in, why, what came out, and by which engine.

    `input` is what valuation.entry.compute takes; `reasons` has words for each of its fields. `uncertain` replaces some
    figures by distributions for the simulation, whose answer is `simulation`. `result` is the engine's whole answer,
    `value` its figure in the order's currency. `weight_pct` is its part in the conclusion; 0 keeps it as a cross-check.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="methods")
    position = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=40)
    input: Any = models.JSONField(default=dict)
    reasons: Any = models.JSONField(default=dict)
    uncertain: Any = models.JSONField(default=dict)
    why = models.TextField(_("why this method"), max_length=4000, blank=True)
    result: Any = models.JSONField(default=dict)
    simulation: Any = models.JSONField(default=dict)
    tornado: Any = models.JSONField(default=list)
    value = models.DecimalField(max_digits=18, decimal_places=2)
    weight_pct = models.DecimalField(_("weight, percent"), max_digits=5, decimal_places=2, default=Decimal(0))
    engine = models.CharField(max_length=40)
    computed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    computed_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "method"], name="a_method_stands_once_in_an_order"),
            models.CheckConstraint(
                condition=Q(weight_pct__gte=0, weight_pct__lte=100), name="method_weight_is_a_percentage"
            ),
        ]
        triggers = [kept_once_issued("methods_are_archived")]

    def __str__(self) -> str:
        return f"{self.method} of {self.order_id}"


class ReviewComment(models.Model):
    """What the internal reviewer wants changed, and how the drafter answered. Kept as written."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="comments")
    place = models.CharField(_("place"), max_length=40, blank=True)
    text = models.TextField(_("comment"), max_length=4000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    answer = models.TextField(_("answer"), max_length=4000, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="review_comment_says_something"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="review_answer_has_its_time",
            ),
        ]
        triggers = [kept_for_ever("reviews_are_archived")]

    def __str__(self) -> str:
        return f"comment {self.pk} on {self.order_id}"
