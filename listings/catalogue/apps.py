"""Listings and needs."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "listings.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Make lifecycles, file guard, subscriber, notices, search collections, pages and the demo known."""
        from listings.catalogue import (  # noqa: F401
            access,
            contributions,
            demo_data,
            encumbrances,
            graphs,
            notices,
            reactions,
            sitemaps,
        )
        from listings.catalogue.search import register_collections
        from marketplace.core.demo import chapter

        register_collections()
        notices.announce_all()
        contributions.contribute()
        chapter(30, "catalogue", demo_data.load)
