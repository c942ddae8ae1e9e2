"""The demo's listings and needs, told through the services at the times the story gives them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from listings.assets.models import Asset
from listings.assets.states import TRADABLE, LegalStatus
from listings.catalogue.graphs import LISTING_GRAPH
from listings.catalogue.lacks import Incomplete
from listings.catalogue.models import Listing, Need
from listings.catalogue.services import listings as listing_service
from listings.catalogue.services import needs as need_service
from listings.catalogue.states import ListingState, NeedState
from marketplace.accounts import demo as people
from marketplace.accounts.acting import actor_for
from marketplace.accounts.models import Delegation, Membership, Organisation, Region
from marketplace.accounts.roles import Kind, Power, Role
from marketplace.core import clock, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.demo import Say

HERE = Path(__file__).with_name("demo")
PATENTS = HERE.parent.parent / "patents" / "demo"
ASKED_BEFORE_DAYS = 3
OFFICE_HOUR = time(10, 0)
#: In these states the right may have ended after the listing was published.
LATER_ENDED = frozenset({ListingState.SUSPENDED, ListingState.EXPIRED})
#: What the loader reckons or looks up; all other content stands in the files as it is.
RECKONED = frozenset(
    {
        "mode",
        "price_min",
        "price_max",
        "royalty_pct",
        "royalty_base_zh",
        "royalty_base_en",
        "offers_until",
        "region",
        "valid_until",
    }
)
AS_WRITTEN = tuple(name for name in listing_service.CONTENT if name not in RECKONED)
NEED_AS_WRITTEN = (
    "title_zh",
    "title_en",
    "problem_zh",
    "problem_en",
    "requirements_zh",
    "requirements_en",
    "currency",
    "ipc_hints",
    "modes",
    "is_anonymous",
)


def load(say: Say) -> None:
    """Enter listings and needs that are not there yet; what our own checks refuse stays a draft and is named."""
    cast = Cast()
    refused: list[str] = []
    rows = json.loads((HERE / "listings.json").read_text("utf-8"))
    with gzip.open(HERE / "nasa_listings.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows += [json.loads(line) for line in lines]
    needs = json.loads((HERE / "needs.json").read_text("utf-8"))
    with transaction.atomic():  # the whole story or none of it, and one commit instead of thousands
        made = sum(enter_listing(row, cast, refused) for row in rows)
        made_needs = sum(enter_need(row, cast) for row in needs)
    say(f"{made} listings, {made_needs} needs")
    for line in refused:
        say(f"left as a draft: {line}")


class Cast:
    """Who plays: organisations by the demo's keys, rights by theirs, the operator's reviewer."""

    def __init__(self) -> None:
        keys = {(row["name_zh"], row["name_en"]): row["key"] for row in people.told("organisations")}
        self.organisations = {
            keys[one.name_zh, one.name_en]: one
            for one in Organisation.objects.all()
            if (one.name_zh, one.name_en) in keys
        }
        self.regions = {region.code: region for region in Region.objects.all()}
        self.reviewer = people.reviewer()
        self.known_listings = set(Listing.objects.values_list("organisation", "title_zh", "title_en"))
        self.known_needs = set(Need.objects.values_list("organisation", "title_zh", "title_en"))
        self._numbers = {
            row["key"]: (row["office"], row["application_number"]) for row in _lines(PATENTS / "sample_patents.jsonl")
        }
        self._holders: dict[tuple[str, str, str], Actor | None] = {}
        self._assets: dict[tuple[str, str], Asset] = {}
        for asset in Asset.objects.select_related("patent"):
            patent = getattr(asset, "patent", None)
            numbers = {asset.number}
            if patent is not None:
                numbers |= {patent.application_number, patent.grant_number, patent.publication_number}
            for number in numbers - {""}:
                self._assets.setdefault((asset.office, number), asset)

    def asset(self, key: str, office: str) -> Asset | None:
        """By the key of an invented patent, or by the grant number of a real one."""
        return self._assets.get(self._numbers.get(key, (office, key)))

    def holder(self, row: Mapping[str, Any], power: str) -> Actor | None:
        """Who writes for the organisation: one of its own people, or the agent that the row names."""
        key = (row["organisation"], row.get("acting") or "", power)
        if key not in self._holders:
            self._holders[key] = self._holder(row, power)
        return self._holders[key]

    def _holder(self, row: Mapping[str, Any], power: str) -> Actor | None:
        client = self.organisations.get(row["organisation"])
        if client is None:
            return None
        agent_key = row.get("acting")
        member = _keeper(self.organisations[agent_key] if agent_key else client)
        if member is None and not agent_key:
            return self.market_for(client, power)
        if member is None:
            return None
        if not agent_key:
            return actor_for(member.user, member)
        held = Delegation.objects.filter(client=client, agent=member.organisation_id, powers__contains=[power]).first()
        return actor_for(member.user, member, held) if held else None

    def market_for(self, client: Organisation, power: str) -> Actor | None:
        """Nobody of a public body whose catalogue was taken over signs in: the operator's keeper acts in its name."""
        keeper = _keeper(Organisation.objects.get(kind=Kind.OPERATOR))
        if keeper is None:
            return None
        actor = actor_for(keeper.user, keeper)
        return replace(actor, on_behalf_of=client.pk, powers=frozenset({power}))


