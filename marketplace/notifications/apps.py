from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "marketplace.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Listen to events, and tell what the floor below has to tell."""
        from marketplace.accounts import tidings
        from marketplace.notifications import service

        tidings.contribute_to(service.announce)
