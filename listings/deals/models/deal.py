"""A deal: what two organisations agreed on, as it was when they agreed, and how far it has got."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.catalogue.models import Listing
from listings.catalogue.states import Mode
from listings.deals.models.negotiation import NdaAcceptance
from listings.deals.states import LIVE, DealState
from marketplace.accounts.models import Organisation, User, in_language
from marketplace.core.models import Stateful, StatefulQuerySet
from marketplace.core.money import Money


class DealQuerySet(StatefulQuerySet["Deal"]):
    def live(self) -> DealQuerySet:
        return self.filter(state__in=LIVE)

    def of(self, organisation_id: int | None) -> DealQuerySet:
        """Those in which the organisation buys, sells, brokers, or owns a share."""
        return self.filter(
            Q(seller=organisation_id)
            | Q(buyer=organisation_id)
            | Q(commissions__broker=organisation_id)
            | Q(shares__organisation=organisation_id)
        ).distinct()

    def for_page(self) -> DealQuerySet:
        """With both sides, the listing, the accepted offer, the contract, and when confidentiality was accepted."""
        accepted = models.OuterRef("offer__negotiation")
        nda = NdaAcceptance.objects.filter(negotiation=accepted).order_by("at").values("at")[:1]
        return self.select_related(
            "listing", "seller", "buyer", "pledgee", "contract", "offer__negotiation__enquiry"
        ).annotate(nda_at=models.Subquery(nda))


class Deal(Stateful):
    """An accepted offer on its way to a recorded right and everybody paid.

    Everything agreed is copied here and never follows a later change of listing, mandate or tariff: `price` (exact, in
    `currency`), the platform fee in percent of it, what is held back for how many days; brokers' commissions and the
    owners' shares stand in rows of their own.
    `terms` are the offer's further terms as accepted (listings/deals/models/offers.py names them). `contract` is the
    document signed or being signed; a new version replaces it. `pledgee` is the bank whose registered pledge stood when
    the deal was made, `payoff` what it states to be owed when it consents.
    """

    number = models.CharField(max_length=20, unique=True)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="deals")
    offer = models.OneToOneField("deals.Offer", on_delete=models.PROTECT, related_name="deal")
    seller = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sales")
    buyer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="purchases")
    pledgee = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="deals_of_pledged_rights"
    )
    assets = models.ManyToManyField(Asset, through="DealAsset", related_name="deals")
    mode = models.CharField(_("mode"), max_length=12, choices=Mode.choices)
    title_zh = models.CharField(max_length=200, blank=True)
    title_en = models.CharField(max_length=300, blank=True)
    price = models.DecimalField(_("price"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    deposit = models.DecimalField(_("deposit"), max_digits=18, decimal_places=2, default=Decimal("0.00"))
    platform_fee_pct = models.DecimalField(max_digits=6, decimal_places=3)
    hold_back_pct = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0))
    hold_back_days = models.PositiveSmallIntegerField(default=0)
    payoff = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    terms = models.JSONField(default=dict)
    contract = models.ForeignKey("signing.Document", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    agreed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()
    effective_on = models.DateField(_("in effect from"), null=True, blank=True)
    held_back_until = models.DateField(null=True, blank=True)

    objects = DealQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DealState.values), name="deal_state_is_known"),
            models.CheckConstraint(condition=Q(price__gt=0), name="deal_has_a_price"),
            models.CheckConstraint(condition=~Q(seller=F("buyer")), name="nobody_deals_with_itself"),
            models.CheckConstraint(
                condition=Q(deposit__gte=0, deposit__lte=F("price")), name="deal_deposit_is_part_of_the_price"
            ),
            models.CheckConstraint(
                condition=Q(platform_fee_pct__gte=0, platform_fee_pct__lt=100), name="deal_fee_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(hold_back_pct=0, hold_back_days=0) | Q(hold_back_pct__gt=0, hold_back_days__gt=0),
                name="hold_back_has_share_and_days",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[DealState.RELEASING, DealState.COMPLETED]) | Q(contract__isnull=False),
                name="no_money_leaves_without_a_contract",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "state"], name="deal_by_seller"),
            models.Index(fields=["buyer", "state"], name="deal_by_buyer"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def title(self) -> str:
        return in_language(self.title_zh, self.title_en)

    @property
    def money(self) -> Money:
        return Money(self.price, self.currency)

    @property
    def subject(self) -> tuple[str, int]:
        """How lower floors (reservations, ledger, documents) name this deal."""
        return self._meta.label_lower, self.pk

    @property
    def is_licence(self) -> bool:
        return self.mode in {Mode.EXCLUSIVE, Mode.SOLE, Mode.ORDINARY, Mode.OPEN}

    @property
    def may_be_disputed(self) -> bool:
        """Claims that money lies with the platform which a decision could divide: the price, or what is held back."""
        return self.state == DealState.RECORDING or (
            self.state == DealState.RELEASING and self.held_back_until is not None
        )

    @property
    def waits_for_the_register(self) -> bool:
        """Claims that money may leave only after the register has recorded the change.

        An assignment takes effect on registration (Patent Law, article 10(3)); an exclusive or sole licence is worth
        its price only once nobody else can be recorded. An ordinary licence binds the two parties from signature, so
        its recordal within three months (Rule 15(2)) runs beside the payment.
        """
        return self.mode in {Mode.TRANSFER, Mode.DISPOSAL, Mode.EXCLUSIVE, Mode.SOLE}


class DealAsset(models.Model):
    """One right of a deal. All of a bundle pass, or none."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="dealt")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="dealt")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["deal", "asset"], name="a_right_stands_once_in_a_deal")]

    def __str__(self) -> str:
        return f"{self.asset_id} in {self.deal_id}"


class DealShare(models.Model):
    """An owner's share of the proceeds, an exact fraction, frozen at agreement. All shares of a deal sum to one.

    `inventor_pct` of this owner's part goes to `inventors` in equal parts (S&T Achievements Law, article 45).
    """

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="shares")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    numerator = models.PositiveIntegerField()
    denominator = models.PositiveIntegerField()
    inventor_pct = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(0))
    inventors = models.ManyToManyField(Organisation, blank=True, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["deal", "organisation"], name="one_share_per_owner_and_deal"),
            models.CheckConstraint(
                condition=Q(numerator__gt=0, denominator__gte=F("numerator")), name="deal_share_is_a_fraction_up_to_one"
            ),
            models.CheckConstraint(
                condition=Q(inventor_pct__gte=0, inventor_pct__lte=100), name="inventor_share_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.numerator}/{self.denominator} of {self.deal_id}"

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)


class DealCommission(models.Model):
    """What a broker earns by this deal: percent of the price and who pays it, as frozen at the introduction.

    At most one introduction per side counts; a commission both sides pay in halves has two rows.
    """

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="commissions")
    broker = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="deal_commissions")
    introduction_id = models.BigIntegerField()
    pct = models.DecimalField(max_digits=7, decimal_places=4)
    is_on_buyer = models.BooleanField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "introduction_id", "is_on_buyer"], name="one_commission_per_introduction_and_payer"
            ),
            models.CheckConstraint(condition=Q(pct__gte=0, pct__lt=100), name="commission_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.broker_id}: {self.pct} % of {self.deal_id}"
