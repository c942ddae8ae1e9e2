"""Needs and listings brought together, with the reasons shown."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "listings.matching"
    label = "matching"

    def ready(self) -> None:
        """Make the sides of the market and the subscriber known."""
        from listings.matching import subscribers  # noqa: F401
        from listings.matching.offers import ListingSource
        from listings.matching.sides import collections, register_sides

        register_sides(ListingSource(), collections())
