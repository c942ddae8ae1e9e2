"""The one place that holds Stripe's library: its client, made from the settings, and what its errors mean to us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import stripe
from django.conf import settings

from marketplace.payments.gateways.ports import ProviderRefused, ProviderUnknown

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 20


@lru_cache(maxsize=4)
def _client(key: str, base: str) -> stripe.StripeClient:
    # No retries inside the library: a call without an answer is kept as unknown, and asked about before it is repeated.
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": base} if base else None,
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def client() -> stripe.StripeClient:
    """The client of the account the settings name. Raises ProviderRefused when there is none."""
    if not settings.STRIPE_SECRET_KEY:
        raise ProviderRefused("not_configured", "Stripe has no key.")
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@contextmanager
def asking() -> Iterator[None]:
    """Turn the library's errors into the port's two: refused (nothing happened) and unknown (it may have).

    A key used before with another body, a rate limit and a refused API key are unknown as well: none of them tells
    whether an earlier call with this key went through.
    """
    try:
        yield
    except stripe.CardError as error:
        raise ProviderRefused(error.code or "card_declined", str(error.user_message or "")) from error
    except (stripe.InvalidRequestError, stripe.PermissionError) as error:
        raise ProviderRefused(error.code or "invalid_request", str(error.user_message or error)) from error
    except stripe.StripeError as error:
        raise ProviderUnknown(f"{type(error).__name__}: {error}") from error
