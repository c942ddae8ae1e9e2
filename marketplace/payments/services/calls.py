"""Calls to providers: the key is stored and committed, then the call is made, then its answer is stored.

The call itself stands outside every transaction, so no lock is held while a provider thinks. A call that got no answer
is unknown: before it is sent again the provider is asked. When the provider may have forgotten the key, nobody sends it
again at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model

from marketplace.core import clock
from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown
from marketplace.payments.models import ProviderCall
from marketplace.payments.states import CallState

T = TypeVar("T")
IN_FLIGHT = timedelta(minutes=2)  # longer than any provider's time-out
log = structlog.get_logger(__name__)


class CallInFlight(Exception):
    """Another process sent it moments ago and may still get its answer."""


class KeyForgotten(Exception):
    """It was sent so long ago that a second try might be carried out twice. Only asking is left."""


class CallSettled(Exception):
    """The provider has answered already; ask how the matter stands."""


def plan(key: str, *, provider: str, operation: str, about: Model) -> ProviderCall:
    """Keep the call in the caller's transaction, once per key."""
    call, _ = ProviderCall.objects.get_or_create(
        key=key,
        defaults={
            "provider": provider,
            "operation": operation,
            "about_kind": about._meta.label_lower,
            "about_id": about.pk,
            "planned_at": clock.now(),
        },
    )
    return call


def was_sent(call: ProviderCall) -> bool:
    """Whether the provider may know of it, so that it is asked first."""
    return call.state in {CallState.SENT, CallState.UNKNOWN, CallState.ANSWERED}


def make(key: str, send: Callable[[], T], *, key_life: timedelta) -> T:
    """Send a planned call and keep its answer.

    Raises ProviderRefused, ProviderUnknown (kept as unknown), CallInFlight, KeyForgotten, CallSettled, and RuntimeError
    within an open transaction.
    """
    with transaction.atomic(durable=True):
        call = ProviderCall.objects.select_for_update(no_key=True).get(key=key)
        now = clock.now()
        if call.state in {CallState.ANSWERED, CallState.REFUSED}:
            raise CallSettled(key)
        if call.state == CallState.SENT and call.sent_at and now - call.sent_at < IN_FLIGHT:
            raise CallInFlight(key)
        if call.first_sent_at and now - call.first_sent_at >= key_life:
            raise KeyForgotten(key)
        call.state, call.sent_at = CallState.SENT, now
        call.first_sent_at = call.first_sent_at or now
        call.tries += 1
        call.save(update_fields=["state", "sent_at", "first_sent_at", "tries"])
    try:
        answer = send()
    except ProviderRefused as error:
        _settle(key, CallState.REFUSED, error=str(error))
        raise
    except ProviderUnknown as error:
        _settle(key, CallState.UNKNOWN, error=str(error))
        log.warning("provider_call_unknown", key=key, error=str(error))
        raise
    except Exception as error:
        _settle(key, CallState.UNKNOWN, error=repr(error))
        raise
    _settle(key, CallState.ANSWERED, answer=_plain(answer))
    return answer


def _settle(key: str, state: str, *, error: str = "", answer: dict[str, Any] | None = None) -> None:
    with transaction.atomic(durable=True):
        # An answer that another try got stands: a late time-out does not undo it.
        ProviderCall.objects.filter(key=key).exclude(state=CallState.ANSWERED).update(
            state=state, error=error[:500], answer=answer or {}, answered_at=clock.now()
        )


def _plain(answer: Any) -> dict[str, Any]:
    told = asdict(answer) if is_dataclass(answer) and not isinstance(answer, type) else {"answer": str(answer)}
    plain: dict[str, Any] = json.loads(json.dumps(told, cls=DjangoJSONEncoder))
    return plain
