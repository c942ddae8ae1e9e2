"""Money in and out, and the books it is kept in."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "marketplace.payments"
    label = "payments"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries known."""
        from marketplace.payments import graphs  # noqa: F401
