"""The yes of co-owners that a listing waits for: they are asked when their right is put into it, once each."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from listings.catalogue.encumbrances import ACT_OF, subject_of
from listings.catalogue.models import ListedAsset, Listing
from listings.catalogue.states import EDITABLE, ListingState, Mode
from listings.rights.checking import check
from listings.rights.models import Consent, Entry
from listings.rights.ruling import enforces
from listings.rights.states import ALONE, Act, ConsentKind, EntryKind
from marketplace.core import events
from marketplace.core.actor import Actor
from marketplace.core.models import Event

ASKED = "listing.ask_consent"
#: A listing that is not shown yet, or no longer, for want of a consent.
WAITING_STATES = EDITABLE | {ListingState.SUSPENDED}
#: What a listing offers and an owner may not grant alone; who disposes of collateral asks no owner.
NOT_ALONE: dict[str, Act] = {mode: act for mode, act in ACT_OF.items() if act not in ALONE and mode != Mode.DISPOSAL}


@enforces("PAT-COOWN-ALL")
def ask_co_owners(listing: Listing, *, by: Actor) -> None:
    """Ask the co-owners on the market whose yes to this listing's act is missing and who were not asked for it before.

    Runs in the transaction that chose the rights or the act.
    """
    act = NOT_ALONE.get(listing.mode)
    rights = list(listing.listed.values_list("asset_id", flat=True))
    if act is None or not rights:
        return
    verdict = check(rights, act, holder_id=listing.organisation_id, subject=subject_of(listing))
    missing: list[list[Any]] = [
        [organisation_id, one.asset_id, act.value]
        for one in verdict.findings
        if one.consent == ConsentKind.CO_OWNER and one.is_block
        for organisation_id in one.consent_from
    ]
    known = Event.objects.filter(kind=ASKED, subject_kind=listing._meta.label_lower, subject_id=listing.pk)
    before = [one for data in known.values_list("data", flat=True) for one in data["asked"]]
    asked = [one for one in missing if one not in before]
    if asked:
        touched = sorted({asset_id for _, asset_id, _ in asked if asset_id is not None})
        data = {"number": listing.number, "asked": asked, "touched": {"assets.asset": touched}}
        events.record(ASKED, listing, by, data=data)


def awaited_from(organisation_id: int) -> QuerySet[ListedAsset]:
    """Rights of others' listings that wait for this co-owner's yes."""
    owns = Entry.objects.live().filter(
        asset=OuterRef("asset"), kind=EntryKind.OWNERSHIP, is_recorded_only=False, party=organisation_id
    )
    lacks_yes = Q()
    for mode, act in NOT_ALONE.items():
        yes = Consent.objects.live().filter(
            Q(subject_kind="") | Q(subject_kind=Listing._meta.label_lower, subject_id=OuterRef("listing")),
            asset=OuterRef("asset"),
            kind=ConsentKind.CO_OWNER,
            organisation=organisation_id,
            acts__contains=[act],
        )
        lacks_yes |= Q(~Exists(yes), listing__mode=mode)
    return (
        ListedAsset.objects.filter(Exists(owns), lacks_yes, listing__state__in=WAITING_STATES)
        .exclude(listing__organisation=organisation_id)
        .select_related("asset__patent", "listing__organisation")
    )
