from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    """The search room: no models, two commands (`rebuild_search`, `check_search`), a subscriber and a readiness
    probe."""

    name = "marketplace.search"
    label = "search"
    verbose_name = _("Search")

    def ready(self) -> None:
        """Listen to events and answer for the index's readiness."""
        from . import health, subscriber  # noqa: F401
