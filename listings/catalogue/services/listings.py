"""Everything that happens to a listing, one function a verb: lock, guard, walk, event, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from listings.assets.models import Asset
from listings.assets.states import TRADABLE, LegalStatus
from listings.catalogue.access import may_list
from listings.catalogue.encumbrances import in_both, refused_now
from listings.catalogue.graphs import LISTING_GRAPH
from listings.catalogue.models import ListedAsset, Listing
from listings.catalogue.naming import shown_number
from listings.catalogue.numbering import next_number
from listings.catalogue.refusals import AlreadySubmitted, NotYours, Stale, TooManyRights, UnknownRight
from listings.catalogue.services.co_owners import ask_co_owners
from listings.catalogue.states import EDITABLE, PUBLIC, Mode
from marketplace.accounts.models import Organisation
from marketplace.accounts.roles import Kind
from marketplace.core import clock, events, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Busy, NotFound, NotPermitted
from marketplace.core.locks import locked, locked_all
from marketplace.core.models import Event

MOST_RIGHTS = 50

#: Columns a holder writes; everything else is the lifecycle's.
CONTENT = (
    "mode",
    "title_zh",
    "title_en",
    "problem_zh",
    "problem_en",
    "benefit_zh",
    "benefit_en",
    "applications_zh",
    "applications_en",
    "readiness",
    "evidence_zh",
    "evidence_en",
    "territory_zh",
    "territory_en",
    "field_of_use_zh",
    "field_of_use_en",
    "term_months",
    "price_mode",
    "price_min",
    "price_max",
    "currency",
    "price_per",
    "royalty_pct",
    "royalty_base_zh",
    "royalty_base_en",
    "offers_until",
    "region",
    "valid_until",
)


@contextmanager
def _with_rights_locked(listing_id: int) -> Iterator[Listing]:
    """The listing and its rights locked in one order, so that no status changes between the look and the decision.

    Raises NotFound, Busy (also when the set of rights changed while waiting).
    """
    wanted = list(ListedAsset.objects.filter(listing=listing_id).values_list("asset_id", flat=True))
    with locked_all([(Listing, listing_id), *((Asset, pk) for pk in wanted)]) as rows:
        now = set(ListedAsset.objects.filter(listing=listing_id).values_list("asset_id", flat=True))
        if now != set(wanted):
            raise Busy()
        listing = rows[0]
        assert isinstance(listing, Listing)
        yield listing


def _touching(listing: Listing, **more: Any) -> dict[str, Any]:
    """Event data that lets a right's own timeline and pages follow its listings."""
    rights = list(ListedAsset.objects.filter(listing=listing.pk).values_list("asset_id", flat=True))
    told = {"number": listing.number, "version": listing.version, "touched": {"assets.asset": rights}}
    return {**told, **({"taken_over": True} if listing.is_taken_over else {}), **more}


