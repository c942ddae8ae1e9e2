"""What is promised in deals and pledges under way, and who agreed to what."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.rights.fields import Int4MultirangeField
from listings.rights.states import Act, ConsentKind
from marketplace.accounts.models import Organisation, User
from marketplace.core.models import StoredFile


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def live(self) -> ReservationQuerySet:
        return self.filter(released_at__isnull=True)

    def by_subject(self, subject: tuple[str, int]) -> ReservationQuerySet:
        return self.filter(subject_kind=subject[0], subject_id=subject[1])


class Reservation(models.Model):
    """A right spoken for by a deal or pledge in progress, in its scope.

    `lane` decides who may stand beside whom: 0 is shared (ordinary licences agree with each other), every other act has
    a lane of its own. Two live reservations of one right in different lanes that meet in territory, field and time are
    impossible, so two disposals of the same thing cannot both be under way.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="reservations")
    act = models.CharField(max_length=16, choices=Act.choices)
    lane = models.BigIntegerField()
    territory = Int4MultirangeField()
    field = Int4MultirangeField()
    period = DateRangeField()
    subject_kind = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    created_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(act__in=Act.values), name="reservation_act_is_known"),
            models.UniqueConstraint(
                fields=["asset", "subject_kind", "subject_id"],
                condition=Q(released_at__isnull=True),
                name="one_live_reservation_per_right_and_subject",
            ),
            ExclusionConstraint(
                name="live_reservations_agree_with_each_other",
                expressions=[
                    ("asset", RangeOperators.EQUAL),
                    ("territory", RangeOperators.OVERLAPS),
                    ("field", RangeOperators.OVERLAPS),
                    ("period", RangeOperators.OVERLAPS),
                    ("lane", RangeOperators.NOT_EQUAL),
                ],
                condition=Q(released_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="reservation_by_subject")]

    def __str__(self) -> str:
        return f"{self.act} of {self.asset_id} for {self.subject_kind}:{self.subject_id}"


class ConsentQuerySet(models.QuerySet["Consent"]):
    def live(self) -> ConsentQuerySet:
        return self.filter(revoked_at__isnull=True)


class Consent(models.Model):
    """A party's yes to acts on a right: for one subject (a listing, a deal, with its version) or standing for all.

    `organisation` is who gave it, or `name` for somebody who is not on the market and whose paper was checked.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(_("consent"), max_length=12, choices=ConsentKind.choices)
    acts = ArrayField(models.CharField(max_length=16, choices=Act.choices), verbose_name=_("acts"))
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=400, blank=True)
    subject_kind = models.CharField(max_length=64, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    subject_version = models.PositiveIntegerField(null=True, blank=True)
    evidence = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ConsentKind.values), name="consent_kind_is_known"),
            models.CheckConstraint(
                condition=Q(acts__contained_by=Act.values) & Q(acts__len__gt=0), name="consent_names_known_acts"
            ),
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | ~Q(name=""), name="consent_says_who_gave_it"
            ),
            models.CheckConstraint(
                condition=Q(subject_kind="", subject_id__isnull=True)
                | ~Q(subject_kind="") & Q(subject_id__isnull=False),
                name="consent_subject_is_whole_or_absent",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("given_at")),
                name="consent_is_revoked_after_it_was_given",
            ),
        ]
        indexes = [models.Index(fields=["asset"], condition=Q(revoked_at__isnull=True), name="live_consent_by_asset")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.organisation_id or self.name} for {self.asset_id}"
