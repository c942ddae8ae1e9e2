"""The inbox: take in what a provider delivers, answer at once, and apply it later by asking the provider itself.

Three steps, each of which may be repeated: `receive` (verify, keep, answer), `apply_event` (find the rows it concerns,
ask, book the difference), and the desk's word on what is in quarantine. A webhook is an optimisation: `poll` brings the
same events in by asking.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from marketplace.core import clock, events
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Busy
from marketplace.core.hints import hint
from marketplace.core.lifecycle import begin, walk
from marketplace.core.locks import locked
from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown, providers
from marketplace.payments.gateways.stripe import CODE, StripeProvider, bring_back_key
from marketplace.payments.gateways.stripe_events import HANDLERS, Doubtful, Look, NotYet, resolve
from marketplace.payments.inbound import INBOUND_GRAPH, Doubt, InboundState
from marketplace.payments.models import InboundEvent, PayIn, Payout, Refund, RefusedDelivery
from marketplace.payments.services import calls
from marketplace.payments.services.connected import refresh_account
from marketplace.payments.services.payins import TruthContradicts, apply_payin, contradict
from marketplace.payments.services.payouts import book_payout
from marketplace.payments.services.refunds import book_refund

TOLERANCE_SECONDS = 300  # Stripe's own default; its library checks it
MOST_TRIES = 12
TASK = "marketplace.payments.tasks.apply_inbound_event"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Received:
    """What became of one delivery. `status` is the HTTP answer; `event` is None when it was refused at the door."""

    status: int
    event: InboundEvent | None = None
    is_new: bool = False


def secret_of(scope: str) -> str:
    """The signing secret of the endpoint of a scope; empty when there is none, and then no endpoint either."""
    secrets = {"account": settings.STRIPE_WEBHOOK_SECRET, "connect": settings.STRIPE_CONNECT_WEBHOOK_SECRET}
    return str(secrets[scope])


def is_live() -> bool:
    """Whether our key is one of real money."""
    return settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))


def receive(*, scope: str, raw: bytes, signature: str, address: str = "") -> Received:
    """Verify one delivery on its raw bytes and keep its event, once. Nothing is applied here.

    Forged, stale and unreadable ones are refused (400) and counted; genuine ones answer 200 even when they go to
    quarantine, since sending them again would change nothing.
    """
    try:
        text = raw.decode("utf-8")
        stripe.WebhookSignature.verify_header(text, signature, secret_of(scope), tolerance=TOLERANCE_SECONDS)
        payload = json.loads(text)
        happened = datetime.fromtimestamp(int(payload["created"]), UTC)
        named = (str(payload["id"]), str(payload["type"]), payload["data"]["object"]["object"], payload["livemode"])
    except stripe.SignatureVerificationError:
        is_old = _is_genuine_but_old(raw, signature, secret_of(scope))
        return _refuse(scope, Doubt.STALE if is_old else Doubt.FORGED, raw, address)
    except (ValueError, KeyError, TypeError, OverflowError):
        return _refuse(scope, Doubt.MALFORMED, raw, address)
    if payload.get("object") != "event" or not all(named[:3]) or not isinstance(named[3], bool):
        return _refuse(scope, Doubt.MALFORMED, raw, address)
    event, is_new = keep(scope=scope, payload=payload, happened_at=happened, source="webhook")
    return Received(200, event, is_new)


def keep(*, scope: str, payload: dict[str, Any], happened_at: datetime, source: str) -> tuple[InboundEvent, bool]:
    """Store a genuine event, once per provider, account and id; returns it and whether it is new.

    Another mode's, an unknown account's and an unexpected kind's are put where they change nothing.
    """
    account = str(payload.get("account") or "")
    of_it = InboundEvent.objects.filter(provider=CODE, account=account, external_id=payload["id"])
    if source == "webhook" and of_it.update(deliveries=F("deliveries") + 1):
        return of_it.get(), False
    now = clock.now()
    event = InboundEvent(
        provider=CODE,
        account=account,
        external_id=payload["id"],
        kind=payload["type"],
        is_live=payload["livemode"],
        payload=payload,
        source=source,
        happened_at=happened_at,
        received_at=now,
        next_try_at=now,
    )
    try:
        with transaction.atomic():
            begin(INBOUND_GRAPH, event, by=SYSTEM, data=_facts(event))
            if event.is_live != is_live():
                _set_aside(event, Doubt.OTHER_MODE, f"livemode is {event.is_live}")
            elif bool(account) != (scope == "connect"):
                _set_aside(event, Doubt.OTHER_ACCOUNT, f"{account or 'our own account'} at the endpoint of {scope}")
            elif (scope, event.kind) not in HANDLERS:
                walk(INBOUND_GRAPH, event, "ignore", by=SYSTEM, data=_facts(event))
            else:
                transaction.on_commit(lambda: hint(TASK, event.pk))
    except IntegrityError as error:
        if not of_it.exists():
            raise
        if source == "webhook":
            of_it.update(deliveries=F("deliveries") + 1)
        log.debug("event_known", external_id=payload["id"], error=str(error))
        return of_it.get(), False
    return event, True


def apply_event(event_id: int) -> InboundEvent:
    """Look at everything an event concerns, as the provider has it now. Safe to call any number of times.

    Calls the provider, so it must not be called within a transaction. What fails for a passing reason is tried again
    later; what is doubtful goes to quarantine.
    """
    event = InboundEvent.objects.get(pk=event_id)
    if event.state != InboundState.RECEIVED:
        return event
    scope = "connect" if event.account else "account"
    looks: list[Look] = []
    try:
        looks = resolve(StripeProvider(), scope, event.kind, event.payload)
        for look in looks:
            _look_at(look)
    except Doubtful as doubt:
        return _settle(event_id, "quarantine", looks, doubt=doubt.doubt, note=doubt.note)
    except TruthContradicts as error:
        contradict(looks[0].pk, str(error))
        return _settle(event_id, "quarantine", looks, doubt=_which(event, looks[0]), note=str(error))
    except ProviderRefused as error:
        return _settle(event_id, "quarantine", looks, doubt=Doubt.UNKNOWN_OBJECT, note=str(error))
    except (NotYet, ProviderUnknown, Busy, calls.CallInFlight) as error:
        return _postpone(event_id, f"{type(error).__name__}: {error}")
    return _settle(event_id, "apply", looks)


def _look_at(look: Look) -> None:
    acts: dict[str, Callable[[int], Any]] = {
        "payin": apply_payin,
        "refund": ask_refund,
        "payout": ask_payout,
        "payout_account": refresh_account,
    }
    if look.returned[0]:
        take_transfer_back(look.pk, *look.returned)
    acts[look.kind](look.pk)


def ask_payout(payout_id: int) -> Payout:
    """Ask how a payout stands, in whatever state it is here (banks return money late), and book the difference."""
    payout = Payout.objects.get(pk=payout_id)
    truth = providers.pay_out(payout.provider).fetch_payout(payout)
    return book_payout(payout_id, truth, attempt=payout.attempt)


def ask_refund(refund_id: int) -> Refund:
    """The same for a refund: a payer's bank may send it back after it was complete."""
    refund = Refund.objects.select_related("payin").get(pk=refund_id)
    truth = providers.pay_in(refund.provider).fetch_refund(refund)
    return book_refund(refund_id, truth, attempt=refund.attempt)


