"""Listings under offer, in any number: what an acceptance starts from. Written in bulk, not by the services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

TRADERS = 40
LICENCES = 2


@dataclass(frozen=True)
class Standing:
    """An offer that waits for its holder's word: the talks it stands in and who may accept it."""

    negotiation_id: int
    holder_id: int
    user_id: int


def traders(count: int = TRADERS) -> list[tuple[Any, Any]]:
    """(person, organisation) pairs, each a verified enterprise with its owner."""
    from marketplace.accounts.models import Membership, Organisation, User
    from marketplace.core import clock

    now, first = clock.now(), User.objects.count()
    people = User.objects.bulk_create(
        User(email=f"trader{first + n}@bench.test", name=f"Trader {first + n}") for n in range(count)
    )
    firms = Organisation.objects.bulk_create(
        Organisation(
            kind="enterprise",
            name_zh=f"第{first + n}号贸易有限公司",
            name_en=f"Trader {first + n} Ltd.",
            state="verified",
            state_since=now,
            verified_at=now,
            created_at=now,
        )
        for n in range(count)
    )
    Membership.objects.bulk_create(
        Membership(user=person, organisation=firm, roles=["owner"]) for person, firm in zip(people, firms, strict=True)
    )
    return list(zip(people, firms, strict=True))


def listings(count: int, rights: int, holders: list[tuple[Any, Any]]) -> list[Any]:
    """Published listings of `rights` patents each, every one with its owner and two ordinary licences entered."""
    from listings.assets.models import Asset, Party
    from listings.catalogue.models import ListedAsset, Listing
    from listings.patents.models import Patent
    from listings.rights.models import Entry
    from listings.rights.scope import Scope
    from marketplace.core import clock

    now, whole = clock.now(), Scope()
    first = Asset.objects.count()
    owner = [holders[n % len(holders)][1] for n in range(count)]
    assets = Asset.objects.bulk_create(
        (
            Asset(
                office="CN",
                number=f"2020{10_000_000 + first + n * rights + at}.1",
                title_zh="含氟聚合物膜",
                status="in_force",
                filed_on=date(2020, 5, 6),
                granted_on=date(2022, 3, 1),
                expires_on=date(2040, 5, 6),
                holder=owner[n],
                created_at=now,
                updated_at=now,
            )
            for n in range(count)
            for at in range(rights)
        ),
        batch_size=2000,
    )
    Patent.objects.bulk_create(
        (Patent(asset=one, patent_kind="invention", application_number=one.number) for one in assets), batch_size=2000
    )
    Party.objects.bulk_create(
        (Party(asset=one, role="owner", sequence=1, name=one.holder.name_zh) for one in assets), batch_size=2000
    )
    plain = {
        "territory": whole.territory,
        "field": whole.field,
        "starts_on": date(2023, 1, 1),
        "source": "cnipa",
        "created_at": now,
    }
    entries = [Entry(asset=one, kind="ownership", party=one.holder, **plain) for one in assets]
    entries += [
        Entry(asset=one, kind="licence", licence_type="ordinary", party_name=f"被许可人{n}", **plain)
        for one in assets
        for n in range(LICENCES)
    ]
    Entry.objects.bulk_create(entries, batch_size=2000)
    serial = Listing.objects.count()
    made = Listing.objects.bulk_create(
        (
            Listing(
                number=f"B-{serial + n:07d}",
                organisation=owner[n],
                created_by=holders[n % len(holders)][0],
                mode="transfer",
                title_zh="含氟聚合物膜转让",
                title_en="Fluoropolymer membrane for sale",
                price_mode="negotiable",
                valid_until=date.today() + timedelta(days=180),
                published_at=now,
                state="published",
                state_since=now,
                created_at=now,
                updated_at=now,
            )
            for n in range(count)
        ),
        batch_size=2000,
    )
    ListedAsset.objects.bulk_create(
        (
            ListedAsset(listing=listing, asset=assets[n * rights + at], position=at)
            for n, listing in enumerate(made)
            for at in range(rights)
        ),
        batch_size=2000,
    )
    return made


def offers(wanted: list[tuple[Any, Any]]) -> list[Standing]:
    """A standing offer for each (listing, buyer): its enquiry, its talks, and the timers that wait for all three."""
    from listings.catalogue.models import Enquiry, ListedAsset
    from listings.deals.models import Negotiation, Offer
    from marketplace.accounts.models import Membership
    from marketplace.core import clock
    from marketplace.core.models import Timer

    now = clock.now()
    until = now + timedelta(days=14)
    person = dict(Membership.objects.values_list("organisation", "user"))
    enquiries = Enquiry.objects.bulk_create(
        (
            Enquiry(
                listing=listing, organisation=buyer, asked_by_id=person[buyer.pk], message="厚度多少？", asked_at=now
            )
            for listing, buyer in wanted
        ),
        batch_size=2000,
    )
    serial = Negotiation.objects.count()
    talks = Negotiation.objects.bulk_create(
        (
            Negotiation(
                number=f"BT-{serial + n:07d}",
                enquiry=one,
                listing=one.listing,
                holder_id=one.listing.organisation_id,
                buyer=one.organisation,
                opened_at=now,
                first_answered_at=now,
                last_said_at=now,
                state="talking",
                state_since=now,
            )
            for n, one in enumerate(enquiries)
        ),
        batch_size=2000,
    )
    rights: dict[int, list[int]] = {}
    ids = {listing.pk for listing, _ in wanted}
    for listing_id, asset_id in ListedAsset.objects.filter(listing__in=ids).values_list("listing_id", "asset_id"):
        rights.setdefault(listing_id, []).append(asset_id)
    made = Offer.objects.bulk_create(
        (
            Offer(
                negotiation=one,
                version=1,
                maker_id=one.buyer_id,
                receiver_id=one.holder_id,
                made_by_id=person[one.buyer_id],
                made_at=now,
                asset_ids=sorted(rights[one.listing_id]),
                mode="transfer",
                price=Decimal("4600000.00"),
                valid_until=until,
                state="standing",
                state_since=now,
                due_at=until,
            )
            for one in talks
        ),
        batch_size=2000,
    )
    owed = [("deals.offer", one.pk, "offer.expire") for one in made]
    owed += [("deals.negotiation", one.pk, "negotiation.lapse") for one in talks]
    owed += [("catalogue.listing", pk, "listing.expire") for pk in ids]
    Timer.objects.bulk_create(
        (Timer(subject_kind=kind, subject_id=pk, name=name, due_at=until) for kind, pk, name in owed), batch_size=2000
    )
    return [Standing(one.pk, one.holder_id, person[one.holder_id]) for one in talks]
