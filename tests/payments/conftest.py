"""Payments are tried with the bank and the sandbox; Stripe's own tests register it themselves."""

import pytest

from marketplace.payments.gateways.ports import providers
from marketplace.payments.services import books


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
