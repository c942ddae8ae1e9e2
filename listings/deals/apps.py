"""From the first question about a listing to a recorded right and everybody paid."""

from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "listings.deals"
    label = "deals"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries known."""
