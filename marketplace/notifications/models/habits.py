"""How a person wants to be told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    IN_APP = "in_app", _("In the market")
    MAIL = "mail", _("E-mail")
    SMS = "sms", _("Text message")
    WECOM = "wecom", _("WeCom")


class Frequency(models.TextChoices):
    AT_ONCE = "at_once", _("at once")
    DAILY = "daily", _("once a day")
    WEEKLY = "weekly", _("once a week")
    OFF = "off", _("not at all")


class Preference(models.Model):
    """How often one person is told of one theme by one channel; where there is no row the catalogue's default holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    theme = models.CharField(max_length=24)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    frequency = models.CharField(max_length=8, choices=Frequency.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "theme", "channel"], name="one_preference_per_person_theme_and_channel"
            ),
            models.CheckConstraint(
                condition=~Q(channel=Channel.IN_APP) | Q(frequency__in=[Frequency.AT_ONCE, Frequency.OFF]),
                name="the_inbox_collects_no_digests",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.theme} by {self.channel} {self.frequency}"


class Habits(models.Model):
    """A person's quiet hours (the market's time; both or none) and WeCom account."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="habits")
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    wecom_id = models.CharField(_("WeCom account"), max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            )
        ]

    def __str__(self) -> str:
        return f"habits of {self.user_id}"
