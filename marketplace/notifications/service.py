"""From events to deliveries: what is announced, to whom, in which words; and the mail that carries it.

Higher floors call `announce` once per event kind. The relay hands events to `deliver`, which writes one row per
recipient and channel (the unique key makes a second relay harmless); mail is sent from those rows afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.errors import Sentence
from marketplace.core.hints import hint
from marketplace.core.models import Event
from marketplace.core.relay import subscriber
from marketplace.notifications.models import Delivery

MOST_TRIES = 6
log = structlog.get_logger(__name__)


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
    """Tell events of `kind` to the people whose ids `recipients` gives (the one who acted is left out)."""
    _topics[kind] = Topic(kind, recipients, sentence, params, url)


@subscriber("notifications")
def deliver(events: Sequence[Event]) -> None:
    """Write the deliveries of a batch of events."""
    rows = []
    for event in events:
        topic = _topics.get(event.kind)
        if topic is None:
            continue
        people = {pk for pk in topic.recipients(event) if pk is not None and pk != event.actor_id}
        if not people:
            continue
        params, url = topic.params(event), topic.url(event)
        rows += [
            Delivery(event_id=event.pk, recipient_id=pk, channel=channel, topic=event.kind, params=params, url=url)
            for pk in sorted(people)
            for channel in Delivery.Channel.values
        ]
    if rows:
        Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
        transaction.on_commit(wake_mail)


def wake_mail() -> None:
    hint("marketplace.notifications.tasks.send_mail")


def sentence_of(delivery: Delivery) -> str:
    """The delivery in words, in the active language."""
    topic = _topics.get(delivery.topic)
    return str(topic.sentence) % _in_words(delivery.params) if topic else delivery.topic


def _in_words(params: dict[str, Any]) -> dict[str, Any]:
    """A value told in both languages, {"zh": …, "en": …}, in the active one."""
    language = "zh" if (translation.get_language() or "zh").startswith("zh") else "en"
    return {name: value.get(language, "") if isinstance(value, dict) else value for name, value in params.items()}


def inbox(user_id: int) -> QuerySet[Delivery]:
    """What a person was told in the market, newest first."""
    return Delivery.objects.filter(recipient_id=user_id, channel=Delivery.Channel.IN_APP).order_by("-id")


def unread_count(user_id: int) -> int:
    return inbox(user_id).filter(read_at__isnull=True).count()


def mark_read(user_id: int, delivery_ids: Sequence[int] | None = None) -> int:
    """Mark the named deliveries, or all, as read; returns how many changed."""
    rows = inbox(user_id).filter(read_at__isnull=True)
    if delivery_ids is not None:
        rows = rows.filter(pk__in=delivery_ids)
    return rows.update(read_at=clock.now())


def send_due_mail(limit: int = 200) -> int:
    """Send the letters still owed, one transaction each; returns how many were handed over.

    The row is stamped in the transaction that hands the letter over: if the process dies in between, the letter may go
    twice, never not at all. A failing one is tried again later, six times.
    """
    sent = 0
    for _ in range(limit):
        with transaction.atomic():
            row = (
                Delivery.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("recipient")
                .filter(channel=Delivery.Channel.MAIL, sent_at__isnull=True, tries__lt=MOST_TRIES)
                .exclude(tries__gt=0, created_at__gt=timezone.now() - timedelta(minutes=1))
                .order_by("tries", "id")
                .first()
            )
            if row is None:
                break
            if not row.recipient.is_active:
                row.sent_at, row.error = clock.now(), "recipient inactive"
            else:
                try:
                    _letter(row, row.recipient).send()
                    row.sent_at = clock.now()
                    sent += 1
                except OSError as error:
                    row.tries += 1
                    row.error = repr(error)[:500]
                    log.warning("mail_failed", delivery=row.pk, error=row.error)
            row.save(update_fields=["sent_at", "tries", "error"])
    return sent


def _letter(row: Delivery, recipient: User) -> EmailMessage:
    with translation.override(recipient.language):
        words = sentence_of(row)
        url = _absolute(row.url, recipient.language)
        market = settings.MARKET_NAME_ZH if recipient.language.startswith("zh") else settings.MARKET_NAME_EN
        body = render_to_string(
            "emails/notice.txt", {"name": recipient.display_name, "sentence": words, "url": url, "market": market}
        )
    return EmailMessage(subject=f"{market}: {words}"[:180].replace("\n", " "), body=body, to=[recipient.email])


def _absolute(path: str, language: str) -> str:
    if not path:
        return ""
    prefix = "" if language.startswith("zh") or path.startswith("/en/") else "/en"
    return f"{settings.SITE_URL}{prefix}{path}"
