"""Pledge loans: products, applications, credit work, registration, servicing, watch, default and disposal."""

from django.apps import AppConfig


class LoansConfig(AppConfig):
    name = "loans"
    label = "loans"

    def ready(self) -> None:
        """Make lifecycles, subscribers, pages and registries known."""
        from loans import access, contributions, demo_data, notices, reactions  # noqa: F401
        from loans.contracts import papers
        from loans.graphs import application, credit, disposal, loan, pledge, product, shortfall  # noqa: F401
        from loans.live import contributions as live_contributions
        from loans.live import notices as live_notices
        from loans.live import reactions as live_reactions  # noqa: F401
        from marketplace.core.demo import chapter

        notices.announce_all()
        live_notices.announce_all()
        contributions.contribute()
        live_contributions.contribute()
        papers.register_templates()
        chapter(60, "loans", demo_data.load)
