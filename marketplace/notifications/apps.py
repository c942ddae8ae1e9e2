from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "marketplace.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Listen to events, and tell what the floor below and this one have to tell."""
        from marketplace.accounts import tidings as accounts
        from marketplace.notifications import service, tidings
        from marketplace.notifications.webhooks import messages  # noqa: F401  # subscribes to events

        accounts.contribute_to(service.announce)
        tidings.announce_all()
