"""From the first question about a listing to a recorded right and everybody paid."""

from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "listings.deals"
    label = "deals"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries known."""
        from listings.deals import (  # noqa: F401  # noqa: F401
            access,
            contributions,
            invariants,
            notices,
            reactions,
            talk_access,
            talk_contributions,
            talk_notices,
            talk_reactions,
        )
        from listings.deals.contracts import papers
        from listings.deals.graphs import deal, dispute, filing, royalty, talks  # noqa: F401

        talk_notices.announce_all()
        talk_contributions.contribute()
        notices.announce_all()
        contributions.contribute()
        papers.register_templates()
