"""Makers of rights, listings and needs. Listings and needs go through the services; rights stand in for an import."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from listings.assets.models import Asset, Party
from listings.assets.states import LegalStatus, PartyRole
from listings.catalogue.models import Listing, Need
from listings.catalogue.services import listings as listing_service
from listings.catalogue.services import needs as need_service
from listings.catalogue.states import ListingState, Mode, NeedState, PriceMode
from listings.patents.models import Patent
from listings.patents.numbers import check_digit
from marketplace.core import clock
from tests import cast

_serial = count(1)


def a_right(holder: cast.Part | None = None, **given: Any) -> Asset:
    """A granted invention in force until 2040, held by Ines unless told otherwise."""
    holder = holder or cast.ines()
    body = f"20201{next(_serial):07d}"
    number = f"{body}.{check_digit(body)}"
    patent = {
        "patent_kind": given.pop("kind", "invention"),
        "ipc": given.pop("ipc", ["C08J 5/22"]),
        "has_evaluation_report": given.pop("has_report", False),
        "abstract_zh": given.pop("abstract_zh", "一种含氟聚合物膜。"),
    }
    is_granted = given.pop("is_granted", True)
    values: dict[str, Any] = {
        "office": "CN",
        "number": number,
        "title_zh": "含氟聚合物电解质膜",
        "title_en": "Fluoropolymer electrolyte membrane",
        "status": LegalStatus.IN_FORCE if is_granted else LegalStatus.PENDING,
        "status_on": date(2026, 11, 1),
        "filed_on": date(2020, 5, 6),
        "granted_on": date(2022, 3, 1) if is_granted else None,
        "expires_on": date(2040, 5, 6),
        "holder": holder.organisation,
        "created_at": clock.now(),
        "updated_at": clock.now(),
        **given,
    }
    asset = Asset.objects.create(**values)
    Patent.objects.create(asset=asset, application_number=asset.number, **patent)
    Party.objects.create(asset=asset, role=PartyRole.OWNER, sequence=1, name=holder.organisation.name_zh)
    return asset


def content(**given: Any) -> dict[str, Any]:
    """Everything a listing for sale needs."""
    return {
        "title_zh": "含氟聚合物电解质膜转让",
        "title_en": "Fluoropolymer membrane for sale",
        "problem_zh": "薄膜机械强度不足。",
        "problem_en": "Thin membranes tear.",
        "benefit_zh": "15 μm 下拉伸强度 38 MPa。",
        "benefit_en": "38 MPa at 15 μm.",
        "applications_zh": "燃料电池",
        "applications_en": "Fuel cells",
        "readiness": 7,
        "evidence_zh": "台架 1200 小时",
        "evidence_en": "1,200 hours on the bench",
        "territory_zh": "中国大陆",
        "territory_en": "Mainland China",
        "term_months": 36,
        "price_mode": PriceMode.FIXED,
        "price_min": Decimal("4800000.00"),
        "valid_until": clock.today() + timedelta(days=180),
        **given,
    }


def a_listing(
    state: str = ListingState.PUBLISHED, *, by: cast.Part | None = None, assets: list[Asset] | None = None, **given: Any
) -> Listing:
    """A listing in any of its states, brought there by the steps that lead there."""
    holder = by or cast.ines()
    rights = [a_right(holder)] if assets is None else assets
    mode = given.pop("mode", Mode.TRANSFER)
    made = listing_service.create_listing(
        by=holder.actor, asset_ids=[one.pk for one in rights], mode=mode, values=content(**given)
    )
    bring_listing(made.pk, state, holder)
    return Listing.objects.with_rights().get(pk=made.pk)


def bring_listing(pk: int, state: str, holder: cast.Part) -> None:
    """Walk a complete draft to `state`."""
    who, desk = holder.actor, cast.ops().actor
    if state == ListingState.DRAFT:
        return
    if state == ListingState.WITHDRAWN:
        listing_service.withdraw_listing(listing_id=pk, by=who)
        return
    listing_service.submit_listing(listing_id=pk, by=who)
    if state == ListingState.IN_REVIEW:
        return
    if state == ListingState.RETURNED:
        listing_service.return_listing(listing_id=pk, by=desk, reason="Evidence is missing.")
        return
    listing_service.publish_listing(listing_id=pk, by=desk)
    if state == ListingState.RESERVED:
        listing_service.reserve_listing(listing_id=pk, by=who)
    elif state == ListingState.SUSPENDED:
        asset = Listing.objects.get(pk=pk).assets.all()[0]
        Asset.objects.filter(pk=asset.pk).update(status=LegalStatus.LAPSED)
        listing_service.suspend_for_status([asset.pk])
        Asset.objects.filter(pk=asset.pk).update(status=LegalStatus.IN_FORCE)
    elif state == ListingState.CLOSED:
        listing_service.close_listing(listing_id=pk, by=who)
    elif state == ListingState.EXPIRED:
        expire(Listing.objects.get(pk=pk))


def expire(listing: Listing) -> None:
    """Let the clock reach the day after the last day."""
    from listings.catalogue.graphs import LISTING_GRAPH
    from marketplace.core.lifecycle import take_timed_step

    assert listing.due_at is not None
    with clock.at(listing.due_at + timedelta(seconds=1)):
        take_timed_step(LISTING_GRAPH, listing.pk, "expire")


def need_content(**given: Any) -> dict[str, Any]:
    return {
        "title_zh": "高速主轴密封",
        "title_en": "Seal for fast spindles",
        "problem_zh": "油气渗出",
        "problem_en": "Oil mist leaks",
        "requirements_zh": "泄漏低于 1 mL/h",
        "requirements_en": "Leak below 1 mL/h",
        "budget_min": Decimal("300000.00"),
        "budget_max": Decimal("600000.00"),
        "deadline": clock.today() + timedelta(days=90),
        "ipc_hints": ["F16J 15/32"],
        "modes": [Mode.ORDINARY],
        **given,
    }


def a_need(state: str = NeedState.PUBLISHED, *, by: cast.Part | None = None, **given: Any) -> Need:
    seeker = by or cast.bo()
    made = need_service.create_need(by=seeker.actor, values=need_content(**given))
    who, desk = seeker.actor, cast.ops().actor
    if state == NeedState.WITHDRAWN:
        need_service.withdraw_need(need_id=made.pk, by=who)
    elif state != NeedState.DRAFT:
        need_service.submit_need(need_id=made.pk, by=who)
        if state == NeedState.RETURNED:
            need_service.return_need(need_id=made.pk, by=desk, reason="Too vague.")
        elif state != NeedState.IN_REVIEW:
            need_service.publish_need(need_id=made.pk, by=desk)
            if state == NeedState.MET:
                need_service.meet_need(need_id=made.pk, by=who)
            elif state == NeedState.EXPIRED:
                from listings.catalogue.graphs import NEED_GRAPH
                from marketplace.core.lifecycle import take_timed_step

                found = Need.objects.get(pk=made.pk)
                assert found.due_at is not None
                with clock.at(found.due_at + timedelta(seconds=1)):
                    take_timed_step(NEED_GRAPH, made.pk, "expire")
    return Need.objects.get(pk=made.pk)
