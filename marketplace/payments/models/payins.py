"""A payer's attempt to pay an obligation through one provider, and the calls we make to providers."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from marketplace.core.models import Stateful, StatefulQuerySet
from marketplace.core.money import Money
from marketplace.payments.models.obligations import Obligation
from marketplace.payments.states import LIVE_PAYINS, CallState, PayInState

ZERO = Decimal("0.00")


class PayInQuerySet(StatefulQuerySet["PayIn"]):
    def live(self) -> PayInQuerySet:
        """Those a payer may still use."""
        return self.filter(state__in=LIVE_PAYINS)


class PayIn(Stateful):
    """One way of paying one obligation.

    `external_id` is the provider's name for it (a Checkout Session, say) and `charge_id` that of the money that moved.
    The sums are what the ledger has of it, each only ever growing: `received` in all, `fee` the provider kept,
    `withdrawn` taken back by a dispute or return, `reinstated` given back after it, `refunded` by us.
    """

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="payins")
    provider = models.CharField(max_length=24)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    external_id = models.CharField(max_length=120, blank=True)
    charge_id = models.CharField(max_length=120, blank=True)
    instructions = models.JSONField(default=dict)
    received = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    fee = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    withdrawn = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    reinstated = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    refunded = models.DecimalField(max_digits=18, decimal_places=2, default=ZERO)
    dispute = models.CharField(max_length=8, blank=True)
    note = models.CharField(max_length=240, blank=True)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = PayInQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PayInState.values), name="payin_state_is_known"),
            models.UniqueConstraint(
                fields=["provider", "external_id"], condition=~Q(external_id=""), name="one_payin_per_provider_object"
            ),
            models.UniqueConstraint(
                fields=["obligation", "provider"],
                condition=Q(state__in=sorted(LIVE_PAYINS)),
                name="one_live_payin_per_obligation_and_provider",
            ),
            models.CheckConstraint(
                condition=Q(received__gte=0, fee__gte=0, withdrawn__gte=0, reinstated__gte=0, refunded__gte=0),
                name="payin_sums_only_grow_from_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.external_id or self.pk}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class ProviderCall(models.Model):
    """A call to a provider, kept and committed before it is made, so that its key survives whatever happens then.

    The key comes from the row it is for ("payout:12:1"), never from chance: a second try sends the same. A call without
    an answer is unknown, not failed. After `Capabilities.key_life` nobody sends it again; the provider is asked.
    """

    key = models.CharField(max_length=120, unique=True)
    provider = models.CharField(max_length=24)
    operation = models.CharField(max_length=32)
    about_kind = models.CharField(max_length=64)
    about_id = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=CallState.choices, default=CallState.PLANNED)
    tries = models.PositiveSmallIntegerField(default=0)
    planned_at = models.DateTimeField()
    first_sent_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CallState.values), name="call_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=CallState.PLANNED) | Q(first_sent_at__isnull=False), name="call_sent_has_its_time"
            ),
        ]
        indexes = [
            models.Index(fields=["about_kind", "about_id"], name="call_by_matter"),
            models.Index(
                fields=["sent_at"], condition=Q(state__in=["planned", "sent", "unknown"]), name="call_not_answered"
            ),
        ]

    def __str__(self) -> str:
        return self.key
