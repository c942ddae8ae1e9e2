"""The data room of a listing: its files, and who may open which of them until when."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.catalogue.models import Listing
from listings.deals.models.negotiation import Negotiation
from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.models import StoredFile


class RoomFile(models.Model):
    """A confidential paper of a listing, given file by file. Withdrawn, it opens to nobody but the holder."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="room_files")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="room_file")
    title = models.CharField(_("what it is"), max_length=120, blank=True)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title or self.file.name

    @property
    def name(self) -> str:
        return self.title or self.file.name


class RoomGrantQuerySet(models.QuerySet["RoomGrant"]):
    def in_force(self) -> RoomGrantQuerySet:
        return self.filter(revoked_at__isnull=True, expires_at__gt=clock.now(), room_file__withdrawn_at__isnull=True)


class RoomGrant(models.Model):
    """One file opened to one negotiation, until a moment or until it is taken back."""

    room_file = models.ForeignKey(RoomFile, on_delete=models.PROTECT, related_name="grants")
    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="grants")
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = RoomGrantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        triggers = [
            pgtrigger.Protect(name="room_grants_are_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="room_grant_is_fixed", exclude=["revoked_by", "revoked_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["room_file", "negotiation"],
                condition=Q(revoked_at__isnull=True),
                name="one_live_grant_per_file_and_negotiation",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("granted_at")), name="room_grant_expires_after_it_was_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room_file_id} to {self.negotiation_id}"

    @property
    def is_in_force(self) -> bool:
        return self.revoked_at is None and self.expires_at > clock.now()
