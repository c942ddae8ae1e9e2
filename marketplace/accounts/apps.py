"""People and organisations."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "marketplace.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Make the lifecycle, the subscriber, the file guard, the signal receivers and the demo known."""
        from marketplace.accounts import access, demo, graphs, letters, signals, tokens  # noqa: F401
        from marketplace.core.demo import chapter, sign_in_list

        chapter(10, "accounts", demo.load)
        sign_in_list(demo.sign_ins)
