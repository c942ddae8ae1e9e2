"""What the shared pages keep: the addresses under which calendar programs read."""

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Membership


class CalendarFeed(models.Model):
    """A member's calendar for programs that cannot sign in. The address is signed; a new generation ends the old one.

    Without `made_at` there is no address now; the row stays, so that addresses that ended never come back.
    """

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="calendar_feed")
    generation = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(generation__gt=0), name="feeds_count_from_one")]

    def __str__(self) -> str:
        return f"{self.membership_id}, {self.generation}"