def _keeper(organisation: Organisation) -> Membership | None:
    held = Membership.objects.live().filter(organisation=organisation, roles__overlap=[Role.OWNER, Role.STAFF])
    return held.select_related("user", "organisation").order_by("pk").first()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def office_hour(days: float) -> datetime:
    """Ten in the morning so many days ago (ahead of today when negative): when the demo's people do things."""
    day = clock.today() - timedelta(days=int(days))
    return timezone.make_aware(datetime.combine(day, OFFICE_HOUR))


def _amount(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None else None


# ── listings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def enter_listing(row: dict[str, Any], cast: Cast, refused: list[str]) -> bool:
    """One listing in the state the story gives it; False when it is there or its rights are not."""
    by = cast.holder(row, Power.LIST)
    assets = [cast.asset(key, row.get("office", "CN")) for key in row["patents"]]
    if by is None or any(asset is None for asset in assets):
        return False
    rights = [asset for asset in assets if asset is not None]
    if (by.acts_for, row["title_zh"], row["title_en"]) in cast.known_listings:
        return False
    state = row["state"]
    if row.get("listed_on"):  # a real catalogue of 2014: what ended since is not offered at all
        if any(asset.status not in TRADABLE for asset in rights):
            return False
        state = ListingState.PUBLISHED
    days = row.get("published_days_ago")
    if days is None:
        days = 30 if row.get("listed_on") else 1
    values = _listing_values(row, rights, days, cast)  # reckoned from today, before the clock is set back
    with transaction.atomic():
        with clock.at(office_hour(days + ASKED_BEFORE_DAYS)):
            listing = listing_service.create_listing(
                by=by,
                asset_ids=[asset.pk for asset in rights],
                mode=row["mode"],
                values=values,
                source_note=(row["source_note_zh"], row["source_note_en"]) if row.get("listed_on") else ("", ""),
            )
        if state == ListingState.DRAFT:
            return True
        try:
            with transaction.atomic(), as_it_stood(rights if state in LATER_ENDED else []):
                _review(listing.pk, by, state, days, cast, row)
        except Incomplete as refusal:
            refused.append(f"{row['key']}: {refusal.in_language('en')[0]}")
            return True
        _afterwards(listing.pk, by, state, days, cast, row)
    return True


def _listing_values(row: dict[str, Any], rights: list[Asset], days: int, cast: Cast) -> dict[str, Any]:
    values = {name: row[name] for name in AS_WRITTEN}
    last_day = clock.today() - timedelta(days=days) + timedelta(days=row.get("valid_for_days") or 395)
    ends = [asset.expires_on for asset in rights if asset.expires_on]
    closing = row.get("offers_close_in_days")
    return values | {
        "price_min": _amount(row["price_min"]),
        "price_max": _amount(row["price_max"]),
        "royalty_pct": _amount(row["royalty_pct"]),
        "royalty_base_zh": row.get("royalty_base_zh", ""),
        "royalty_base_en": row.get("royalty_base_en", ""),
        "offers_until": office_hour(-closing) if closing is not None else None,
        "region": cast.regions.get(row["region"]),
        "valid_until": min([last_day, *ends]),
    }


@contextmanager
def as_it_stood(rights: list[Asset]) -> Iterator[None]:
    """The register as it was before these rights ended: the story publishes first, and the right lapses later."""
    ended = {asset.pk: asset.status for asset in rights if asset.status not in TRADABLE}
    Asset.objects.filter(pk__in=ended).update(status=LegalStatus.IN_FORCE)
    try:
        yield
    finally:
        for pk, status in ended.items():
            Asset.objects.filter(pk=pk).update(status=status)


def _review(pk: int, by: Actor, state: str, days: int, cast: Cast, row: dict[str, Any]) -> None:
    asked = office_hour(days + ASKED_BEFORE_DAYS - 1)
    with clock.at(asked if state != ListingState.IN_REVIEW else office_hour(days)):
        listing_service.submit_listing(listing_id=pk, by=by)
    if state == ListingState.IN_REVIEW:
        return
    with clock.at(office_hour(days)):
        if state == ListingState.RETURNED:
            reason = row["state_reason_zh"] or row["state_reason_en"]
            listing_service.return_listing(listing_id=pk, by=cast.reviewer, reason=reason)
        else:
            listing_service.publish_listing(listing_id=pk, by=cast.reviewer)


def _afterwards(pk: int, by: Actor, state: str, days: int, cast: Cast, row: dict[str, Any]) -> None:
    reason = row.get("state_reason_zh") or row.get("state_reason_en") or ""
    if state == ListingState.EXPIRED:
        due = Listing.objects.get(pk=pk).due_at
        assert due is not None
        with clock.at(due):
            lifecycle.take_timed_step(LISTING_GRAPH, pk, "expire")
        return
    with clock.at(office_hour(max(1, days // 3))):
        if state == ListingState.SUSPENDED:
            ended = Asset.objects.filter(listed__listing=pk).exclude(status__in=TRADABLE)
            if not listing_service.suspend_for_status(ended.values_list("pk", flat=True)):
                listing_service.suspend_listing(listing_id=pk, by=cast.reviewer, reason=reason)
        elif state == ListingState.RESERVED:
            listing_service.reserve_listing(listing_id=pk, by=by)
        elif state == ListingState.WITHDRAWN:
            listing_service.withdraw_listing(listing_id=pk, by=by, reason=reason)


# ── needs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def enter_need(row: dict[str, Any], cast: Cast) -> bool:
    """One need; False when it is there."""
    by = cast.holder(row, Power.NEED)
    if by is None or (by.acts_for, row["title_zh"], row["title_en"]) in cast.known_needs:
        return False
    days = row["published_days_ago"] if row["published_days_ago"] is not None else 1
    values = {name: row[name] for name in NEED_AS_WRITTEN} | {
        "budget_min": _amount(row["budget_min"]),
        "budget_max": _amount(row["budget_max"]),
        "deadline": clock.today() + timedelta(days=row["deadline_in_days"]),
        "region": cast.regions.get(row["region"]),
    }
    with transaction.atomic():
        with clock.at(office_hour(days + ASKED_BEFORE_DAYS)):
            need = need_service.create_need(by=by, values=values)
        if row["state"] == NeedState.DRAFT:
            return True
        with clock.at(office_hour(days + (0 if row["state"] == NeedState.IN_REVIEW else 1))):
            need_service.submit_need(need_id=need.pk, by=by)
        if row["state"] == NeedState.IN_REVIEW:
            return True
        with clock.at(office_hour(days)):
            need_service.publish_need(need_id=need.pk, by=cast.reviewer)
        if row["state"] == NeedState.MET:
            with clock.at(office_hour(max(1, days // 3))):
                need_service.meet_need(need_id=need.pk, by=by)
    return True
