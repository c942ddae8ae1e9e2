"""People and organisations."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "marketplace.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Make the lifecycle, the subscriber, the file guard and the signal receivers known."""
        from marketplace.accounts import access, graphs, letters, signals, tokens  # noqa: F401
