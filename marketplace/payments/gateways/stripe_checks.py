"""Checks at the start: the events handled are those subscribed to, and keys fit the place they are used in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Warning, register

from marketplace.payments.gateways.stripe_events import SUBSCRIBED, handled
from marketplace.payments.gateways.stripe_facts import SPLIT_REGIONS


@register()
def every_subscribed_event_is_handled(app_configs: Any, **rest: Any) -> list[Error]:
    """An event nobody handles is finished code that never runs, or money that moves unseen."""
    problems = []
    for scope, kinds in handled().items():
        for kind in sorted(SUBSCRIBED[scope] ^ kinds):
            what = (
                "is subscribed to but not handled" if kind in SUBSCRIBED[scope] else "is handled but not subscribed to"
            )
            problems.append(Error(f"The Stripe event {kind} ({scope}) {what}.", id="payments.E001"))
    return problems


@register()
def stripe_keys_fit(app_configs: Any, **rest: Any) -> list[Error | Warning]:
    """In production: no practice provider, no test key unless allowed, a secret for both endpoints."""
    problems: list[Error | Warning] = []
    key = settings.STRIPE_SECRET_KEY
    if settings.PRODUCTION and settings.STRIPE_IS_FAKE:
        problems.append(
            Error("The practice provider must not run in production: set STRIPE_FAKE=0.", id="payments.E002")
        )
    if settings.PRODUCTION and key and not settings.STRIPE_IS_FAKE:
        if key.startswith(("sk_test_", "rk_test_")) and not settings.STRIPE_ALLOW_TEST_KEY:
            problems.append(
                Error(
                    "STRIPE_SECRET_KEY is a test key: no real money would move.",
                    hint="Use a live key, or STRIPE_ALLOW_TEST_KEY=1 on a rehearsal site.",
                    id="payments.E003",
                )
            )
        if settings.STRIPE_API_BASE:
            problems.append(Error("STRIPE_API_BASE must be empty in production.", id="payments.E004"))
    if not settings.PRODUCTION and key.startswith(("sk_live_", "rk_live_")):
        problems.append(Error("A live key outside production would move real money.", id="payments.E005"))
    if key:
        for name in ("STRIPE_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET"):
            if not getattr(settings, name):
                problems.append(
                    Warning(
                        f"{name} is empty: that endpoint is closed, and events come by polling alone.",
                        id="payments.W001",
                    )
                )
        if settings.STRIPE_COUNTRY not in SPLIT_REGIONS:
            problems.append(
                Warning(
                    f"Separate charges and transfers are not listed for {settings.STRIPE_COUNTRY}: "
                    "Stripe takes money in, and payouts go another way.",
                    id="payments.W002",
                )
            )
    return problems
