"""Everything that happens to a need, one function a verb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from listings.catalogue.access import may_seek
from listings.catalogue.graphs import NEED_GRAPH
from listings.catalogue.models import Need
from listings.catalogue.numbering import next_number
from listings.catalogue.refusals import AlreadySubmitted, NotYours, Stale
from listings.catalogue.states import NEED_EDITABLE
from marketplace.accounts.models import Organisation
from marketplace.core import clock, events, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import NotFound, NotPermitted
from marketplace.core.locks import locked

CONTENT = (
    "title_zh",
    "title_en",
    "problem_zh",
    "problem_en",
    "requirements_zh",
    "requirements_en",
    "budget_min",
    "budget_max",
    "currency",
    "deadline",
    "ipc_hints",
    "modes",
    "region",
    "is_anonymous",
)


@transaction.atomic
def create_need(*, by: Actor, values: Mapping[str, Any] | None = None) -> Need:
    """A draft for the organisation the actor acts for. Raises NotPermitted."""
    if not may_seek(by) or by.user_id is None or by.acts_for is None:
        raise NotPermitted()
    organisation = Organisation.objects.select_related("region").get(pk=by.acts_for)
    need = Need(
        number=next_number("N"),
        organisation=organisation,
        created_by_id=by.user_id,
        on_behalf_of_id=by.on_behalf_of,
        region=organisation.region,
        is_sample=organisation.is_sample,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    _put(need, values or {})
    lifecycle.begin(NEED_GRAPH, need, by=by, data={"number": need.number})
    return need


@transaction.atomic
def save_need(*, need_id: int, by: Actor, values: Mapping[str, Any], seen_version: int | None = None) -> Need:
    """Write content into a draft or returned need. Raises NotFound, NotPermitted, AlreadySubmitted, Stale."""
    with locked(Need, need_id) as need:
        if by.acts_for != need.organisation_id:
            raise NotFound()
        if not may_seek(by):
            raise NotPermitted()
        if need.state not in NEED_EDITABLE:
            raise AlreadySubmitted()
        if seen_version is not None and seen_version != need.version:
            raise Stale()
        changed = _put(need, values)
        if changed:
            need.version += 1
            need.updated_at = clock.now()
            need.save(update_fields=[*changed, "version", "updated_at"])
            events.record("need.save", need, by, data={"number": need.number, "fields": sorted(changed)})
    return need


def _put(need: Need, values: Mapping[str, Any]) -> list[str]:
    changed = []
    for name, value in values.items():
        if name not in CONTENT:
            raise KeyError(f"{name} is not written by hand")
        if getattr(need, name) != value:
            setattr(need, name, value)
            changed.append(name)
    return changed


def _walk(need_id: int, verb: str, by: Actor, reason: str = "") -> Need:
    with locked(Need, need_id) as need:
        also = ["version", "updated_at"]
        need.version += 1
        need.updated_at = clock.now()
        if verb == "publish":
            if by.org_id == need.organisation_id:
                raise NotYours()
            need.published_at = clock.now()
            also.append("published_at")
        data = {"number": need.number, "version": need.version}
        lifecycle.walk(NEED_GRAPH, need, verb, by=by, reason=reason, data=data, also=also)
    return need


def submit_need(*, need_id: int, by: Actor) -> Need:
    """Hand it in. Raises IllegalTransition, NotPermitted, Incomplete."""
    return _walk(need_id, "submit", by)


def recall_need(*, need_id: int, by: Actor) -> Need:
    """Take it back out of review. Raises IllegalTransition, NotPermitted."""
    return _walk(need_id, "recall", by)


def publish_need(*, need_id: int, by: Actor) -> Need:
    """Put it on the market. Raises IllegalTransition, NotPermitted, Incomplete, NotYours."""
    return _walk(need_id, "publish", by)


def return_need(*, need_id: int, by: Actor, reason: str) -> Need:
    """Send it back with what is wrong. Raises IllegalTransition, NotPermitted, ReasonMissing."""
    return _walk(need_id, "return", by, reason)


def amend_need(*, need_id: int, by: Actor) -> Need:
    """Take it offline as a draft. Raises IllegalTransition, NotPermitted."""
    return _walk(need_id, "amend", by)


def meet_need(*, need_id: int, by: Actor, reason: str = "") -> Need:
    """Close it as met. Raises IllegalTransition, NotPermitted."""
    return _walk(need_id, "meet", by, reason)


def withdraw_need(*, need_id: int, by: Actor, reason: str = "") -> Need:
    """End it for good. Raises IllegalTransition, NotPermitted."""
    return _walk(need_id, "withdraw", by, reason)
