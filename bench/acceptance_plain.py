"""The acceptance of an offer as a plain ORM program writes it: an object at a time, each read and saved by itself.

It makes the checks and leaves the rows that the service makes and leaves: the same locks in the same order, the same
rules of the register asked of the same facts, the same events, timers, deal and reservations. It is the measure the
service is held against; it is written to be short and clear, neither slowed down nor tuned.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from psycopg.types.range import DateRange

from listings.assets.models import Asset
from listings.assets.states import ONLY_GRANTED
from listings.brokers.models import Introduction
from listings.brokers.services.introductions import protected_until
from listings.catalogue.graphs import RESERVED_DAYS
from listings.catalogue.models import Listing, NumberSeries
from listings.deals.graphs.deal import CONTRACT_WORKING_DAYS
from listings.deals.models import Deal, DealAsset, DealCommission, DealShare, Negotiation, Offer
from listings.deals.refusals import ConsentsMissing
from listings.deals.talks.refusals import ListingChanged, ListingNotOpen, NoStandingOffer, OfferExpired, OfferStale
from listings.rights.checking import judge
from listings.rights.facts import Case, EntryFact, GivenConsent, Owner, Right
from listings.rights.models import Reservation
from listings.rights.scope import WHOLE
from listings.rights.states import Act
from listings.rights.wording import Named
from marketplace.core import clock
from marketplace.core.errors import NotPermitted
from marketplace.core.events import wake_relay
from marketplace.core.lifecycle import WorkingDays
from marketplace.core.models import Event, Timer


def accept(negotiation_id: int, version: int, organisation_id: int, user_id: int) -> Deal:
    """Accept the standing offer of a transfer for the holder. Raises the refusals of the service."""
    with transaction.atomic():
        now, today = clock.now(), clock.today()
        seen = Negotiation.objects.get(pk=negotiation_id)
        rights = sorted(seen.listing.listed.values_list("asset_id", flat=True))
        assets = [Asset.objects.select_for_update(no_key=True).get(pk=pk) for pk in rights]
        listing = Listing.objects.select_for_update(no_key=True).get(pk=seen.listing_id)
        negotiation = Negotiation.objects.select_for_update(no_key=True).get(pk=negotiation_id)
        if negotiation.holder_id != organisation_id or not negotiation.is_open:
            raise NotPermitted()
        latest = negotiation.offers.order_by("-version").first()
        if latest is None or latest.version > version:
            raise OfferStale(seen=version)
        offer = negotiation.offers.get(version=version)
        if offer.state != "standing" or offer.receiver_id != organisation_id:
            raise NoStandingOffer()
        if clock.database_now() >= offer.valid_until:
            raise OfferExpired(until=str(offer.valid_until))
        if listing.state not in ("published", "reserved"):
            raise ListingNotOpen()
        if sorted(listing.listed.values_list("asset_id", flat=True)) != rights or rights != offer.asset_ids:
            raise ListingChanged()

        case = Case(Act.ASSIGN, today, negotiation.holder_id, negotiation.buyer_id, negotiation.buyer.country, WHOLE)
        facts = [right(asset, today) for asset in assets]
        if any(one.consent is None for one in judge(case, facts).blocks):
            raise ConsentsMissing(names="")

        told = {"number": negotiation.number, "holder": negotiation.holder_id, "buyer": negotiation.buyer_id}
        change(offer, "offer.accept", "accepted", user_id, organisation_id, told | {"version": offer.version})
        negotiation.last_said_at = now
        change(negotiation, "negotiation.agree", "agreed", user_id, organisation_id, told)
        listing.version += 1
        listing.updated_at = now
        listing.due_at = now + timedelta(days=RESERVED_DAYS)
        change(listing, "listing.reserve", "reserved", None, None, {"touched": {"assets.asset": rights}})
        Timer.objects.create(
            subject_kind="catalogue.listing", subject_id=listing.pk, name="listing.release", due_at=listing.due_at
        )
        deal = make_deal(offer, negotiation, listing, facts, user_id, organisation_id)
        for asset in assets:
            reserve(asset, deal, user_id, organisation_id)
        transaction.on_commit(wake_relay)
    return deal


def right(asset: Asset, today: Any) -> Right:
    """The facts the rules are asked about, gathered for one right."""
    patent, holder = asset.patent, asset.holder
    period = DateRange(today, None, "[)")
    entries = []
    found = asset.entries.exclude(kind="name_change").filter(Q(period__contains=today) | Q(kind="licence"))
    for one in found.order_by("pk"):
        party = one.party
        in_force = one.period.lower <= today and (one.period.upper is None or today < one.period.upper)
        meets = one.period.upper is None or one.period.upper > today
        entries.append(
            EntryFact(
                id=one.pk,
                asset_id=asset.pk,
                kind=one.kind,
                licence_type=one.licence_type,
                party_id=one.party_id,
                party_zh=party.name_zh if party else one.party_name,
                party_en=party.name_en if party else one.party_name,
                grantor_id=one.grantor_id,
                share_numerator=one.share_numerator,
                share_denominator=one.share_denominator,
                starts_on=one.starts_on,
                ends_on=one.ends_on,
                is_recorded_only=one.is_recorded_only,
                export_category=one.export_category,
                may_sublicense=one.may_sublicense,
                in_force=in_force,
                meets=meets,
                covers=meets and one.period.lower <= today,
            )
        )
    owners = tuple(
        Owner(
            one.party_id,
            Named(one.party_zh, one.party_en),
            Fraction(one.share_numerator, one.share_denominator) if one.share_numerator else None,
        )
        for one in entries
        if one.kind == "ownership" and one.in_force and not one.is_recorded_only
    )
    if not owners:
        owners = tuple(Owner(None, Named(one.name, one.name_en)) for one in asset.parties.filter(role="owner"))
    consents = tuple(
        GivenConsent(one.kind, one.organisation_id, one.name, asset.pk, tuple(one.acts))
        for one in asset.consents.filter(revoked_at__isnull=True, subject_id__isnull=True)
    )
    reserved = asset.reservations.filter(
        released_at__isnull=True,
        territory__overlap=WHOLE.territory,
        field__overlap=WHOLE.field,
        period__overlap=period,
    )
    return Right(
        id=asset.pk,
        office=asset.office,
        number=asset.number,
        status=asset.status,
        granted_on=asset.granted_on,
        expires_on=asset.expires_on,
        holder_id=asset.holder_id,
        holder_country=holder.country if holder else "",
        patent_kind=patent.patent_kind,
        has_report=patent.has_evaluation_report,
        is_granted=asset.granted_on is not None or asset.status in ONLY_GRANTED,
        owners=owners,
        consents=consents,
        reserved_by=tuple((one.act, one.subject_kind, one.subject_id) for one in reserved),
        entries=entries,
    )


def change(
    row: Any, kind: str, state: str, user_id: int | None, organisation_id: int | None, data: dict[str, Any]
) -> None:
    """The event, the name the trigger asks for, the row, and the timers that no longer apply."""
    event = Event.objects.create(
        at=clock.now(),
        kind=kind,
        subject_kind=row._meta.label_lower,
        subject_id=row.pk,
        actor_id=user_id,
        org_id=organisation_id,
        before=row.state,
        after=state,
        data=data,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('market.event', %s, true)", [str(event.pk)])
    row.state, row.state_since = state, clock.now()
    if state != "reserved":
        row.due_at = None
    row.save()
    Timer.objects.filter(subject_kind=row._meta.label_lower, subject_id=row.pk, done_at__isnull=True).delete()


def make_deal(
    offer: Offer,
    negotiation: Negotiation,
    listing: Listing,
    facts: list[Right],
    user_id: int,
    organisation_id: int,
) -> Deal:
    """The deal with its number, rights, shares, commissions, deadline and event."""
    now = clock.now()
    series, _ = NumberSeries.objects.select_for_update().get_or_create(name="D", year=clock.today().year)
    series.last += 1
    series.save()
    due = WorkingDays(CONTRACT_WORKING_DAYS)(None, now)
    pledge = next((one.pledge for one in facts if one.pledge is not None), None)
    deal = Deal.objects.create(
        number=f"D-{series.year}-{series.last:05d}",
        listing=listing,
        offer=offer,
        seller_id=negotiation.holder_id,
        buyer_id=negotiation.buyer_id,
        pledgee_id=pledge.party_id if pledge else None,
        mode=offer.mode,
        title_zh=listing.title_zh,
        title_en=listing.title_en,
        price=offer.price,
        currency=offer.currency,
        deposit=offer.deposit,
        platform_fee_pct=Decimal(settings.PLATFORM_FEE_PCT),
        hold_back_pct=offer.hold_back_pct,
        hold_back_days=offer.hold_back_days,
        terms=offer.terms.as_dict(),
        agreed_by_id=user_id,
        agreed_at=now,
        state="agreed",
        state_since=now,
        due_at=due,
    )
    Event.objects.create(
        at=now,
        kind="deal.begin",
        subject_kind="deals.deal",
        subject_id=deal.pk,
        actor_id=user_id,
        org_id=organisation_id,
        after="agreed",
        data={"number": deal.number, "price": f"{deal.price:.2f}", "offer": offer.pk, "version": offer.version},
    )
    Timer.objects.create(subject_kind="deals.deal", subject_id=deal.pk, name="deal.expire", due_at=due)
    for at, pk in enumerate(offer.asset_ids):
        DealAsset.objects.create(deal=deal, asset_id=pk, position=at)
    shares: dict[int, Fraction] = {}
    for one in facts:
        for owner in one.owners:
            payee = owner.organisation_id or deal.seller_id
            part = owner.share or Fraction(1, len(one.owners))
            shares[payee] = shares.get(payee, Fraction(0)) + part / len(facts)
    for payee, share in shares.items():
        DealShare.objects.create(
            deal=deal, organisation_id=payee, numerator=share.numerator, denominator=share.denominator
        )
    introductions = Introduction.objects.filter(matter_kind="catalogue.listing", matter_id=listing.pk).filter(
        other__in=[deal.seller_id, deal.buyer_id], mandate__client__in=[deal.seller_id, deal.buyer_id]
    )
    for one in introductions.order_by("at", "pk"):
        if protected_until(one) >= clock.today():
            DealCommission.objects.create(
                deal=deal,
                broker_id=one.terms["broker_id"],
                introduction_id=one.pk,
                pct=Decimal(one.terms["commission_pct"]),
                is_on_buyer=one.terms["payer"] == "buyer",
            )
    return deal


def reserve(asset: Asset, deal: Deal, user_id: int, organisation_id: int) -> None:
    """Speak for one right, in a lane of its own."""
    days = WHOLE.period(clock.today())
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('rights_reservation', 'id'))")
        number = cursor.fetchone()[0]
    row = Reservation.objects.create(
        id=number,
        asset=asset,
        act=Act.ASSIGN,
        lane=number,
        territory=WHOLE.territory,
        field=WHOLE.field,
        period=DateRange(days.lower, days.upper, "[)"),
        subject_kind="deals.deal",
        subject_id=deal.pk,
        created_at=clock.now(),
    )
    Event.objects.create(
        at=clock.now(),
        kind="rights.reserve",
        subject_kind="rights.reservation",
        subject_id=row.pk,
        actor_id=user_id,
        org_id=organisation_id,
        data={"touched": {"assets.asset": [asset.pk]}, "act": row.act, "subject": ["deals.deal", deal.pk]},
    )
