"""Documents, their signatures and their seal."""

from django.apps import AppConfig


class SigningConfig(AppConfig):
    name = "marketplace.signing"
    label = "signing"

    def ready(self) -> None:
        """Make lifecycles, file guard and subscriber known; the floors above take pages and notices from here."""
        from marketplace.signing import access, graphs, reactions, verifying  # noqa: F401
