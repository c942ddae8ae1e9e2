"""Patents: numbers, sources, merge, status, annuities, import and the register's pages."""

from django.apps import AppConfig


class PatentsConfig(AppConfig):
    name = "listings.patents"
    label = "patents"

    def ready(self) -> None:
        """Make the import lifecycle, file guard, subscriber, search collection, pages and the demo known."""
        from listings.patents import contributions, demo_data, search, subscribers  # noqa: F401
        from marketplace.core.demo import chapter

        contributions.contribute()
        chapter(20, "patents", demo_data.load)
