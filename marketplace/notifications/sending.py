"""Carrying deliveries outside: letters at once, digests at the end of their windows.

Whether the reader still may see the matter, still wants it, and is not asleep is asked here, right before sending.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.db import transaction

from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.models import Event
from marketplace.notifications import handover, letters, preferences, timing
from marketplace.notifications.catalogue import row_of
from marketplace.notifications.couriers import Courier, Receipt, Refused, Uncertain, courier_for, open_channels
from marketplace.notifications.models import Channel, Delivery, Digest, Frequency, Habits, Outcome, Proof
from marketplace.notifications.service import audience, has_effect

NO_LONGER_THEIRS = "no longer theirs to see"
SWITCHED_OFF = "switched off"
INACTIVE = "recipient inactive"
NO_ADDRESS = "no address for this channel"
log = structlog.get_logger(__name__)


def send_due(limit: int = 200) -> int:
    """Send what is owed by every open channel, at most `limit` letters each; returns how many were handed over."""
    _note_doubtful()
    done = 0
    for channel in open_channels():
        courier = courier_for(channel)
        try:
            done += _send_letters(courier, channel, limit) + _send_digests(courier, channel, limit)
        finally:
            courier.close()
    return done


def _send_letters(courier: Courier, channel: str, limit: int) -> int:
    done = 0
    waiting = Delivery.objects.filter(channel=channel, closes_at__isnull=True).select_related("recipient")
    for _ in range(limit):
        row, is_to_go = handover.claim(waiting, lambda one: _may_go(one, courier))
        if row is None:
            break
        if is_to_go:
            done += _hand_over(courier, row)
    return done


def _hand_over(courier: Courier, row: Delivery) -> bool:
    try:
        letter = letters.letter_of(row, address_of(courier, row.recipient))
        receipt = courier.hand_over(letter)
    except Uncertain as error:
        log.warning("notice_uncertain", delivery=row.pk, error=str(error))
        handover.doubt(row, str(error), send_again=has_effect(row))
        return False
    except Exception as error:  # noqa: BLE001  # whatever is wrong with one letter must not stop the others
        log.warning("notice_failed", delivery=row.pk, error=repr(error), refused=isinstance(error, Refused))
        handover.fail(row, error)
        return False
    with transaction.atomic():
        handover.sent(row)
        row.save()
        if has_effect(row):
            _prove(row, receipt, letter.address)
    return True


def _prove(row: Delivery, receipt: Receipt, address: str) -> None:
    Proof.objects.create(
        delivery=row,
        act=Proof.Act.HANDED_OVER,
        at=clock.now(),
        address=address[:254],
        message_id=receipt.message_id[:200],
        sha256=receipt.sha256,
        receipt=receipt.words[:300],
    )


def address_of(courier: Courier, person: User) -> str:
    habits = Habits.objects.filter(user=person).first()
    return courier.address_of(email=person.email, phone=person.phone, wecom_id=habits.wecom_id if habits else "")


def _may_go(row: Delivery, courier: Courier) -> bool:
    """Asked with the row locked; what does not go now is dropped, or put off to the end of a window or of the night."""
    catalogued, now = row_of(row.topic), clock.now()
    why_not = refusal(row)
    pace = preferences.frequency(
        preferences.chosen_by([row.recipient_id], [catalogued.theme]), row.recipient_id, catalogued, row.channel
    )
    if why_not is None and not address_of(courier, row.recipient):
        why_not = NO_ADDRESS
    if why_not is None and pace == Frequency.OFF:
        why_not = SWITCHED_OFF
    if why_not is not None:
        handover.drop(row, why_not)
        return False
    if pace != Frequency.AT_ONCE:
        row.closes_at = timing.window_end(pace, now)
        return False
    return catalogued.is_compulsory or not _put_off(row, row.recipient_id)


def _put_off(row: Delivery | Digest, person: int) -> bool:
    """Whether the reader sleeps; then the row is due when they no longer do."""
    habits = Habits.objects.filter(user=person).first()
    ends = timing.quiet_until(habits.quiet_from, habits.quiet_until, clock.now()) if habits else None
    if ends is not None:
        row.due_at = ends
    return ends is not None


def refusal(row: Delivery) -> str | None:
    """Why a delivery must not be sent any more, whatever its reader wants; None when it may."""
    if not row.recipient.is_active:
        return INACTIVE
    if row.recipient_id not in audience(Event.objects.get(pk=row.event_id)):
        return NO_LONGER_THEIRS
    return None


def _send_digests(courier: Courier, channel: str, limit: int) -> int:
    """Close the windows that have ended: one letter for each person and theme."""
    _open_digests(channel, limit)
    done = 0
    for _ in range(limit):
        digest, is_to_go = handover.claim(
            Digest.objects.filter(channel=channel).select_related("recipient"), lambda one: _gather(one, courier)
        )
        if digest is None:
            break
        if is_to_go:
            done += _hand_over_digest(courier, digest)
    return done


def _open_digests(channel: str, limit: int) -> None:
    """One row for each window that ended with something in it. A second run meets the unique key and does nothing."""
    ended = Delivery.objects.filter(
        channel=channel, outcome=Outcome.WAITING, closes_at__lte=clock.now(), digest__isnull=True
    )
    found = ended.values_list("recipient_id", "theme", "closes_at").distinct().order_by("closes_at")[:limit]
    keys = [(who, theme, ends) for who, theme, ends in found if ends is not None]
    Digest.objects.bulk_create(
        [Digest(recipient_id=who, theme=theme, channel=channel, closes_at=ends) for who, theme, ends in keys],
        ignore_conflicts=True,
    )
    for who, theme, ends in keys:
        # what came after its window was sent goes with the next
        is_over = Digest.objects.filter(recipient=who, theme=theme, channel=channel, closes_at=ends).exclude(
            outcome=Outcome.WAITING
        )
        if is_over.exists():
            late = ended.filter(recipient=who, theme=theme, closes_at=ends)
            late.update(closes_at=timing.window_end(Frequency.DAILY, clock.now()))


def _gather(digest: Digest, courier: Courier) -> bool:
    """Put into a digest all its reader still may and wants to read; asked with the digest locked."""
    rows = list(
        Delivery.objects.filter(
            recipient=digest.recipient_id,
            theme=digest.theme,
            channel=digest.channel,
            closes_at=digest.closes_at,
            outcome__in=[Outcome.WAITING, Outcome.SENDING],
        ).select_related("recipient")
    )
    if rows and _put_off(digest, digest.recipient_id):
        return False
    chosen = preferences.chosen_by([digest.recipient_id], [digest.theme])
    has_address = bool(address_of(courier, digest.recipient))
    kept = []
    for row in rows:
        pace = preferences.frequency(chosen, digest.recipient_id, row_of(row.topic), digest.channel)
        why_not = refusal(row) or (SWITCHED_OFF if pace == Frequency.OFF else "" if has_address else NO_ADDRESS)
        if why_not:
            handover.drop(row, why_not)
            row.save()
        else:
            kept.append(row.pk)
    if not kept:
        handover.drop(digest, "nothing left to tell")
        return False
    Delivery.objects.filter(pk__in=kept).update(outcome=Outcome.SENDING, digest=digest, begun_at=clock.now())
    return True


def _hand_over_digest(courier: Courier, digest: Digest) -> bool:
    rows = list(digest.deliveries.filter(outcome=Outcome.SENDING).order_by("event_id").select_related("recipient"))
    try:
        courier.hand_over(letters.letter_of_digest(digest, rows, address_of(courier, digest.recipient)))
    except Uncertain as error:
        with transaction.atomic():
            handover.doubt(digest, str(error), send_again=False)
            _follow(digest, rows)
        return False
    except Exception as error:  # noqa: BLE001  # as for single letters
        log.warning("digest_failed", digest=digest.pk, error=repr(error))
        with transaction.atomic():
            handover.fail(digest, error)
            _follow(digest, rows)
        return False
    with transaction.atomic():
        handover.sent(digest)
        digest.save()
        _follow(digest, rows)
    return True


def _follow(digest: Digest, rows: Iterable[Delivery]) -> None:
    """What a digest carries has the outcome of the digest; what waits again waits in it."""
    outcome = Outcome.SENDING if digest.outcome == Outcome.WAITING else digest.outcome
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        outcome=outcome, sent_at=digest.sent_at, error=digest.error, unknown_since=digest.unknown_since
    )


def _note_doubtful() -> None:
    """Write down what a dead process left open."""
    why = "the process ended while handing it over"
    for row in handover.doubtful(Delivery.objects.filter(closes_at__isnull=True).exclude(channel=Channel.IN_APP)):
        handover.doubt(row, why, send_again=has_effect(row))
    for digest in handover.doubtful(Digest.objects.all()):
        with transaction.atomic():
            handover.doubt(digest, why, send_again=False)
            _follow(digest, digest.deliveries.filter(outcome=Outcome.SENDING))
