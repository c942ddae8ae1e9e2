"""A borrower's request to one bank or several, each bank's own application, its collateral, papers and consents."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.rights.models import Entry
from loans.models.product import ProductVersion
from loans.states.application import (
    BINDING,
    RUNNING,
    ApplicationState,
    CollateralState,
    ConsentKind,
    PaperKind,
    Purpose,
)
from loans.terms import Terms
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile
from marketplace.core.money import Money
from marketplace.signing.models import Document
from valuation.models import Report

HASH = r"^[0-9a-f]{64}$"


class Request(models.Model):
    """What a borrower asks one or several banks for at once. A bank sees its own application, never this row."""

    borrower = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="loan_requests")
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"request {self.pk}"


class ApplicationQuerySet(StatefulQuerySet["Application"]):
    def running(self) -> Self:
        return self.filter(state__in=RUNNING)

    def by_state(self) -> list[tuple[str, int]]:
        """How many stand in each state."""
        return list(self.order_by("state").values_list("state").annotate(n=models.Count("pk")))

    def for_page(self) -> Self:
        return self.select_related("borrower__region", "bank", "product_version__product", "request", "reviewer")


class Application(Stateful):
    """An application to one bank.

    `terms_json` is the product's terms as they stood when it was made: frozen, whatever the product becomes. `version`
    rises with every change of the facts, which makes an open proposal void. `amount` and `term_months` are what is
    asked for; `offered_amount`, `offered_months` and `conditions` what the bank offers until `offer_until`.
    `eligibility` is the last report (loans/eligibility.py), `debt_until` the last day of the debt as the contracts say,
    `pledged_on` the day the pledge came into being.
    """

    number = models.CharField(max_length=20, unique=True)
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="applications")
    borrower = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="loan_applications")
    bank = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="applications_received")
    product_version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, related_name="applications")
    terms_json: Any = models.JSONField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    term_months = models.PositiveSmallIntegerField(_("term in months"))
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose.choices)
    purpose_note = models.TextField(_("what the money is for"), max_length=2000, blank=True)
    guarantor = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepts_risks = models.BooleanField(_("same-day applications and invalidation known and accepted"), default=False)
    version = models.PositiveIntegerField(default=1)
    eligibility: Any = models.JSONField(default=list)
    checked_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    offered_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    offered_months = models.PositiveSmallIntegerField(null=True, blank=True)
    conditions = models.TextField(max_length=4000, blank=True)
    offer_until = models.DateField(null=True, blank=True)
    reason_code = models.CharField(max_length=16, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    loan_contract = models.OneToOneField(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    pledge_contract = models.OneToOneField(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    debt_until = models.DateField(null=True, blank=True)
    pledged_on = models.DateField(null=True, blank=True)
    disbursed_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = ApplicationQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ApplicationState.values), name="application_state_is_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="loan_purpose_is_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="application_is_for_some_money"),
            models.CheckConstraint(condition=Q(term_months__gte=1), name="application_is_for_some_time"),
            models.UniqueConstraint(fields=["request", "bank"], name="one_application_per_request_and_bank"),
            models.UniqueConstraint(
                fields=["request"], condition=Q(state__in=sorted(BINDING)), name="one_offer_is_accepted_per_request"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(BINDING | {ApplicationState.OFFERED}))
                | Q(offered_amount__gt=0, offered_months__gte=1, offer_until__isnull=False),
                name="offer_says_amount_term_and_its_last_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(BINDING)) | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="accepted_offer_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["registering", "registered", "disbursed"])
                | Q(loan_contract__isnull=False, pledge_contract__isnull=False, debt_until__isnull=False),
                name="pledge_is_filed_with_both_contracts",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["registered", "disbursed"]) | Q(pledged_on__isnull=False),
                name="nothing_is_paid_out_before_the_pledge_exists",
            ),
            models.CheckConstraint(
                condition=(Q(state="disbursed") & Q(disbursed_on__gte=models.F("pledged_on")))
                | (~Q(state="disbursed") & Q(disbursed_on__isnull=True)),
                name="loan_is_paid_out_on_or_after_the_pledge",
            ),
        ]
        indexes = [
            models.Index(fields=["bank", "state"], name="application_by_bank"),
            models.Index(fields=["borrower", "state"], name="application_by_borrower"),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.ReadOnly(
                name="terms_are_frozen",
                fields=["number", "request", "borrower", "bank", "product_version", "terms_json", "currency"],
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> tuple[str, int]:
        """How lower floors (register, documents, ledger) name this application."""
        return self._meta.label_lower, self.pk

    @cached_property
    def terms(self) -> Terms:
        return Terms.from_json(self.terms_json)

    @property
    def principal(self) -> Decimal:
        """What is offered, or asked for while nothing is offered."""
        return self.amount if self.offered_amount is None else self.offered_amount

    @property
    def months(self) -> int:
        return self.offered_months or self.term_months

    @property
    def money(self) -> Money:
        return Money(self.principal, self.currency)


class CollateralQuerySet(models.QuerySet["Collateral"]):
    def standing(self) -> CollateralQuerySet:
        """Offered or pledged."""
        return self.filter(state__in=[CollateralState.OFFERED, CollateralState.PLEDGED])


class Collateral(models.Model):
    """A right offered as security, and what it counts for by the frozen terms.

    `value` with `base_date` and `valid_until` is the appraisal relied on (`report` when it is one of this market);
    none counts zero. `entry` is the pledge in the register of rights.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="collateral")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="collateral")
    position = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=12, choices=CollateralState.choices, default=CollateralState.OFFERED)
    haircut_bp = models.PositiveIntegerField()
    ltv_bp = models.PositiveIntegerField()
    report = models.ForeignKey(Report, null=True, blank=True, on_delete=models.PROTECT, related_name="relied_on_by")
    value = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    base_date = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    entry = models.OneToOneField(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = CollateralQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CollateralState.values), name="collateral_state_is_known"),
            models.UniqueConstraint(fields=["application", "asset"], name="a_right_stands_once_in_an_application"),
            models.CheckConstraint(condition=Q(haircut_bp__lte=10_000, ltv_bp__lte=10_000), name="shares_are_shares"),
            models.CheckConstraint(
                condition=Q(ltv_bp__gte=10_000 - models.F("haircut_bp")), name="a_fresh_loan_is_not_short"
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0, base_date__isnull=False, valid_until__isnull=False),
                name="collateral_value_has_its_dates",
            ),
            models.CheckConstraint(
                condition=~Q(state=CollateralState.PLEDGED) | Q(entry__isnull=False),
                name="pledged_right_stands_in_the_register",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} for {self.application_id}"


class ConsentGiven(models.Model):
    """A consent with the hash of the very text agreed to, both languages; withdrawn, never deleted."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=16, choices=ConsentKind.choices)
    text_zh = models.TextField()
    text_en = models.TextField()
    sha256 = models.CharField(max_length=64)
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ConsentKind.values), name="loan_consent_kind_is_known"),
            models.CheckConstraint(condition=Q(sha256__regex=HASH), name="loan_consent_has_its_hash"),
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_live_consent_per_kind_and_application",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="consents_are_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="a_consent_is_fixed", exclude=["withdrawn_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.application_id}"


class Paper(models.Model):
    """A paper the borrower hands in with an application."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(_("kind of paper"), max_length=16, choices=PaperKind.choices)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=PaperKind.values), name="loan_paper_kind_is_known")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.application_id}"
