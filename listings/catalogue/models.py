"""Listings of rights, technology needs, and what readers do with them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.catalogue.states import (
    LICENCES,
    PUBLIC,
    DocumentAccess,
    ListingState,
    Mode,
    NeedState,
    PriceMode,
    PricePer,
)
from marketplace.accounts.models import Organisation, Region, User, in_language
from marketplace.core.models import Stateful, StatefulQuerySet, StoredFile


class NumberSeries(models.Model):
    """The last number given out in a series of one year; taken under its row lock, so numbers have no gaps."""

    name = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "year"], name="one_number_series_per_name_and_year")]

    def __str__(self) -> str:
        return f"{self.name}-{self.year}-{self.last:05d}"


class ListingQuerySet(StatefulQuerySet["Listing"]):
    def public(self) -> ListingQuerySet:
        """Those anybody may see."""
        return self.filter(state__in=PUBLIC)

    def of(self, organisation_id: int) -> ListingQuerySet:
        return self.filter(organisation_id=organisation_id)

    def with_rights(self) -> ListingQuerySet:
        """With the rights listed, their patents and the organisation loaded: what a row or a check reads."""
        return self.select_related("organisation", "region").prefetch_related(
            models.Prefetch("listed", ListedAsset.objects.select_related("asset__patent", "asset__holder"))
        )


class Listing(Stateful):
    """An offer of one right or a bundle: what, how, on which terms, in plain words.

    Prices are exact amounts in `currency`; `royalty_pct` is a share of `royalty_base`. `valid_until` is the last day
    the listing stands. `created_by` and `on_behalf_of` keep who wrote it and for whom.
    """

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="listings")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    assets = models.ManyToManyField(Asset, through="ListedAsset", related_name="listings")
    mode = models.CharField(_("mode"), max_length=12, choices=Mode.choices)
    title_zh = models.CharField(_("title in Chinese"), max_length=200, blank=True)
    title_en = models.CharField(_("title in English"), max_length=300, blank=True)
    problem_zh = models.TextField(_("problem solved, in Chinese"), blank=True)
    problem_en = models.TextField(_("problem solved, in English"), blank=True)
    benefit_zh = models.TextField(_("benefit, in Chinese"), blank=True)
    benefit_en = models.TextField(_("benefit, in English"), blank=True)
    applications_zh = models.TextField(_("applications, in Chinese"), blank=True)
    applications_en = models.TextField(_("applications, in English"), blank=True)
    readiness = models.PositiveSmallIntegerField(
        _("technology readiness (1–9)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    evidence_zh = models.TextField(_("evidence of readiness, in Chinese"), blank=True)
    evidence_en = models.TextField(_("evidence of readiness, in English"), blank=True)
    territory_zh = models.CharField(_("territory, in Chinese"), max_length=120, blank=True)
    territory_en = models.CharField(_("territory, in English"), max_length=160, blank=True)
    field_of_use_zh = models.CharField(_("field of use, in Chinese"), max_length=200, blank=True)
    field_of_use_en = models.CharField(_("field of use, in English"), max_length=300, blank=True)
    term_months = models.PositiveSmallIntegerField(_("licence term in months"), null=True, blank=True)
    price_mode = models.CharField(_("price"), max_length=12, choices=PriceMode.choices, default=PriceMode.NEGOTIABLE)
    price_min = models.DecimalField(_("price or lowest price"), max_digits=18, decimal_places=2, null=True, blank=True)
    price_max = models.DecimalField(_("highest price"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    price_per = models.CharField(_("price is"), max_length=8, choices=PricePer.choices, default=PricePer.ONCE)
    royalty_pct = models.DecimalField(_("royalty, percent"), max_digits=6, decimal_places=3, null=True, blank=True)
    royalty_base_zh = models.CharField(_("royalty on, in Chinese"), max_length=120, blank=True)
    royalty_base_en = models.CharField(_("royalty on, in English"), max_length=160, blank=True)
    offers_until = models.DateTimeField(_("offers open until"), null=True, blank=True)
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    source_note_zh = models.CharField(max_length=300, blank=True)
    source_note_en = models.CharField(max_length=300, blank=True)
    is_sample = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ListingQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ListingState.values), name="listing_state_is_known"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="listing_mode_is_known"),
            models.CheckConstraint(condition=Q(price_mode__in=PriceMode.values), name="listing_price_mode_is_known"),
            models.CheckConstraint(
                condition=Q(price_min__isnull=True) | Q(price_min__gt=0), name="listing_price_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(price_max__isnull=True) | Q(price_min__isnull=False, price_max__gte=F("price_min")),
                name="listing_price_range_runs_upward",
            ),
            models.CheckConstraint(
                condition=Q(royalty_pct__isnull=True) | Q(royalty_pct__gt=0, royalty_pct__lte=100),
                name="listing_royalty_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=Q(readiness__isnull=True) | Q(readiness__gte=1, readiness__lte=9),
                name="listing_readiness_is_one_to_nine",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=PUBLIC) | Q(published_at__isnull=False, valid_until__isnull=False),
                name="public_listing_has_its_dates",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=PUBLIC) | ~Q(price_mode=PriceMode.FIXED) | Q(price_min__isnull=False),
                name="public_fixed_price_listing_has_its_price",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "state"], name="listing_by_organisation"),
            models.Index(fields=["-published_at", "-id"], name="listing_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def title(self) -> str:
        return in_language(self.title_zh, self.title_en)

    @property
    def problem(self) -> str:
        return in_language(self.problem_zh, self.problem_en)

    @property
    def benefit(self) -> str:
        return in_language(self.benefit_zh, self.benefit_en)

    @property
    def applications(self) -> str:
        return in_language(self.applications_zh, self.applications_en)

    @property
    def evidence(self) -> str:
        return in_language(self.evidence_zh, self.evidence_en)

    @property
    def territory(self) -> str:
        return in_language(self.territory_zh, self.territory_en)

    @property
    def field_of_use(self) -> str:
        return in_language(self.field_of_use_zh, self.field_of_use_en)

    @property
    def royalty_base(self) -> str:
        return in_language(self.royalty_base_zh, self.royalty_base_en)

    @property
    def is_taken_over(self) -> bool:
        """Claims that it comes from a published catalogue: nothing is written into it that the source does not say."""
        return bool(self.source_note_zh or self.source_note_en)

    @property
    def source_note(self) -> str:
        return in_language(self.source_note_zh, self.source_note_en)

    @property
    def is_licence(self) -> bool:
        return self.mode in LICENCES

    @property
    def rights(self) -> list[Asset]:
        """The rights in their order; no query when loaded by `with_rights`."""
        return [one.asset for one in self.listed.all()]


class ListedAsset(models.Model):
    """One right in a listing; `position` orders a bundle, the first is its face."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="listed")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="listed")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["listing", "asset"], name="a_right_stands_once_in_a_listing"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} in {self.listing_id}"


