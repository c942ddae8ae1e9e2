"""What the practice provider is asked for through the real library, by the tests of it."""

from __future__ import annotations

from typing import Any

import stripe

from marketplace.payments.fake_stripe.server import FakeStripe


def client_of(fake: FakeStripe, key: str = "sk_test_practice") -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": fake.url}, max_network_retries=0)


def a_session(api: stripe.StripeClient, units: int = 10_000, **options: str) -> Any:
    return api.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://m.test/back?s={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://m.test/back",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {"currency": "usd", "unit_amount": units, "product_data": {"name": "专利 <b>"}},
                }
            ],
        },
        options or None,
    )


def an_account(fake: FakeStripe, api: stripe.StripeClient, country: str = "SG") -> str:
    made = api.v1.accounts.create({"type": "express", "country": country, "email": "p@m.test"})
    fake.do("onboard", account=made.id)
    return made.id


def a_charge(fake: FakeStripe, api: stripe.StripeClient, units: int = 10_000) -> str:
    session = a_session(api, units)
    fake.do("pay", session=session.id)
    return fake.every("charge")[0]["id"]
