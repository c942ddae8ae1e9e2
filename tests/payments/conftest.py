"""Payments are tried with the bank and the sandbox; Stripe's own tests register it themselves."""

from collections.abc import Iterator

import pytest
import stripe

from marketplace.payments.fake_stripe.server import FakeStripe
from marketplace.payments.gateways.ports import providers
from marketplace.payments.services import books
from tests.cast import bo
from tests.payments.asking import client_of
from tests.payments.practice import Practice, opens, owes


@pytest.fixture
def no_stripe():
    """Without the provider that answers over a wire."""
    kept = {one.code: one for one in providers.known()}
    providers.unregister("stripe")
    yield
    if "stripe" in kept:
        providers.register(kept["stripe"])


@pytest.fixture
def adds_up(no_stripe):
    """The books add up at the end of the test, and wherever it asks in between."""

    def look() -> None:
        found = books.check()
        wrong = [one for one in found.findings if not one.what.startswith("bank")]
        assert wrong == []

    yield look
    look()


@pytest.fixture
def practice(settings) -> Iterator[Practice]:
    """The practice provider on a free port, with our key and secrets; it delivers nothing by itself."""
    fake = FakeStripe().start()
    settings.STRIPE_API_BASE = fake.url
    settings.STRIPE_SECRET_KEY = "sk_test_practice"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_account"
    settings.STRIPE_CONNECT_WEBHOOK_SECRET = "whsec_connect"
    yield Practice(fake)
    fake.stop()


@pytest.fixture
def waiting(practice: Practice):
    """A payment that has been made at the provider and not been heard of here."""
    payer = bo()
    payin = opens(payer, owes(payer))
    practice.do("pay", session=payin.external_id)
    return payin


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    running = FakeStripe().start()
    yield running
    running.stop()


@pytest.fixture
def api(fake: FakeStripe) -> stripe.StripeClient:
    return client_of(fake)
