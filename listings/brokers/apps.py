"""Mandates of technology brokers and the introductions they make."""

from django.apps import AppConfig


class BrokersConfig(AppConfig):
    name = "listings.brokers"
    label = "brokers"

    def ready(self) -> None:
        """Make lifecycles, notices and pages known."""
        from listings.brokers import contributions, graphs, notices  # noqa: F401

        notices.announce_all()
        contributions.contribute()
