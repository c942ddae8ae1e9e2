"""Who owns, licenses, pledges and freezes a right, and whether an act may be done to it."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "listings.rights"
    label = "rights"

    def ready(self) -> None:
        """Make lifecycles, the timer of terms, the paper guard, notices, pages and registries known."""
        from listings.rights import (  # noqa: F401
            access,
            checking,
            contributions,
            demo_data,
            graphs,
            notices,
            subscribers,
        )
        from listings.rights.services import entries, licences, ownership, pledges, reservations, statements  # noqa: F401
        from marketplace.core.demo import chapter

        notices.announce_all()
        contributions.contribute()
        chapter(25, "rights", demo_data.load)
