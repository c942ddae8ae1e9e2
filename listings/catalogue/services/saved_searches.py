"""Searches people keep: by name, run again, and how much is new since they last looked."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from listings.catalogue.access import require_person, saved_searches
from listings.catalogue.models import LONGEST_QUERY, SavedSearch
from listings.catalogue.refusals import NameTaken, TooManySaved
from marketplace.core import clock
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid

MOST_SAVED = 50
#: Parameters that say where in the results one was, not what was searched.
PASSING = ("page", "pick", "per_page", "csrfmiddlewaretoken")
COLLECTIONS = ("listings", "needs", "patents")


def tidy(query: str) -> str:
    """The query string without what does not belong to the question. Raises Invalid when it is too long."""
    asked = QueryDict(query.lstrip("?"), mutable=True)
    for name in PASSING:
        asked.pop(name, None)
    for name in [name for name, values in asked.lists() if not any(values)]:
        del asked[name]
    text = asked.urlencode()
    if len(text) > LONGEST_QUERY:
        raise Invalid(field="query", problem=_("This search has too many conditions to be kept."))
    return text


def save_search(*, by: Actor, collection: str, name: str, query: str) -> SavedSearch:
    """Keep a search. Raises NotPermitted, Invalid, NameTaken, TooManySaved."""
    person = require_person(by)
    if collection not in COLLECTIONS:
        raise Invalid(field="collection", problem=_("There is no such list to search in."))
    title = _named(name)
    if saved_searches(by).count() >= MOST_SAVED:
        raise TooManySaved(most=MOST_SAVED)
    now = clock.now()
    try:
        with transaction.atomic():
            return SavedSearch.objects.create(
                user=person,
                organisation_id=by.acts_for,
                collection=collection,
                name=title,
                query=tidy(query),
                created_at=now,
                seen_at=now,
            )
    except IntegrityError as error:
        raise NameTaken(field="name") from error


def rename_search(*, search_id: int, by: Actor, name: str) -> SavedSearch:
    """Call it something else. Raises NotFound, Invalid, NameTaken."""
    saved = found(saved_searches(by), pk=search_id)
    saved.name = _named(name)
    try:
        with transaction.atomic():
            saved.save(update_fields=["name"])
    except IntegrityError as error:
        raise NameTaken(field="name") from error
    return saved


def delete_search(*, search_id: int, by: Actor) -> None:
    """Forget it. Raises NotFound."""
    found(saved_searches(by), pk=search_id).delete()


def open_search(*, search_id: int, by: Actor) -> SavedSearch:
    """Note that its results are being looked at now. Raises NotFound."""
    saved = found(saved_searches(by), pk=search_id)
    saved.seen_at = clock.now()
    saved.save(update_fields=["seen_at"])
    return saved


def _named(name: str) -> str:
    title = " ".join(name.replace("\0", " ").split())
    if not title or len(title) > 80:
        raise Invalid(field="name", problem=_("Give the search a name of at most 80 characters."))
    return title
