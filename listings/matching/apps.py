"""Needs and listings brought together, with the reasons shown."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "listings.matching"
    label = "matching"
