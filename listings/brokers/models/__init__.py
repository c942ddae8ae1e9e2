"""Mandates and introductions."""

from listings.brokers.models.mandate import Introduction, Mandate

__all__ = ["Introduction", "Mandate"]
