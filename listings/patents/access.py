"""Who sees what of the register. What an actor may not see does not exist."""

from __future__ import annotations

from django.db.models import QuerySet

from listings.assets.models import Asset
from listings.patents.models import ImportRun
from marketplace.core.access import found
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound
from marketplace.core.models import StatefulQuerySet


def shown_assets() -> QuerySet[Asset]:
    """Rights with something to show: the register itself is public."""
    return Asset.objects.filter(patent__is_partial=False).exclude(title_zh="", title_en="")


def get_shown(pk: int) -> Asset:
    """The right behind a public page, with what the page reads. Raises NotFound."""
    rows = (
        shown_assets()
        .select_related("patent", "holder")
        .prefetch_related("parties", "legal_events", "patent__citations", "patent__annuity_payments")
    )
    return found(rows, pk=pk)


def own_organisation_id(actor: Actor) -> int:
    """The organisation whose rights the actor looks after. Raises NotFound for people without one."""
    if actor.acts_for is None:
        raise NotFound()
    return actor.acts_for


def get_own(actor: Actor, pk: int) -> Asset:
    """A right of the organisation the actor acts for. Raises NotFound."""
    return found(Asset.objects.select_related("patent").held_by(own_organisation_id(actor)), pk=pk)


def runs_visible_to(actor: Actor) -> StatefulQuerySet[ImportRun]:
    if actor.acts_for is None:
        return ImportRun.objects.none()
    return ImportRun.objects.filter(organisation_id=actor.acts_for, file__isnull=False)


def get_run(actor: Actor, pk: int) -> ImportRun:
    """An import of the organisation the actor acts for. Raises NotFound."""
    return found(runs_visible_to(actor).select_related("file", "created_by"), pk=pk)
