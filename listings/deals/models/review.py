"""Reviews: one per side of a completed deal, kept from the other until both are written or the time is over."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from listings.deals.models.deal import Deal
from marketplace.accounts.models import Organisation, User


class ReviewQuerySet(models.QuerySet["Review"]):
    def published(self) -> ReviewQuerySet:
        return self.filter(published_at__isnull=False)


class Review(models.Model):
    """What one side says of the other after the deal, one to five. Public from `published_at`; never changed."""

    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="reviews")
    by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="reviews_written")
    about = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="reviews_received")
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    stars = models.PositiveSmallIntegerField(_("stars"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    text = models.TextField(_("in your words"), max_length=2000, blank=True)
    written_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["deal", "by", "about"], name="one_review_per_deal_and_side"),
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="review_has_one_to_five_stars"),
            models.CheckConstraint(condition=~Q(by=F("about")), name="nobody_reviews_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.by_id} on {self.about_id}: {self.stars}"
