"""Lifecycles of the talks before a deal, of the deal, and of what belongs to it."""
