"""From events to deliveries: what is announced, to whom, in which words; and each person's inbox of them.

Higher floors call `announce` once per event kind. The relay hands events to `deliver`, which writes one row per
recipient and channel (the unique key makes a second relay harmless); `sending` carries those rows outside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation

from marketplace.core import clock
from marketplace.core.errors import Sentence
from marketplace.core.hints import hint
from marketplace.core.models import Event
from marketplace.core.relay import subscriber
from marketplace.notifications import preferences, timing
from marketplace.notifications.catalogue import Weight, row_of
from marketplace.notifications.models import Channel, Delivery, Frequency, Outcome, Proof


@dataclass(frozen=True)
class Topic:
    """How one kind of event is told. `sentence` has %(name)s places filled from `params(event)`."""

    kind: str
    recipients: Callable[[Event], Iterable[int]]
    sentence: Sentence
    params: Callable[[Event], dict[str, Any]]
    url: Callable[[Event], str]


_topics: dict[str, Topic] = {}


def announce(
    kind: str,
    *,
    recipients: Callable[[Event], Iterable[int]],
    sentence: Sentence,
    params: Callable[[Event], dict[str, Any]] = lambda event: {},
    url: Callable[[Event], str] = lambda event: "",
) -> None:
    """Tell events of `kind` to the people whose ids `recipients` gives.

    The one who acted is left out, but for what concerns the security of an account. `recipients` is asked again when a
    letter is sent: whoever may no longer see the matter then is not told.
    """
    _topics[kind] = Topic(kind, recipients, sentence, params, url)


def announced() -> list[str]:
    """Every kind of event that is told to somebody."""
    return sorted(_topics)


def audience(event: Event) -> set[int]:
    """Whom this event is told to, as things stand now; nobody when its kind is not announced."""
    topic = _topics.get(event.kind)
    if topic is None:
        return set()
    people = {pk for pk in topic.recipients(event) if pk is not None}
    return people if row_of(event.kind).weight is Weight.SECURITY else people - {event.actor_id or 0}


def page_of(event: Event) -> str:
    """The page of the market where the matter of an event stands; empty for none."""
    topic = _topics.get(event.kind)
    return topic.url(event) if topic else ""


@subscriber("notifications")
def deliver(events: Sequence[Event]) -> None:
    """Write the deliveries of a batch of events, each by the channels and at the pace its reader chose."""
    told = [(event, people) for event in events if (people := audience(event))]
    if not told:
        return
    everybody = set().union(*(people for _, people in told))
    chosen = preferences.chosen_by(everybody, {row_of(event.kind).theme for event, _ in told})
    open_channels, rows = preferences.channels(), []
    for event, people in told:
        topic, row = _topics[event.kind], row_of(event.kind)
        params, url = topic.params(event), topic.url(event)
        for pk in sorted(people):
            for channel in open_channels:
                pace = preferences.frequency(chosen, pk, row, channel)
                if pace == Frequency.OFF:
                    continue
                is_ours = channel == Channel.IN_APP
                rows.append(
                    Delivery(
                        event_id=event.pk,
                        recipient_id=pk,
                        channel=channel,
                        topic=event.kind,
                        theme=row.theme,
                        params=params,
                        url=url,
                        outcome=Outcome.SENT if is_ours else Outcome.WAITING,
                        sent_at=clock.now() if is_ours else None,
                        closes_at=timing.window_end(pace, clock.now()),
                    )
                )
    if rows:
        Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        _prove_shown([event for event, _ in told])
        transaction.on_commit(wake_senders)


def _prove_shown(events: Sequence[Event]) -> None:
    """Write down that notices of legal effect now lie in their readers' inboxes; once each."""
    legal = [event.pk for event in events if row_of(event.kind).is_compulsory]
    if not legal:
        return
    fresh = Delivery.objects.filter(event_id__in=legal, channel=Channel.IN_APP, proofs__isnull=True)
    Proof.objects.bulk_create(
        Proof(delivery=row, act=Proof.Act.SHOWN, at=clock.now(), sha256=_hash_of(row)) for row in fresh.order_by("pk")
    )


def _hash_of(row: Delivery) -> str:
    """The hash of the sentence in both languages."""
    with translation.override("zh-hans"):
        chinese = sentence_of(row)
    with translation.override("en"):
        english = sentence_of(row)
    return hashlib.sha256(f"{chinese}\n{english}".encode()).hexdigest()


def wake_senders() -> None:
    hint("marketplace.notifications.tasks.send_due")


def sentence_of(delivery: Delivery) -> str:
    """The delivery in words, in the active language."""
    topic = _topics.get(delivery.topic)
    return str(topic.sentence) % _in_words(delivery.params) if topic else delivery.topic


def _in_words(params: dict[str, Any]) -> dict[str, Any]:
    """A value told in both languages, {"zh": …, "en": …}, in the active one."""
    language = "zh" if (translation.get_language() or "zh").startswith("zh") else "en"
    return {name: value.get(language, "") if isinstance(value, dict) else value for name, value in params.items()}


def has_effect(delivery: Delivery) -> bool:
    """Whether its delivery is proved and cannot be switched off."""
    return row_of(delivery.topic).is_compulsory


def inbox(user_id: int) -> QuerySet[Delivery]:
    """What a person was told in the market, newest first."""
    return Delivery.objects.filter(recipient_id=user_id, channel=Channel.IN_APP).order_by("-id")


def unread(user_id: int) -> QuerySet[Delivery]:
    return inbox(user_id).filter(read_at__isnull=True)


def unread_count(user_id: int) -> int:
    return unread(user_id).count()


def mark_read(user_id: int, delivery_ids: Sequence[int] | None = None) -> int:
    """Mark the named deliveries, or all, as read; returns how many changed. Of legal notices the opening is kept."""
    with transaction.atomic():
        rows = unread(user_id)
        if delivery_ids is not None:
            rows = rows.filter(pk__in=delivery_ids)
        opened = [row for row in rows.only("pk", "topic") if has_effect(row)]
        changed = rows.update(read_at=clock.now())
        Proof.objects.bulk_create(Proof(delivery=row, act=Proof.Act.OPENED, at=clock.now()) for row in opened)
    return changed
