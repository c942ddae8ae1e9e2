"""Valuation agencies as clients look for them, and the people whose certificates sign."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation, User
from marketplace.accounts.states import OrganisationState


class AgencyQuerySet(models.QuerySet["Agency"]):
    def open_to_orders(self, on: date) -> Self:
        """Verified, filed, insured on the day, and with two people who may sign (Appraisal Law, articles 15 and 27)."""
        signers = models.Count("appraisers", filter=Q(appraisers__left_on__isnull=True), distinct=True)
        return self.annotate(signers=signers).filter(
            organisation__state=OrganisationState.VERIFIED, signers__gte=2, insured_until__gte=on, is_taking_orders=True
        )


class Agency(models.Model):
    """What an organisation of kind agency says of itself as an appraiser.

    `filing_number` is that of the notice by which the finance authority published its filing (Appraisal Law, article
    16). `fields` are IPC symbols it knows well. `turnaround_days` is its usual time from data to report. Partnerships
    have two appraisers or more, companies eight (article 15).
    """

    class Form(models.TextChoices):
        PARTNERSHIP = "partnership", _("Partnership")
        COMPANY = "company", _("Company")

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="agency")
    legal_form = models.CharField(_("legal form"), max_length=12, choices=Form.choices)
    filing_number = models.CharField(_("filing notice number"), max_length=60)
    filed_with = models.CharField(_("filed with"), max_length=120)
    filed_on = models.DateField(_("filing published on"))
    fields = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    insurer = models.CharField(_("insurer of professional liability"), max_length=120)
    insured_amount = models.DecimalField(_("sum insured"), max_digits=18, decimal_places=2)
    insured_until = models.DateField(_("insured until"))
    turnaround_days = models.PositiveSmallIntegerField(_("usual time, days"))
    is_taking_orders = models.BooleanField(_("takes orders"), default=True)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(legal_form__in=["partnership", "company"]), name="agency_form_is_known"),
            models.CheckConstraint(condition=Q(insured_amount__gt=0), name="agency_insurance_is_a_sum"),
            models.CheckConstraint(
                condition=Q(turnaround_days__gt=0, turnaround_days__lte=365), name="agency_turnaround_is_in_days"
            ),
        ]

    def __str__(self) -> str:
        return str(self.organisation)

    @property
    def least_appraisers(self) -> int:
        """How many certified people its form needs."""
        return 2 if self.legal_form == self.Form.PARTNERSHIP else 8


class AppraiserQuerySet(models.QuerySet["Appraiser"]):
    def active(self) -> Self:
        return self.filter(left_on__isnull=True)


class Appraiser(models.Model):
    """A member of an agency with a certificate number; `is_certified` for certified asset appraisers, without whom no
    statutory appraisal is signed (Appraisal Law, article 28)."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="appraisers")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="certificates")
    certificate = models.CharField(_("certificate number"), max_length=40)
    is_certified = models.BooleanField(_("certified asset appraiser"), default=True)
    joined_on = models.DateField()
    left_on = models.DateField(null=True, blank=True)

    objects = AppraiserQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["certificate"], condition=Q(left_on__isnull=True), name="one_agency_per_certificate"
            ),
            models.UniqueConstraint(
                fields=["agency", "user"],
                condition=Q(left_on__isnull=True),
                name="one_certificate_per_person_and_agency",
            ),
            models.CheckConstraint(condition=~Q(certificate=""), name="appraiser_has_a_certificate"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.certificate})"
