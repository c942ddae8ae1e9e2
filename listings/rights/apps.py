"""Who owns, licenses, pledges and freezes a right, and whether an act may be done to it."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "listings.rights"
    label = "rights"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries known."""
        from listings.rights import checking, graphs  # noqa: F401
        from listings.rights.services import entries, licences, ownership, pledges, reservations, statements  # noqa: F401
