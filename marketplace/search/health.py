"""The search index as a part of readiness."""

from marketplace.core.health import PartState, probe

from .index import collections, ready


@probe("search")
def search_index() -> PartState:
    """Ready when every registered collection can answer."""
    states = [ready(one.name) for one in collections()]
    words = "; ".join(f"{state.collection}: {state.state}, {state.documents} documents" for state in states)
    return PartState(all(state.is_ready for state in states), words or "no collections")
