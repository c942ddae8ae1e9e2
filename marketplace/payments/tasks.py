"""Background entry points of payments. Each asks for what is due and hands every row to one service."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from celery import shared_task

from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown
from marketplace.payments.services import inbox, payouts, polling, refunds, reversals

log = structlog.get_logger(__name__)


@shared_task(acks_late=False)
def send_payouts() -> int:
    """Send and ask after payouts."""
    return _each(payouts.due_payouts(), payouts.send_payout)


@shared_task(acks_late=False)
def send_refunds() -> int:
    """Take back what refunds wait for, then send and ask after refunds."""
    return _each(reversals.due_reversals(), reversals.send_reversal) + _each(refunds.due_refunds(), refunds.send_refund)


@shared_task(acks_late=False)
def check_books() -> bool:
    """The daily check; a difference is an event for the desk."""
    from marketplace.payments.services.books import check_and_tell

    return check_and_tell().is_clean


def _each(ids: Iterable[int], act: Callable[[int], object]) -> int:
    """One row after the other, each alone: a provider that is down for one must not hold up the rest."""
    done = 0
    for pk in ids:
        try:
            act(pk)
            done += 1
        except (ProviderUnknown, ProviderRefused) as error:
            log.warning("provider_unreachable", act=getattr(act, "__name__", ""), pk=pk, error=str(error))
    return done


@shared_task(acks_late=False)
def apply_inbound_event(event_id: int) -> None:
    """Apply one event a provider delivered."""
    inbox.apply_event(event_id)


@shared_task(acks_late=False)
def apply_inbound_events() -> int:
    """Apply what deliveries left behind; events come here when their hint was lost or their first try failed."""
    return inbox.apply_waiting()


@shared_task(acks_late=False)
def reconcile() -> int:
    """Ask providers for what their webhooks may have lost, and after every payment that is still open."""
    found = polling.poll()
    inbox.apply_waiting()
    _each(polling.abandoned_payins(), polling.close_payin)
    return found + _each(polling.open_payins(), polling.ask_payin)