def _walk(listing: Listing, verb: str, *, by: Actor, reason: str = "", also: Sequence[str] = (), **more: Any) -> Event:
    """Take the step; every step is a new version, which is what the search index is checked against."""
    listing.version += 1
    listing.updated_at = clock.now()
    return lifecycle.walk(
        LISTING_GRAPH,
        listing,
        verb,
        by=by,
        reason=reason,
        data=_touching(listing, **more),
        also=("version", "updated_at", *also),
    )


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def create_listing(
    *,
    by: Actor,
    asset_ids: Sequence[int],
    mode: str = Mode.TRANSFER,
    values: Mapping[str, Any] | None = None,
    source_note: tuple[str, str] = ("", ""),
) -> Listing:
    """A draft for the organisation the actor acts for. Raises NotPermitted, UnknownRight, TooManyRights.

    `source_note` (Chinese, English) says which published catalogue a listing was taken over from; no page sets it.
    """
    if not may_list(by) or by.user_id is None or by.acts_for is None:
        raise NotPermitted()
    organisation = Organisation.objects.select_related("region").get(pk=by.acts_for)
    listing = Listing(
        number=next_number("L"),
        organisation=organisation,
        created_by_id=by.user_id,
        on_behalf_of_id=by.on_behalf_of,
        mode=mode,
        region=organisation.region,
        source_note_zh=source_note[0],
        source_note_en=source_note[1],
        is_sample=organisation.is_sample and not any(source_note),
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    _put(listing, values or {})
    chosen = _choosable(organisation, mode, asset_ids)
    if len(chosen) == 1 and not listing.title_zh and not listing.title_en:
        listing.title_zh, listing.title_en = chosen[0].title_zh[:200], chosen[0].title_en[:300]
    lifecycle.begin(
        LISTING_GRAPH, listing, by=by, data={"number": listing.number, "touched": {"assets.asset": list(asset_ids)}}
    )
    _set_rights(listing, chosen)
    ask_co_owners(listing, by=by)
    return listing


@transaction.atomic
def save_draft(
    *,
    listing_id: int,
    by: Actor,
    values: Mapping[str, Any] | None = None,
    asset_ids: Sequence[int] | None = None,
    seen_version: int | None = None,
) -> Listing:
    """Write content into a draft or a returned listing; what it lacks is reported, not refused.

    `seen_version` is the version the writer had before them: another one in between is Stale, so nobody overwrites a
    colleague. Raises NotPermitted, AlreadySubmitted, Stale, UnknownRight.
    """
    with locked(Listing, listing_id) as listing:
        _may_write(listing, by)
        if seen_version is not None and seen_version != listing.version:
            raise Stale()
        changed = _put(listing, values or {})
        if asset_ids is not None:
            chosen = _choosable(listing.organisation, listing.mode, asset_ids)
            before = list(listing.listed.values_list("asset_id", flat=True))
            if before != [asset.pk for asset in chosen]:
                changed.append("assets")
                _set_rights(listing, chosen)
        if changed:
            listing.version += 1
            listing.updated_at = clock.now()
            listing.save(update_fields=[*(name for name in changed if name != "assets"), "version", "updated_at"])
            events.record("listing.save", listing, by, data=_touching(listing, fields=sorted(changed)))
        if {"assets", "mode"} & set(changed):
            ask_co_owners(listing, by=by)
    return listing


def _may_write(listing: Listing, by: Actor) -> None:
    if by.acts_for != listing.organisation_id:
        raise NotFound()
    if not may_list(by):
        raise NotPermitted()
    if listing.state not in EDITABLE:
        raise AlreadySubmitted()


def _put(listing: Listing, values: Mapping[str, Any]) -> list[str]:
    """Set content columns; returns those whose value changed. Raises KeyError for a column that is not content."""
    changed = []
    for name, value in values.items():
        if name not in CONTENT:
            raise KeyError(f"{name} is not written by hand")
        if getattr(listing, name) != value:
            setattr(listing, name, value)
            changed.append(name)
    return changed


def _choosable(organisation: Organisation, mode: str, asset_ids: Sequence[int]) -> list[Asset]:
    """The rights in the order asked, if this organisation may name them."""
    wanted = list(dict.fromkeys(asset_ids))
    if len(wanted) > MOST_RIGHTS:
        raise TooManyRights(field="assets", most=MOST_RIGHTS)
    allowed = Asset.objects.filter(pk__in=wanted)
    if not (organisation.kind == Kind.BANK and mode == Mode.DISPOSAL):
        allowed = allowed.held_by(organisation.pk)
    by_id = {asset.pk: asset for asset in allowed}
    if len(by_id) != len(wanted):
        raise UnknownRight(field="assets")
    return [by_id[pk] for pk in wanted]


def _set_rights(listing: Listing, chosen: Iterable[Asset]) -> None:
    listing.listed.all().delete()
    ListedAsset.objects.bulk_create(
        ListedAsset(listing=listing, asset=asset, position=place) for place, asset in enumerate(chosen)
    )


@transaction.atomic
def copy_listing(*, listing_id: int, by: Actor) -> Listing:
    """A new draft with the content of one of the organisation's own, in any state. Papers are not copied.

    Rights no longer held are left out. Raises NotFound, NotPermitted.
    """
    source = Listing.objects.filter(pk=listing_id, organisation=by.acts_for).first()
    if source is None:
        raise NotFound()
    held = source.listed.filter(asset__holder=by.acts_for) if source.mode != Mode.DISPOSAL else source.listed.all()
    values = {name: getattr(source, name) for name in CONTENT if name not in {"valid_until", "offers_until", "mode"}}
    return create_listing(
        by=by, asset_ids=list(held.values_list("asset_id", flat=True)), mode=source.mode, values=values
    )


# ── the holder's steps ───────────────────────────────────────────────────────────────────────────────────────────────
def submit_listing(*, listing_id: int, by: Actor) -> Listing:
    """Hand it in; an answer is owed in two working days. Raises IllegalTransition, NotPermitted, Incomplete."""
    with _with_rights_locked(listing_id) as listing:
        _walk(listing, "submit", by=by)
    return listing


def recall_listing(*, listing_id: int, by: Actor) -> Listing:
    """Take it back out of review. Raises IllegalTransition, NotPermitted."""
    return _simple(listing_id, "recall", by)


def amend_listing(*, listing_id: int, by: Actor) -> Listing:
    """Take it offline as a draft, to be changed and reviewed again. Raises IllegalTransition, NotPermitted."""
    return _simple(listing_id, "amend", by)


def withdraw_listing(*, listing_id: int, by: Actor, reason: str = "") -> Listing:
    """End it for good; `copy_listing` starts a new one. Raises IllegalTransition, NotPermitted."""
    return _simple(listing_id, "withdraw", by, reason)


def reserve_listing(*, listing_id: int, by: Actor) -> Listing:
    """Stay visible, marked as reserved. Raises IllegalTransition, NotPermitted."""
    return _simple(listing_id, "reserve", by)


def release_listing(*, listing_id: int, by: Actor) -> Listing:
    """Lift the reservation; a listing whose last day passed meanwhile expires at the next tick. Raises as `reserve`."""
    return _simple(listing_id, "release", by)


def close_listing(*, listing_id: int, by: Actor, reason: str = "") -> Listing:
    """Settled: off the market. Raises IllegalTransition, NotPermitted."""
    return _simple(listing_id, "close", by, reason)


def resume_listing(*, listing_id: int, by: Actor) -> Listing:
    """Back on the market, rights allowing. Raises IllegalTransition, NotPermitted, Incomplete, SuspendedByOperator."""
    with _with_rights_locked(listing_id) as listing:
        _walk(listing, "resume", by=by)
    return listing


def _simple(listing_id: int, verb: str, by: Actor, reason: str = "") -> Listing:
    with locked(Listing, listing_id) as listing:
        _walk(listing, verb, by=by, reason=reason)
    return listing


# ── the operator's steps ─────────────────────────────────────────────────────────────────────────────────────────────
def publish_listing(*, listing_id: int, by: Actor) -> Listing:
    """Put it on the market. Raises IllegalTransition, NotPermitted, Incomplete, NotYours (the own organisation's)."""
    with _with_rights_locked(listing_id) as listing:
        if by.org_id == listing.organisation_id:
            raise NotYours()
        listing.published_at = clock.now()
        _walk(listing, "publish", by=by, also=("published_at",))
    return listing


def return_listing(*, listing_id: int, by: Actor, reason: str) -> Listing:
    """Send it back with what is wrong. Raises IllegalTransition, NotPermitted, ReasonMissing."""
    return _simple(listing_id, "return", by, reason)


def suspend_listing(*, listing_id: int, by: Actor, reason: str) -> Listing:
    """Take it off the market until resumed. Raises IllegalTransition, NotPermitted, ReasonMissing."""
    return _simple(listing_id, "suspend", by, reason)


# ── what the clock does ──────────────────────────────────────────────────────────────────────────────────────────────
def suspend_for_status(asset_ids: Iterable[int]) -> int:
    """Suspend every public listing of these rights whose status no longer allows trade; returns how many.

    Running it again changes nothing: each listing is looked at anew under its lock.
    """
    ended = Asset.objects.filter(pk__in=list(asset_ids)).exclude(status__in=TRADABLE)
    touched = (
        Listing.objects.filter(state__in=PUBLIC, listed__asset__in=ended).order_by("pk").values_list("pk", flat=True)
    )
    return sum(_suspend_if_ended(pk) for pk in dict.fromkeys(touched))


def _suspend_if_ended(listing_id: int) -> bool:
    with _with_rights_locked(listing_id) as listing:
        ended = [asset for asset in listing.rights if asset.status not in TRADABLE]
        if listing.state not in PUBLIC or not ended:
            return False
        asset = ended[0]
        reasons = {language: _status_reason(asset, language) for language in ("zh-hans", "en")}
        _walk(
            listing,
            "suspend",
            by=SYSTEM,
            reason=reasons["zh-hans"],
            reason_zh=reasons["zh-hans"],
            reason_en=reasons["en"],
        )
    return True


def _status_reason(asset: Asset, language: str) -> str:
    with translation.override(language):
        return _("The register now says “%(status)s” for %(number)s; a right in this state cannot be offered.") % {
            "status": LegalStatus(asset.status).label,
            "number": shown_number(asset),
        }


def suspend_for_rights(asset_ids: Iterable[int]) -> int:
    """Suspend every public listing of these rights that the rights register no longer allows; returns how many.

    Running it again changes nothing: each listing is looked at anew with its rights locked.
    """
    return sum(_suspend_if_refused(pk) for pk in _public_listings_of(asset_ids))


def suspend_without_consent(asset_ids: Iterable[int]) -> None:
    """The same at once, in the transaction of somebody who takes consent back and holds that right's lock."""
    for pk in _public_listings_of(asset_ids):
        with locked(Listing, pk) as listing:
            _suspend_refused(listing)


def _public_listings_of(asset_ids: Iterable[int]) -> list[int]:
    found = Listing.objects.filter(state__in=PUBLIC, listed__asset__in=list(asset_ids))
    return list(dict.fromkeys(found.order_by("pk").values_list("pk", flat=True)))


def _suspend_if_refused(listing_id: int) -> bool:
    with _with_rights_locked(listing_id) as listing:
        return _suspend_refused(listing)


def _suspend_refused(listing: Listing) -> bool:
    lack = refused_now(listing) if listing.state in PUBLIC else None
    if lack is None:
        return False
    reasons = in_both(lack)
    _walk(listing, "suspend", by=SYSTEM, reason=reasons["zh"], reason_zh=reasons["zh"], reason_en=reasons["en"])
    return True
