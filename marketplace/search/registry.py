"""Which collections there are and where their documents come from. Higher floors register theirs when their app is
ready."""

from __future__ import annotations

from .fields import Collection, Provider, SearchError


class UnknownCollection(SearchError):
    """No collection of this name is registered."""

    code = "search_unknown_collection"


_collections: dict[str, tuple[Collection, Provider]] = {}


def register(collection: Collection, provider: Provider) -> None:
    """Make a collection known. Registering a name again replaces it."""
    _collections[collection.name] = (collection, provider)


def unregister(name: str) -> None:
    _collections.pop(name, None)


def collections() -> list[Collection]:
    """All registered collections, by name."""
    return [_collections[name][0] for name in sorted(_collections)]


def collection(name: str) -> Collection:
    return _entry(name)[0]


def provider(name: str) -> Provider:
    return _entry(name)[1]


def _entry(name: str) -> tuple[Collection, Provider]:
    try:
        return _collections[name]
    except KeyError:
        raise UnknownCollection(f"no collection {name!r}; known: {', '.join(sorted(_collections)) or 'none'}") from None
