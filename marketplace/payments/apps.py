"""Money in and out, and the books it is kept in."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "marketplace.payments"
    label = "payments"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries known."""
        from django.conf import settings

        from marketplace.core.demo import chapter
        from marketplace.payments import demo, graphs  # noqa: F401
        from marketplace.payments.gateways import stripe_checks  # noqa: F401
        from marketplace.payments.gateways.bank import BankProvider
        from marketplace.payments.gateways.ports import providers
        from marketplace.payments.gateways.sandbox import SandboxProvider
        from marketplace.payments.gateways.stripe import StripeProvider
        from marketplace.payments.services import obligations, payout_accounts  # noqa: F401

        chapter(15, "payments", demo.load)
        providers.register(BankProvider())
        if settings.IS_DEMO:
            providers.register(SandboxProvider())
        if settings.STRIPE_SECRET_KEY:
            providers.register(StripeProvider())
