"""Mandates of technology brokers and the introductions they make."""

from django.apps import AppConfig


class BrokersConfig(AppConfig):
    name = "listings.brokers"
    label = "brokers"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries known."""
