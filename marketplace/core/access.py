"""The access base: a view gets its objects only through these, from an `access.py` of its app.

What an actor may not see does not exist (NotFound, 404). What it sees but may not do is NotPermitted (403).
"""

from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet

from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.lifecycle import Who

M = TypeVar("M", bound=Model)


def found(visible: QuerySet[M], **lookup: Any) -> M:
    """The one row of `visible` that matches; raises NotFound alike for none and for one that is hidden."""
    try:
        return visible.get(**lookup)
    except (ObjectDoesNotExist, ValueError, OverflowError) as error:
        raise NotFound() from error


def require(who: Who, actor: Actor, subject: Any = None) -> None:
    """Raises NotPermitted unless `who` permits the actor on the subject."""
    if not who.permits(actor, subject):
        raise NotPermitted()
