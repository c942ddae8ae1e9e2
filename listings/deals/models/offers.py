"""Offers and counter-offers: versions that never change, one of which stands."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.brokers.models import Introduction
from listings.catalogue.states import Mode
from listings.deals.models.negotiation import Negotiation
from listings.deals.talks.states import Bears, OfferState
from listings.deals.terms import Milestone, Terms
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import Stateful, StatefulQuerySet

#: Terms that are columns as they are; the others are lists.
COPIED = (
    "price",
    "currency",
    "mode",
    "starts_on",
    "term_months",
    "royalty_pct",
    "royalty_base",
    "royalty_minimum",
    "upfront",
    "deposit",
    "hold_back_pct",
    "hold_back_days",
    "tax_by",
    "annuity_by",
    "records",
    "conditions",
    "valid_until",
)


class OfferQuerySet(StatefulQuerySet["Offer"]):
    def standing(self) -> OfferQuerySet:
        return self.filter(state=OfferState.STANDING)


class Offer(Stateful):
    """Version `version` of the offers in one negotiation: from `maker` to `receiver`, terms fixed by trigger.

    `asset_ids` are all rights of the listing as it was offered: a bundle passes whole or not at all. `introduction` is
    the broker's introduction the parties know of when the offer is made. `opened_from` names the sealed offer it was.
    """

    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="offers")
    version = models.PositiveIntegerField()
    maker = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="offers_made")
    receiver = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="offers_received")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    asset_ids = ArrayField(models.BigIntegerField())
    mode = models.CharField(_("mode"), max_length=12, choices=Mode.choices)
    price = models.DecimalField(_("price"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    upfront = models.DecimalField(_("upfront payment"), max_digits=18, decimal_places=2, null=True, blank=True)
    milestones = models.JSONField(default=list, blank=True)
    deposit = models.DecimalField(_("deposit"), max_digits=18, decimal_places=2, default=Decimal("0.00"))
    hold_back_pct = models.DecimalField(_("held back, percent"), max_digits=6, decimal_places=3, default=Decimal(0))
    hold_back_days = models.PositiveSmallIntegerField(_("held back, days"), default=0)
    territories = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    fields_of_use = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    starts_on = models.DateField(_("licence begins"), null=True, blank=True)
    term_months = models.PositiveSmallIntegerField(_("licence term in months"), null=True, blank=True)
    royalty_pct = models.DecimalField(_("royalty, percent"), max_digits=6, decimal_places=3, null=True, blank=True)
    royalty_base = models.CharField(_("royalty on"), max_length=160, blank=True)
    royalty_minimum = models.DecimalField(
        _("least royalty a year"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    tax_by = models.CharField(_("taxes are borne by"), max_length=8, choices=Bears.choices, default=Bears.LAW)
    annuity_by = models.CharField(_("annuities are paid by"), max_length=8, choices=Bears.choices, default=Bears.BUYER)
    records = models.CharField(_("recordal is filed by"), max_length=8, choices=Bears.choices, default=Bears.BUYER)
    conditions = models.TextField(_("further conditions"), blank=True)
    valid_until = models.DateTimeField(_("stands until"))
    introduction = models.ForeignKey(
        Introduction, null=True, blank=True, on_delete=models.PROTECT, related_name="offers"
    )
    opened_from = models.OneToOneField(
        "deals.SealedOffer", null=True, blank=True, on_delete=models.PROTECT, related_name="offer"
    )

    objects = OfferQuerySet.as_manager()

    class Meta(Stateful.Meta):
        ordering = ["-version"]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(name="offers_are_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="offer_terms_are_fixed", exclude=["state", "state_since", "due_at"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="offer_state_is_known"),
            models.UniqueConstraint(fields=["negotiation", "version"], name="one_offer_per_negotiation_and_version"),
            models.UniqueConstraint(
                fields=["negotiation"],
                condition=Q(state=OfferState.STANDING),
                name="one_standing_offer_per_negotiation",
            ),
            models.UniqueConstraint(
                fields=["negotiation"],
                condition=Q(state=OfferState.ACCEPTED),
                name="one_accepted_offer_per_negotiation",
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="offer_has_a_price"),
            models.CheckConstraint(condition=~Q(maker=F("receiver")), name="nobody_offers_to_itself"),
            models.CheckConstraint(
                condition=Q(deposit__gte=0, deposit__lte=F("price")), name="offer_deposit_is_part_of_the_price"
            ),
            models.CheckConstraint(
                condition=Q(hold_back_pct=0, hold_back_days=0)
                | Q(hold_back_pct__gt=0, hold_back_pct__lt=100, hold_back_days__gt=0),
                name="offer_hold_back_has_share_and_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.negotiation_id} v{self.version}"

    @property
    def terms(self) -> Terms:
        """The terms as data."""
        return Terms(
            price=self.price,
            currency=self.currency,
            mode=self.mode,
            territories=tuple(self.territories),
            fields_of_use=tuple(self.fields_of_use),
            starts_on=self.starts_on,
            term_months=self.term_months,
            royalty_pct=self.royalty_pct,
            royalty_base=self.royalty_base,
            royalty_minimum=self.royalty_minimum,
            upfront=self.upfront,
            milestones=tuple(Milestone.from_dict(one) for one in self.milestones),
            deposit=self.deposit,
            hold_back_pct=self.hold_back_pct,
            hold_back_days=self.hold_back_days,
            tax_by=self.tax_by,
            annuity_by=self.annuity_by,
            records=self.records,
            conditions=self.conditions,
            valid_until=self.valid_until,
        )

    def put(self, terms: Terms) -> None:
        """Take over every term; called once, before the offer is saved."""
        for name in COPIED:
            setattr(self, name, getattr(terms, name))
        self.territories, self.fields_of_use = list(terms.territories), list(terms.fields_of_use)
        self.milestones = [one.as_dict() for one in terms.milestones]
