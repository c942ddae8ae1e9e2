"""Documents, their signatures and their seal."""

from django.apps import AppConfig


class SigningConfig(AppConfig):
    name = "marketplace.signing"
    label = "signing"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries known."""
