"""What a person chose: read for a batch of recipients when something is told, and again when it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time

from django.db import transaction

from marketplace.core import clock
from marketplace.notifications import timing
from marketplace.notifications.catalogue import THEMES, Row, theme
from marketplace.notifications.couriers import open_channels
from marketplace.notifications.models import Channel, Delivery, Frequency, Habits, Outcome, Preference

ALWAYS = (Channel.IN_APP, Channel.MAIL)
"""The channels of notices that cannot be switched off."""

Chosen = dict[tuple[int, str, str], str]


def chosen_by(people: Iterable[int], themes: Iterable[str]) -> Chosen:
    """{(person, theme, channel): frequency} of what these people chose, in one query."""
    rows = Preference.objects.filter(user__in=list(people), theme__in=set(themes))
    return {(user, key, channel): freq for user, key, channel, freq in rows.values_list(*_COLUMNS)}


_COLUMNS = ("user_id", "theme", "channel", "frequency")


def frequency(chosen: Chosen, person: int, row: Row, channel: str) -> str:
    """How often `person` is told of a kind by a channel. What is compulsory goes out at once, whatever was chosen."""
    if row.is_compulsory and channel in ALWAYS:
        return Frequency.AT_ONCE
    found = chosen.get((person, row.theme, channel)) or theme(row.theme).default(channel)
    if row.is_compulsory and found != Frequency.OFF:
        return Frequency.AT_ONCE
    return found


def channels() -> list[str]:
    """The market's own inbox and every channel that is set up here."""
    return [Channel.IN_APP, *open_channels()]


def habits_of(user_id: int) -> Habits:
    """A person's habits; those of everybody until they are first kept."""
    return Habits.objects.filter(user_id=user_id).first() or Habits(user_id=user_id)


def choose(*, user_id: int, chosen: Mapping[tuple[str, str], str]) -> None:
    """Keep what a person chose: {(theme, channel): frequency}. What waits moves with it.

    Pairs that do not exist and digests of the inbox are left out: a form shows only what can be chosen.
    """
    known, open_now = {one.key for one in THEMES}, set(channels())
    wanted = {
        (key, channel): freq
        for (key, channel), freq in chosen.items()
        if key in known
        and channel in open_now
        and freq in Frequency.values
        and not (channel == Channel.IN_APP and freq in (Frequency.DAILY, Frequency.WEEKLY))
    }
    rows = [
        Preference(user_id=user_id, theme=key, channel=channel, frequency=freq)
        for (key, channel), freq in wanted.items()
    ]
    with transaction.atomic():
        Preference.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["user", "theme", "channel"],
            update_fields=["frequency"],
        )
        for (key, channel), freq in wanted.items():
            if channel != Channel.IN_APP and freq != Frequency.OFF:
                waiting = Delivery.objects.filter(
                    recipient_id=user_id, theme=key, channel=channel, outcome=Outcome.WAITING, closes_at__isnull=False
                )
                waiting.update(closes_at=timing.window_end(freq, clock.now()))


def keep_habits(*, user_id: int, quiet_from: time | None, quiet_until: time | None, wecom_id: str) -> None:
    """Quiet hours (both ends or none) and the WeCom account."""
    kept = {"quiet_from": quiet_from, "quiet_until": quiet_until, "wecom_id": wecom_id}
    Habits.objects.update_or_create(user_id=user_id, defaults=kept)
