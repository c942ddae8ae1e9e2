"""Talks between the holder of a listing and one organisation: the form, the messages, the confidentiality texts."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import Enquiry, Listing
from listings.deals.talks.states import OPEN_TALKS, Decider, Horizon, Purpose, Side, Stage, TalkState
from marketplace.accounts.models import Organisation, User, in_language
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile


class NegotiationQuerySet(StatefulQuerySet["Negotiation"]):
    def of(self, organisation_id: int | None) -> NegotiationQuerySet:
        """Those in which the organisation holds or asks."""
        return self.filter(Q(holder=organisation_id) | Q(buyer=organisation_id))

    def open(self) -> NegotiationQuerySet:
        return self.filter(state__in=OPEN_TALKS)

    def for_page(self) -> NegotiationQuerySet:
        """With what a row or a page shows."""
        return self.select_related("listing", "holder", "buyer", "enquiry__asked_by")


class Negotiation(Stateful):
    """The talks that grow from one enquiry: one per listing and asking organisation.

    `purpose` to `decider` are the short form that qualifies the enquiry; empty where it was not filled in. Contact
    details in messages are hidden until both `…_shares_at` are set. `first_answered_at` is when the holder first wrote;
    `last_said_at` starts the clock of silence.
    """

    number = models.CharField(max_length=20, unique=True)
    enquiry = models.OneToOneField(Enquiry, on_delete=models.PROTECT, related_name="negotiation")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="negotiations")
    holder = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="negotiations_held")
    buyer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="negotiations_begun")
    purpose = models.CharField(_("what you want it for"), max_length=16, choices=Purpose.choices, blank=True)
    stage = models.CharField(_("how far you are"), max_length=16, choices=Stage.choices, blank=True)
    horizon = models.CharField(_("when you want to decide"), max_length=16, choices=Horizon.choices, blank=True)
    budget_min = models.DecimalField(_("budget from"), max_digits=18, decimal_places=2, null=True, blank=True)
    budget_max = models.DecimalField(_("budget up to"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    decider = models.CharField(_("who decides"), max_length=16, choices=Decider.choices, blank=True)
    holder_shares_at = models.DateTimeField(null=True, blank=True)
    buyer_shares_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    first_answered_at = models.DateTimeField(null=True, blank=True)
    last_said_at = models.DateTimeField()
    last_said_by = models.CharField(max_length=8, choices=Side.choices, default=Side.BUYER)

    objects = NegotiationQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=TalkState.values), name="negotiation_state_is_known"),
            models.CheckConstraint(condition=~Q(holder=F("buyer")), name="nobody_negotiates_with_itself"),
            models.UniqueConstraint(fields=["listing", "buyer"], name="one_negotiation_per_listing_and_buyer"),
            models.CheckConstraint(
                condition=Q(budget_max__isnull=True) | Q(budget_min__isnull=True) | Q(budget_max__gte=F("budget_min")),
                name="negotiation_budget_runs_upward",
            ),
            models.CheckConstraint(
                condition=Q(budget_min__isnull=True) | Q(budget_min__gte=0), name="negotiation_budget_is_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "-last_said_at"], name="negotiation_by_holder"),
            models.Index(fields=["buyer", "-last_said_at"], name="negotiation_by_buyer"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_TALKS

    @property
    def contacts_are_shared(self) -> bool:
        """Claims that both sides agreed to show each other how to be reached."""
        return self.holder_shares_at is not None and self.buyer_shares_at is not None

    @property
    def is_qualified(self) -> bool:
        return bool(self.purpose and self.stage and self.horizon and self.decider)

    def side_of(self, organisation_id: int | None) -> str:
        """ "holder" or "buyer"; empty for everybody else."""
        if organisation_id is None:
            return ""
        return {self.holder_id: Side.HOLDER.value, self.buyer_id: Side.BUYER.value}.get(organisation_id, "")

    def other_of(self, organisation_id: int | None) -> Organisation:
        """The other side's organisation."""
        return self.buyer if organisation_id == self.holder_id else self.holder


class Message(models.Model):
    """What one side wrote. Kept as it was written; contact details are hidden when it is shown."""

    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="messages")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("message"), max_length=4000)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="messages_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.organisation_id} in {self.negotiation_id}"


class NdaText(models.Model):
    """A version of the confidentiality text: the operator's default (no listing) or the holder's own for one listing.

    `sha256` is of the exact text (both languages as `exact_text` joins them), or of the file where the holder handed
    one in. A later version voids acceptances of the earlier ones.
    """

    listing = models.ForeignKey(Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="nda_texts")
    version = models.PositiveIntegerField()
    text_zh = models.TextField(_("text in Chinese"), blank=True)
    text_en = models.TextField(_("text in English"), blank=True)
    file = models.OneToOneField(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    written_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        triggers = [pgtrigger.Protect(name="nda_texts_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
        constraints = [
            models.UniqueConstraint(
                fields=["listing", "version"], nulls_distinct=False, name="one_nda_text_per_listing_and_version"
            ),
            models.CheckConstraint(
                condition=Q(file__isnull=False) | ~Q(text_zh="", text_en=""), name="nda_text_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"NDA {self.listing_id or 'default'} v{self.version}"

    @property
    def is_default(self) -> bool:
        return self.listing_id is None

    @property
    def text(self) -> str:
        return in_language(self.text_zh, self.text_en)


class NdaAcceptance(models.Model):
    """Who accepted which text for which organisation, when and from where. Never changed."""

    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="nda_acceptances")
    nda = models.ForeignKey(NdaText, on_delete=models.PROTECT, related_name="acceptances")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("your full name"), max_length=80)
    sha256 = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        triggers = [
            pgtrigger.Protect(name="nda_acceptances_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]
        constraints = [
            models.UniqueConstraint(fields=["negotiation", "nda"], name="a_text_is_accepted_once_per_negotiation")
        ]

    def __str__(self) -> str:
        return f"{self.name} for {self.organisation_id}"
