"""What proves a signer, and what the market seals with."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import User
from marketplace.signing.states import FactorKind


class FactorUse(models.Model):
    """One showing of a second factor for an act, or one that failed.

    `step` is the 30-second period a code belongs to; the cache forgets, this row does not, so a code acts once.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=FactorKind.choices)
    step = models.BigIntegerField(null=True)
    is_good = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "step"], condition=Q(is_good=True, step__isnull=False), name="one_code_acts_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=FactorKind.values), name="factor_kind_is_known"),
            models.CheckConstraint(
                condition=Q(is_good=False) | ~Q(kind=FactorKind.TOTP) | Q(step__isnull=False),
                name="a_good_code_has_its_period",
            ),
        ]
        indexes = [models.Index(fields=["person", "-at"], name="factor_use_by_person")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id} at {self.at:%Y-%m-%d %H:%M}"


class SealCertificate(models.Model):
    """A certificate that sealed here. Kept for good: old seals are checked against it (E-signature law 24)."""

    fingerprint = models.CharField(max_length=64, unique=True)
    subject = models.CharField(max_length=200)
    pem = models.TextField()
    is_demo = models.BooleanField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    first_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.subject} {self.fingerprint[:12]}"
