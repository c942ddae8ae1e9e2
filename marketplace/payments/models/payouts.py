"""Money on its way out: releases, payouts, reversals, refunds, and where a party wants to be paid."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation
from marketplace.core.models import Stateful, StatefulQuerySet
from marketplace.core.money import Money
from marketplace.payments.models.ledger import Journal
from marketplace.payments.models.obligations import Obligation
from marketplace.payments.models.payins import PayIn
from marketplace.payments.states import PayoutAccountState, PayoutState, RefundState, ReversalState, Subject

ZERO = Decimal("0.00")


class PayoutAccount(Stateful):
    """Where an organisation is paid: a bank account in its own name, or its account at a provider (`external_id`).

    A new or changed one is usable only after 48 hours; the holder's name must be the organisation's.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="payout_accounts")
    rail = models.CharField(max_length=24)
    holder_name = models.CharField(_("account holder"), max_length=160, blank=True)
    account_number = models.CharField(_("account number"), max_length=40, blank=True)
    bank_name = models.CharField(_("bank"), max_length=160, blank=True)
    bank_code = models.CharField(_("bank code (CNAPS or BIC)"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CN")
    external_id = models.CharField(max_length=120, blank=True)
    is_ready = models.BooleanField(default=True)
    facts = models.JSONField(default=dict)
    usable_from = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    objects = StatefulQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=PayoutAccountState.values), name="payout_account_state_is_known"
            ),
            models.UniqueConstraint(
                fields=["organisation", "rail"],
                condition=Q(state=PayoutAccountState.ACTIVE),
                name="one_payout_account_in_use_per_organisation_and_rail",
            ),
            models.UniqueConstraint(
                fields=["organisation", "rail"],
                condition=Q(state=PayoutAccountState.WAITING),
                name="one_payout_account_waiting_per_organisation_and_rail",
            ),
            models.UniqueConstraint(
                fields=["rail", "external_id"],
                condition=~Q(external_id="") & ~Q(state=PayoutAccountState.WITHDRAWN),
                name="provider_account_belongs_to_one_organisation",
            ),
            models.CheckConstraint(
                condition=~Q(external_id="") | (~Q(account_number="") & ~Q(holder_name="")),
                name="payout_account_says_where_money_goes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rail} of {self.organisation_id}"

    @property
    def masked(self) -> str:
        """The number with all but its last four characters hidden."""
        number = self.account_number or self.external_id
        return f"•••• {number[-4:]}" if number else ""


class Release(models.Model):
    """One letting-go of held money: the journal that moved it, and the payouts it led to."""

    key = models.CharField(max_length=120, unique=True)
    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, related_name="release")
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=18, decimal_places=2)
    legs = models.JSONField(default=list)
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="release_by_subject")]

    def __str__(self) -> str:
        return self.key


class PayoutQuerySet(StatefulQuerySet["Payout"]):
    def about(self, subject: Subject) -> PayoutQuerySet:
        return self.filter(subject_kind=subject[0], subject_id=subject[1])

    def to(self, organisation_id: int) -> PayoutQuerySet:
        return self.filter(payee=organisation_id)


class Payout(Stateful):
    """One sum to one payee through one provider.

    `source` is the payment in that the money comes from, where the provider wants to know. The sums only ever grow:
    `left` went out of our clearing account, `came_back` returned there (late failure, reversal). A payee who is no
    organisation of ours (an unknown payer who gets their money back) is named by `to_name` and `to_account`.
    """

    release = models.ForeignKey(Release, null=True, blank=True, on_delete=models.PROTECT, related_name="payouts")
    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    payee = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="payouts")
    purpose = models.CharField(max_length=32)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    provider = models.CharField(max_length=24)
    source = models.ForeignKey(PayIn, null=True, blank=True, on_delete=models.PROTECT, related_name="payouts")
    account = models.ForeignKey(PayoutAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    to_name = models.CharField(max_length=160, blank=True)
    to_account = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=16, unique=True)
    external_id = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    left = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    came_back = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    note = models.CharField(max_length=240, blank=True)
    created_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = PayoutQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PayoutState.values), name="payout_state_is_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payout_is_of_some_money"),
            models.CheckConstraint(
                condition=Q(came_back__gte=0, came_back__lte=F("left")), name="no_more_comes_back_than_left"
            ),
            models.CheckConstraint(
                condition=Q(left__lte=F("came_back") + F("amount")), name="payout_leaves_once_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["provider", "external_id"], condition=~Q(external_id=""), name="one_payout_per_provider_object"
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="payout_by_subject"),
            models.Index(fields=["payee", "-id"], name="payout_by_payee"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount} {self.currency}"

    @property
    def subject(self) -> Subject:
        return self.subject_kind, self.subject_id

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def organisation_id(self) -> int | None:
        return self.payee_id


class Refund(Stateful):
    """Money of an obligation sent back to its payer.

    What is still held is set aside at once; what has gone out must come back first (`Reversal` rows, state
    `reversing`). `set_aside` is what stands ready in the payer's account in the ledger, `from_held` the part of it that
    came from what was held.
    """

    key = models.CharField(max_length=120, unique=True)
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="refunds")
    payin = models.ForeignKey(PayIn, null=True, blank=True, on_delete=models.PROTECT, related_name="refunds")
    provider = models.CharField(max_length=24)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    from_held = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    set_aside = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    left = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    came_back = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    reason = models.CharField(max_length=240)
    reference = models.CharField(max_length=16, unique=True)
    external_id = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    note = models.CharField(max_length=240, blank=True)
    actor_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = StatefulQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state_is_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_of_some_money"),
            models.CheckConstraint(
                condition=Q(set_aside__gte=0) & Q(set_aside__lte=F("amount")), name="refund_sets_aside_at_most_its_sum"
            ),
            models.CheckConstraint(
                condition=Q(came_back__gte=0, came_back__lte=F("left")) & Q(left__lte=F("set_aside") + F("came_back")),
                name="refund_leaves_from_what_is_set_aside",
            ),
            models.UniqueConstraint(
                fields=["provider", "external_id"], condition=~Q(external_id=""), name="one_refund_per_provider_object"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.amount} {self.currency}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def organisation_id(self) -> int:
        return int(self.obligation.payer_id)


class Reversal(Stateful):
    """Part of a paid payout taken back for one refund, tied to both."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="reversals")
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="reversals")
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    external_id = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    note = models.CharField(max_length=240, blank=True)
    created_at = models.DateTimeField()

    objects = StatefulQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ReversalState.values), name="reversal_state_is_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reversal_is_of_some_money"),
            models.UniqueConstraint(fields=["refund", "payout"], name="one_reversal_per_refund_and_payout"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} of payout {self.payout_id}"
