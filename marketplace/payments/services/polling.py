"""Asking the provider for what its webhooks may have lost: its list of events, read every few minutes.

What it brings goes the same way as a delivery: kept once, applied by asking. So webhooks make things faster, and
nothing more; a market whose endpoint was down for a day is complete minutes after.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction

from marketplace.core import clock
from marketplace.core.locks import locked
from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown, providers
from marketplace.payments.gateways.stripe import CODE, StripeProvider
from marketplace.payments.gateways.stripe_events import SUBSCRIBED
from marketplace.payments.gateways.stripe_facts import SESSION_LIFE
from marketplace.payments.models import PayIn, PayoutAccount, PollMark
from marketplace.payments.services.inbox import keep
from marketplace.payments.services.payins import TruthContradicts, apply_payin, contradict
from marketplace.payments.states import PayInState, PayoutAccountState

OVERLAP = timedelta(minutes=10)  # clocks differ, and events appear a moment after their time
SETTLING = timedelta(minutes=2)  # a payer needs that long at least
CLOSED = "closed at the provider"
FARTHEST = timedelta(days=29)  # the provider keeps events for 30 days
log = structlog.get_logger(__name__)


def poll() -> int:
    """Ask for the events of our account and of every connected one in use; returns how many were new to us.

    An account that cannot be asked now keeps its mark and is asked again next time.
    """
    if not settings.STRIPE_SECRET_KEY:
        return 0
    connected = (
        PayoutAccount.objects.filter(rail=CODE)
        .exclude(external_id="")
        .exclude(state=PayoutAccountState.WITHDRAWN)
        .values_list("external_id", flat=True)
        .distinct()
    )
    found = 0
    for account in ["", *connected]:
        try:
            found += poll_account(account)
        except (ProviderUnknown, ProviderRefused) as error:
            log.warning("poll_failed", account=account, error=str(error))
    return found


def open_payins() -> list[int]:
    """Payments at providers that can be asked, begun some minutes ago and neither paid nor over; oldest asked first."""
    asked = [one.code for one in providers.known() if one.capabilities().settled_by == "fetch"]
    rows = PayIn.objects.live().filter(provider__in=asked, created_at__lt=clock.now() - SETTLING)
    return list(rows.order_by("checked_at", "pk").values_list("pk", flat=True)[:200])


def ask_payin(payin_id: int) -> None:
    """Ask how an open payment stands; a contradiction is left for the desk. Raises ProviderUnknown, ProviderRefused."""
    try:
        apply_payin(payin_id)
    except TruthContradicts as error:
        contradict(payin_id, str(error))


def abandoned_payins() -> list[int]:
    """Payments that ended here while the provider's page for them may still take money."""
    rows = PayIn.objects.in_state(PayInState.EXPIRED, PayInState.FAILED).filter(
        provider=CODE, state_since__gt=clock.now() - SESSION_LIFE
    )
    return list(rows.exclude(external_id="").exclude(note=CLOSED).order_by("pk").values_list("pk", flat=True)[:200])


def close_payin(payin_id: int) -> None:
    """Close the provider's page of such a payment; if it was paid meanwhile, book that. Raises ProviderUnknown."""
    payin = PayIn.objects.get(pk=payin_id)
    try:
        StripeProvider().close_payin(payin)
    except ProviderRefused:
        ask_payin(payin_id)
    with locked(PayIn, payin_id) as fresh:
        fresh.note = CLOSED
        fresh.save(update_fields=["note"])


def poll_account(account: str) -> int:
    """Ask for the events of one account since the last time. Raises ProviderUnknown, ProviderRefused."""
    asked_at = clock.now()
    mark, _ = PollMark.objects.get_or_create(
        provider=CODE, account=account, defaults={"asked_until": asked_at - FARTHEST}
    )
    since = max(mark.asked_until - OVERLAP, asked_at - FARTHEST)
    scope = "connect" if account else "account"
    new = 0
    for payload in StripeProvider().events_since(int(since.timestamp()), SUBSCRIBED[scope], account):
        if account:
            payload.setdefault("account", account)
        happened = datetime.fromtimestamp(int(payload["created"]), UTC)
        _, is_new = keep(scope=scope, payload=payload, happened_at=happened, source="poll")
        new += is_new
    with transaction.atomic():
        PollMark.objects.filter(pk=mark.pk, asked_until__lt=asked_at).update(asked_until=asked_at)
    if new:
        log.info("poll_found_events", account=account, new=new)
    return new
