"""The register: one row per right. Trade, valuation and loans refer to an asset, never to a patent."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.assets.states import ONLY_GRANTED, TRADABLE, AssetKind, LegalStatus, PartyRole
from marketplace.accounts.models import Organisation, in_language


class AssetQuerySet(models.QuerySet["Asset"]):
    def tradable(self) -> AssetQuerySet:
        """Those whose legal status does not rule a listing out."""
        return self.filter(status__in=TRADABLE)

    def held_by(self, organisation_id: int | None) -> AssetQuerySet:
        return self.filter(holder_id=organisation_id)


class Asset(models.Model):
    """One intellectual property right.

    `number` is the number people call it by, canonical for its office. `holder` is the organisation that keeps the
    right on this market; the owners in law are its parties. `status` is derived and stamped with the day it was
    derived for. `version` grows with every change and is what the search index is checked against.
    """

    kind = models.CharField(max_length=16, choices=AssetKind.choices, default=AssetKind.PATENT)
    office = models.CharField(_("office"), max_length=2)
    number = models.CharField(_("number"), max_length=40)
    title_zh = models.TextField(blank=True)
    title_en = models.TextField(blank=True)
    status = models.CharField(max_length=16, choices=LegalStatus.choices, default=LegalStatus.UNKNOWN)
    status_on = models.DateField(null=True, blank=True)
    next_change_on = models.DateField(null=True, blank=True)
    filed_on = models.DateField(_("filing date"), null=True, blank=True)
    granted_on = models.DateField(_("grant date"), null=True, blank=True)
    expires_on = models.DateField(_("expiry date"), null=True, blank=True)
    holder = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assets",
        verbose_name=_("holder"),
        db_index=False,  # asset_by_holder below leaves out the many that nobody holds
    )
    is_sample = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = AssetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=LegalStatus.values), name="asset_status_is_known"),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(filed_on__isnull=True) | Q(expires_on__gte=F("filed_on")),
                name="asset_expires_after_filing",
            ),
        ]
        indexes = [
            models.Index(fields=["-filed_on", "-id"], name="asset_newest_first"),
            models.Index(fields=["next_change_on"], condition=Q(next_change_on__isnull=False), name="asset_status_due"),
            models.Index(fields=["holder"], condition=Q(holder__isnull=False), name="asset_by_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def title(self) -> str:
        return in_language(self.title_zh, self.title_en)

    @property
    def is_granted(self) -> bool:
        """Claims the right has been granted: until then it is an application and must be called one (Rules 101(3))."""
        return self.granted_on is not None or self.status in ONLY_GRANTED


class Party(models.Model):
    """A person or firm named on the right, in one role. A share is a fraction; none known means equal and unstated."""

    # the unique key below begins with the asset, so it needs no index of its own
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="parties", db_index=False)
    role = models.CharField(max_length=12, choices=PartyRole.choices)
    sequence = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=400)
    name_en = models.CharField(max_length=400, blank=True)
    country = models.CharField(max_length=2, blank=True)
    share_numerator = models.PositiveIntegerField(null=True, blank=True)
    share_denominator = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["role", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "role", "sequence"], name="one_party_per_place"),
            models.CheckConstraint(
                condition=Q(share_numerator__isnull=True, share_denominator__isnull=True)
                | Q(share_numerator__gt=0, share_denominator__gte=F("share_numerator")),
                name="party_share_is_a_fraction_up_to_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LegalEvent(models.Model):
    """Something an office published about the right. `category` is the ST.27 letter where known."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="legal_events")
    on = models.DateField(null=True, blank=True)
    office = models.CharField(max_length=2)
    code = models.CharField(max_length=40)
    category = models.CharField(max_length=1, blank=True)
    text_zh = models.TextField(blank=True)
    text_en = models.TextField(blank=True)
    source = models.CharField(max_length=20)

    class Meta:
        ordering = ["-on", "-id"]

    def __str__(self) -> str:
        return f"{self.code} on {self.on}"

    @property
    def text(self) -> str:
        return in_language(self.text_zh, self.text_en)