class ListingDocument(models.Model):
    """A paper beside a listing: shown to everybody, or named and given only on request."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="documents")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("what it is"), max_length=120, blank=True)
    access = models.CharField(
        _("who may read it"), max_length=12, choices=DocumentAccess.choices, default=DocumentAccess.PUBLIC
    )
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(access__in=DocumentAccess.values), name="document_access_is_known")
        ]

    def __str__(self) -> str:
        return self.title or self.file.name


class NeedQuerySet(StatefulQuerySet["Need"]):
    def public(self) -> NeedQuerySet:
        return self.filter(state=NeedState.PUBLISHED)

    def of(self, organisation_id: int) -> NeedQuerySet:
        return self.filter(organisation_id=organisation_id)


class Need(Stateful):
    """A technology somebody looks for. With `is_anonymous` the public page does not name the organisation."""

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="needs")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    title_zh = models.CharField(_("title in Chinese"), max_length=200, blank=True)
    title_en = models.CharField(_("title in English"), max_length=300, blank=True)
    problem_zh = models.TextField(_("problem, in Chinese"), blank=True)
    problem_en = models.TextField(_("problem, in English"), blank=True)
    requirements_zh = models.TextField(_("what it must achieve, in Chinese"), blank=True)
    requirements_en = models.TextField(_("what it must achieve, in English"), blank=True)
    budget_min = models.DecimalField(_("budget from"), max_digits=18, decimal_places=2, null=True, blank=True)
    budget_max = models.DecimalField(_("budget up to"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    deadline = models.DateField(_("answers until"), null=True, blank=True)
    ipc_hints = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("IPC hints"))
    modes = ArrayField(
        models.CharField(max_length=12, choices=Mode.choices), default=list, blank=True, verbose_name=_("open to")
    )
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_anonymous = models.BooleanField(_("do not name us"), default=False)
    published_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = NeedQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=NeedState.values), name="need_state_is_known"),
            models.CheckConstraint(
                condition=Q(budget_min__isnull=True) | Q(budget_min__gte=0), name="need_budget_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(budget_max__isnull=True) | Q(budget_min__isnull=True) | Q(budget_max__gte=F("budget_min")),
                name="need_budget_runs_upward",
            ),
            models.CheckConstraint(
                condition=~Q(state=NeedState.PUBLISHED) | Q(published_at__isnull=False, deadline__isnull=False),
                name="public_need_has_its_dates",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state"], name="need_by_organisation")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def title(self) -> str:
        return in_language(self.title_zh, self.title_en)

    @property
    def problem(self) -> str:
        return in_language(self.problem_zh, self.problem_en)

    @property
    def requirements(self) -> str:
        return in_language(self.requirements_zh, self.requirements_en)


class ListingDay(models.Model):
    """How often a listing was opened on one day, its own people not counted."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="days")
    on = models.DateField()
    views = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "on"], name="one_count_per_listing_and_day")]

    def __str__(self) -> str:
        return f"{self.listing_id} on {self.on}: {self.views}"


class Enquiry(models.Model):
    """A first question about a listing. Threads, NDA and offers grow from here."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="enquiries")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="enquiries_made")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    message = models.TextField(_("your question"), max_length=4000)
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "organisation"], name="one_enquiry_per_listing_and_organisation")
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} on {self.listing_id}"


LONGEST_QUERY = 2000


class SavedSearch(models.Model):
    """A search kept by a person: the collection and the query string exactly as the address bar had it.

    `seen_at` is when its results were last opened; what was published since is new.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_searches")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    collection = models.CharField(max_length=12)
    name = models.CharField(_("name"), max_length=80)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_saved_search_per_person_and_name")]

    def __str__(self) -> str:
        return self.name
