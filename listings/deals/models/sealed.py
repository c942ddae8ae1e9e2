"""Rounds of sealed offers: nobody reads an offer before the deadline and two persons' opening (docs/adr/)."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import Listing
from listings.deals.models.negotiation import Negotiation
from listings.deals.talks.states import RoundState
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful


class SealedRound(Stateful):
    """One round of sealed offers on a listing. Offers are taken until `closes_at` by the database's clock.

    Each offer is encrypted to `public_key`. The private key exists only as two shares that must be joined: the
    holder's, wrapped by a passphrase that is stored nowhere, and the market's, wrapped by a secret of the server.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="sealed_rounds")
    number = models.PositiveSmallIntegerField(default=1)
    closes_at = models.DateTimeField(_("offers open until"))
    binding_days = models.PositiveSmallIntegerField(_("days an offer binds after the opening"), default=30)
    deposit = models.DecimalField(_("deposit asked"), max_digits=18, decimal_places=2, default=Decimal("0.00"))
    currency = models.CharField(max_length=3, default="CNY")
    public_key = models.BinaryField()
    holder_share = models.BinaryField()
    holder_salt = models.BinaryField()
    market_share = models.BinaryField()
    last_sequence = models.PositiveIntegerField(default=0)
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta(Stateful.Meta):
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.ReadOnly(
                name="sealed_round_is_fixed",
                exclude=["state", "state_since", "due_at", "last_sequence", "opened_at"],
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RoundState.values), name="sealed_round_state_is_known"),
            models.UniqueConstraint(fields=["listing", "number"], name="one_sealed_round_per_listing_and_number"),
            models.UniqueConstraint(
                fields=["listing"],
                condition=Q(state__in=[RoundState.COLLECTING, RoundState.CLOSED]),
                name="one_running_sealed_round_per_listing",
            ),
            models.CheckConstraint(condition=Q(deposit__gte=0), name="sealed_deposit_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"sealed round {self.number} of {self.listing_id}"

    @property
    def holder_id(self) -> int:
        """The organisation whose listing it is."""
        return self.listing.organisation_id


class SealedOffer(models.Model):
    """One sealed offer. The last one an organisation hands in before the deadline counts; earlier ones stay, unread.

    `sequence` orders the round and breaks ties; `received_at` is the database's clock, which also refuses late ones by
    a trigger. `receipt` is the SHA-256 of the ciphertext, which its maker keeps as proof of what was handed in.
    """

    round = models.ForeignKey(SealedRound, on_delete=models.PROTECT, related_name="offers")
    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="sealed_offers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveIntegerField()
    ciphertext = models.BinaryField()
    receipt = models.CharField(max_length=64)
    obligation_id = models.BigIntegerField(null=True, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["sequence"]
        triggers = [
            pgtrigger.Protect(name="sealed_offers_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="late_sealed_offer_is_refused",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM deals_sealedround r
                        WHERE r.id = NEW.round_id AND (r.closes_at <= clock_timestamp() OR r.state <> 'collecting')
                    ) THEN
                        RAISE EXCEPTION 'sealed offer on round % is late', NEW.round_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    NEW.received_at := clock_timestamp();
                    RETURN NEW;
                """,
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["round", "sequence"], name="one_sealed_offer_per_round_and_sequence")
        ]

    def __str__(self) -> str:
        return f"sealed offer {self.sequence} in {self.round_id}"


class OpeningApproval(models.Model):
    """One of the two persons who open a round: one for the holder, another for the market."""

    class Side(models.TextChoices):
        HOLDER = "holder", _("Holder")
        MARKET = "market", _("Market operator")

    round = models.ForeignKey(SealedRound, on_delete=models.PROTECT, related_name="approvals")
    side = models.CharField(max_length=8, choices=Side.choices)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    wrapped_share = models.BinaryField(default=bytes)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        triggers = [
            pgtrigger.Protect(name="opening_approvals_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]
        constraints = [
            models.UniqueConstraint(fields=["round", "side"], name="one_opening_approval_per_side"),
            models.UniqueConstraint(fields=["round", "person"], name="two_different_persons_open_a_round"),
        ]

    def __str__(self) -> str:
        return f"{self.side} opens {self.round_id}"
