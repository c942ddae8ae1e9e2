"""From the first question about a listing to a recorded right and everybody paid."""

from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "listings.deals"
    label = "deals"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries known."""
        from listings.deals import access, contributions, demo_data, invariants, notices, reactions  # noqa: F401
        from listings.deals.contracts import papers
        from listings.deals.graphs import deal, dispute, filing, royalty  # noqa: F401
        from listings.deals.graphs import talks as talks_graphs  # noqa: F401
        from listings.deals.talks import access as talks_access  # noqa: F401
        from listings.deals.talks import contributions as talks_contributions
        from listings.deals.talks import notices as talks_notices
        from listings.deals.talks import reactions as talks_reactions  # noqa: F401
        from marketplace.core.demo import chapter

        talks_notices.announce_all()
        talks_contributions.contribute()
        notices.announce_all()
        contributions.contribute()
        papers.register_templates()
        chapter(50, "deals", demo_data.load)
