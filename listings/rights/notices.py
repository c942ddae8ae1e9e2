"""Who is told what about the rights register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from listings.assets.models import Asset
from listings.rights.models import Entry, Statement
from listings.rights.ruling import enforces
from listings.rights.services.entries import shown_number
from listings.rights.states import EndReason, EntryKind
from marketplace.accounts.models import Membership
from marketplace.accounts.roles import DESK_KINDS, Role
from marketplace.accounts.states import OrganisationState
from marketplace.core.models import Event
from marketplace.notifications.service import announce

KEEPERS = [Role.OWNER, Role.STAFF]


def _people(organisation_id: int | None, roles: Sequence[str] = KEEPERS) -> set[int]:
    rows = Membership.objects.live().filter(organisation=organisation_id, roles__overlap=list(roles))
    return set(rows.values_list("user_id", flat=True))


def _desk(event: Event) -> Iterable[int]:
    rows = Membership.objects.live().filter(
        organisation__kind__in=DESK_KINDS,
        organisation__state=OrganisationState.VERIFIED,
        roles__overlap=[Role.REVIEWER, Role.APPROVER],
    )
    return set(rows.values_list("user_id", flat=True)) - {event.actor_id or 0}


def _assets(event: Event) -> list[int]:
    return [pk for kind, pk in event.touched() if kind == "assets.asset"]


def _number(event: Event) -> str:
    return ", ".join(shown_number(one) for one in Asset.objects.filter(pk__in=_assets(event)))


def _params(event: Event) -> dict[str, Any]:
    return {"number": _number(event), "reason": event.reason}


def _stater(event: Event) -> Iterable[int]:
    found = Statement.objects.filter(pk=event.subject_id).values_list("organisation_id", flat=True).first()
    return _people(found) if found else ()


def _holders_of_frozen(event: Event) -> Iterable[int]:
    """The holder hears of an order, dispute or invalidation entered by others."""
    if event.data.get("kind") not in (EntryKind.PRESERVATION, EntryKind.OWNERSHIP_SUIT, EntryKind.INVALIDATION):
        return ()
    holder = Asset.objects.filter(pk__in=_assets(event)).values_list("holder_id", flat=True).first()
    return _people(holder) - {event.actor_id or 0} if holder else ()


@enforces("PLG-NOTIFY")
def _pledgees(event: Event) -> Iterable[int]:
    """A pledgee hears of what befalls its collateral: an order, a dispute, an invalidation (Announcement 461)."""
    if event.data.get("kind") not in (EntryKind.PRESERVATION, EntryKind.OWNERSHIP_SUIT, EntryKind.INVALIDATION):
        return ()
    pledges = Entry.objects.live().filter(asset__in=_assets(event), kind=EntryKind.PLEDGE, party__isnull=False)
    return {pk for one in pledges for pk in _people(one.party_id, [Role.OWNER, Role.POST_LOAN, Role.STAFF])}


def _pledgor(event: Event) -> Iterable[int]:
    if event.data.get("kind") != EntryKind.PLEDGE or event.data.get("reason") != EndReason.RELEASED:
        return ()
    found = Entry.objects.filter(pk=event.subject_id).values_list("grantor_id", flat=True).first()
    return _people(found) if found else ()


def _rights_page(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("rights_page", args=[_assets(event)[0]])


def _desk_page(event: Event) -> str:
    with translation.override("zh-hans"):
        return reverse("statement_list")


def announce_all() -> None:
    """Called once the app is ready."""
    announce(
        "statement.begin",
        recipients=_desk,
        params=_params,
        url=_desk_page,
        sentence=_("A statement about %(number)s waits for a decision"),
    )
    announce(
        "statement.confirm",
        recipients=_stater,
        params=_params,
        url=_rights_page,
        sentence=_("Your statement about %(number)s is in the register"),
    )
    announce(
        "statement.refuse",
        recipients=_stater,
        params=_params,
        url=_rights_page,
        sentence=_("Your statement about %(number)s was refused: %(reason)s"),
    )
    announce(
        "pledge_release.begin",
        recipients=_desk,
        params=_params,
        url=_desk_page,
        sentence=_("A release of a pledge of %(number)s waits for a second person"),
    )
    announce(
        "rights.record",
        recipients=lambda event: {*_holders_of_frozen(event), *_pledgees(event)},
        params=_params,
        url=_rights_page,
        sentence=_("The register has an order, dispute or invalidation request about %(number)s"),
    )
    announce(
        "rights.end",
        recipients=_pledgor,
        params=_params,
        url=_rights_page,
        sentence=_("The pledge of %(number)s is released"),
    )
