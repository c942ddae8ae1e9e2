"""The /v1 addresses: which parameters each call takes, and which object it answers with."""

from marketplace.payments.fake_stripe.addresses import books, connect, payments

__all__ = ["books", "connect", "payments"]
