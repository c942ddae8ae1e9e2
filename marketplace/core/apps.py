"""The core: what every trade stands on. It knows no trade."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "marketplace.core"
    label = "core"

    def ready(self) -> None:
        """Load the Celery application, so that tasks sent from any process reach the right broker."""
        from django_structlog.signals import bind_extra_request_metadata

        import marketplace.celery  # noqa: F401
        from marketplace.core.logs import bind_address
        from marketplace.core.triggers import never_skipped

        bind_extra_request_metadata.connect(bind_address)
        post_migrate.connect(never_skipped, sender=self)