def take_transfer_back(payout_id: int, transfer: str, code: str) -> None:
    """The payee's bank returned the money: reverse the transfer, once, so that it lies with us and can be paid anew.

    Raises ProviderUnknown, ProviderRefused, CallInFlight.
    """
    provider = StripeProvider()
    key = bring_back_key(transfer)
    with transaction.atomic(durable=True):
        payout = Payout.objects.get(pk=payout_id)
        calls.plan(key, provider=CODE, operation="payout.bring_back", about=payout)
    try:
        calls.make(
            key,
            lambda: provider.bring_back(payout_id, transfer, code),
            key_life=provider.capabilities().key_life,
        )
    except (calls.CallSettled, calls.KeyForgotten) as error:
        # It was answered, or it is too old to repeat: what became of it is asked when the payout is applied.
        log.info("transfer_brought_back_before", transfer=transfer, why=type(error).__name__)


def apply_waiting(limit: int = 200) -> int:
    """Apply what has waited for its turn, oldest first; returns how many were tried. Beat calls it.

    One that fails in a way nobody foresaw is tried again later, and does not hold up the others.
    """
    waiting = InboundEvent.objects.in_state(InboundState.RECEIVED).filter(next_try_at__lte=clock.now())
    tried = 0
    for pk in waiting.order_by("next_try_at", "pk").values_list("pk", flat=True)[:limit]:
        try:
            apply_event(pk)
        except Exception as error:
            log.exception("inbound_event_failed", id=pk)
            _postpone(pk, repr(error))
        tried += 1
    return tried


def retry_event(*, event_id: int, by: Actor) -> InboundEvent:
    """Take an event out of quarantine to be applied once more. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic(), locked(InboundEvent, event_id) as event:
        event.tries, event.next_try_at, event.doubt = 0, clock.now(), ""
        walk(INBOUND_GRAPH, event, "retry", by=by, data=_facts(event), also=["tries", "next_try_at", "doubt"])
        transaction.on_commit(lambda: hint(TASK, event.pk))
    return event


def dismiss_event(*, event_id: int, by: Actor, reason: str) -> InboundEvent:
    """A person has looked, and nothing is to follow. Raises NotPermitted, IllegalTransition, ReasonMissing."""
    with locked(InboundEvent, event_id) as event:
        walk(INBOUND_GRAPH, event, "dismiss", by=by, reason=reason, data=_facts(event))
    return event


def mark_refused_seen(*, row_id: int, by: Actor) -> RefusedDelivery:
    """A person has looked at an hour of refused deliveries."""
    with locked(RefusedDelivery, row_id) as row:
        row.seen_at, row.seen_by_id = clock.now(), by.user_id
        row.save(update_fields=["seen_at", "seen_by_id"])
        events.record("refused_delivery.see", row, by)
    return row


def _settle(event_id: int, verb: str, looks: list[Look], *, doubt: str = "", note: str = "") -> InboundEvent:
    """Stamp what became of an event. Another worker may have been faster: then its word stands."""
    with locked(InboundEvent, event_id) as event:
        if event.state != InboundState.RECEIVED:
            return event
        if looks:
            event.about_kind, event.about_id = f"payments.{looks[0].kind.replace('_', '')}", looks[0].pk
        if verb == "quarantine":
            _set_aside(event, doubt, note)
        else:
            event.doubt, event.note = "", ""
            walk(
                INBOUND_GRAPH,
                event,
                verb,
                by=SYSTEM,
                data=_facts(event),
                also=["about_kind", "about_id", "doubt", "note"],
            )
    return event


def _set_aside(event: InboundEvent, doubt: str, note: str) -> None:
    event.doubt, event.note = doubt, note[:500]
    walk(
        INBOUND_GRAPH,
        event,
        "quarantine",
        by=SYSTEM,
        reason=note[:500],
        data=_facts(event) | {"doubt": str(doubt)},
        also=["doubt", "note", "about_kind", "about_id"],
    )
    log.warning(
        "inbound_event_quarantined", external_id=event.external_id, kind=event.kind, doubt=str(doubt), note=note
    )


def _postpone(event_id: int, why: str) -> InboundEvent:
    """Try again, each time twice as late; after twelve times (some eleven hours) a person is asked."""
    with locked(InboundEvent, event_id) as event:
        if event.state != InboundState.RECEIVED:
            return event
        event.tries += 1
        event.note = why[:500]
        event.next_try_at = clock.now() + timedelta(seconds=min(10 * 2**event.tries, 7200))
        event.save(update_fields=["tries", "note", "next_try_at"])
        if event.tries >= MOST_TRIES:
            _set_aside(event, Doubt.NOT_APPLIED, why)
    return event


def _which(event: InboundEvent, look: Look) -> str:
    """Whether it is the sum or the currency that contradicts."""
    told = str(event.payload["data"]["object"].get("currency") or "").upper()
    asked = PayIn.objects.filter(pk=look.pk).values_list("currency", flat=True).first()
    return Doubt.WRONG_CURRENCY if told and told != asked else Doubt.WRONG_AMOUNT


def _is_genuine_but_old(raw: bytes, signature: str, secret: str) -> bool:
    """Signed with our secret, but outside the tolerance: a recording, or a clock that runs wrong."""
    try:
        stripe.WebhookSignature.verify_header(raw, signature, secret, tolerance=None)
    except (stripe.SignatureVerificationError, ValueError):
        return False
    return True


def _refuse(scope: str, doubt: Doubt, raw: bytes, address: str) -> Received:
    """Count a refused delivery; the first of an hour leaves an event that alerts the desk."""
    now = clock.now()
    seen = {
        "last_at": now,
        "last_address": address[:64],
        "last_size": len(raw),
        "last_hash": hashlib.sha256(raw).hexdigest(),
    }
    key = {
        "provider": CODE,
        "scope": scope,
        "doubt": doubt,
        "hour": now.replace(minute=0, second=0, microsecond=0),
    }
    with transaction.atomic():
        row, is_first = RefusedDelivery.objects.get_or_create(**key, defaults=seen)
        if is_first:
            events.record(
                "refused_delivery.begin", row, SYSTEM, data={"provider": CODE, "doubt": str(doubt), "scope": scope}
            )
        else:
            RefusedDelivery.objects.filter(pk=row.pk).update(count=F("count") + 1, seen_at=None, **seen)
    log.warning("delivery_refused", scope=scope, doubt=str(doubt), address=address)
    return Received(400)


def _facts(event: InboundEvent) -> dict[str, Any]:
    return {"provider": event.provider, "kind": event.kind, "event": event.external_id, "account": event.account}
