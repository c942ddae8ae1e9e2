"""An accepted offer becomes a deal: everything that was agreed is frozen in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings
from django.db import connection

from listings.brokers.services.introductions import Commission, commissions_for
from listings.brokers.states import Payer
from listings.catalogue.models import Listing
from listings.catalogue.numbering import next_number
from listings.deals import permission
from listings.deals.graphs.deal import DEAL_GRAPH
from listings.deals.models import Deal, DealCommission, Offer
from listings.rights.facts import Right
from marketplace.core import clock, lifecycle
from marketplace.core.actor import Actor
from marketplace.core.errors import NotPermitted

LISTING = "catalogue.listing"
SERIES = "D"


def agree(offer: Offer, by: Actor, rights: Sequence[Right]) -> Deal:
    """Make the deal of an offer being accepted, in the accepting transaction, which holds the rights' locks.

    `rights` are those of the offer as the register's check has just read them.

    Freezes price and terms as offered, the platform's fee of today, the commissions of the introductions that brought
    the two together, and the owners' shares of the proceeds.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A deal is made in the transaction that accepts its offer.")
    if by.user_id is None:
        raise NotPermitted()
    listing: Listing = offer.negotiation.listing
    deal = Deal(
        number=next_number(SERIES),
        listing=listing,
        offer=offer,
        seller_id=offer.negotiation.holder_id,
        buyer_id=offer.negotiation.buyer_id,
        pledgee_id=permission.pledgee_of(rights),
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
        agreed_by_id=by.user_id,
        agreed_at=clock.now(),
    )
    lifecycle.begin(DEAL_GRAPH, deal, by=by, data=_told(deal, offer))
    _freeze_rights_and_shares(deal, offer.asset_ids, rights)
    _freeze_commissions(deal)
    return deal


def _told(deal: Deal, offer: Offer) -> dict[str, object]:
    return {
        "number": deal.number,
        "price": f"{deal.price:.2f}",
        "currency": deal.currency,
        "seller": deal.seller_id,
        "buyer": deal.buyer_id,
        "offer": offer.pk,
        "version": offer.version,
        "touched": {"assets.asset": list(offer.asset_ids), LISTING: [deal.listing_id]},
    }


FREEZE = """
WITH dealt AS (
    INSERT INTO deals_dealasset (deal_id, asset_id, position)
    SELECT %s, asset, place - 1 FROM unnest(%s::bigint[]) WITH ORDINALITY AS v (asset, place) ORDER BY place
)
INSERT INTO deals_dealshare (deal_id, organisation_id, numerator, denominator, inventor_pct)
SELECT %s, payee, above, below, 0
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) WITH ORDINALITY AS v (payee, above, below, place) ORDER BY place
"""


def _freeze_rights_and_shares(deal: Deal, asset_ids: Sequence[int], rights: Sequence[Right]) -> None:
    """The rights in their order, and the owners' shares, the seller's first. One statement."""
    shares = permission.shares_of(rights, deal.seller_id)
    payees = sorted(shares, key=lambda payee: (payee != deal.seller_id, payee))
    above, below = [shares[one].numerator for one in payees], [shares[one].denominator for one in payees]
    with connection.cursor() as cursor:
        cursor.execute(FREEZE, [deal.pk, list(asset_ids), deal.pk, payees, above, below])


def _freeze_commissions(deal: Deal) -> None:
    found = commissions_for(
        matter_kind=LISTING,
        matter_id=deal.listing_id,
        holder_id=deal.seller_id,
        buyer_id=deal.buyer_id,
        on=clock.today(),
    )
    DealCommission.objects.bulk_create(
        DealCommission(
            deal=deal, broker_id=one.broker_id, introduction_id=one.introduction_id, pct=pct, is_on_buyer=is_on_buyer
        )
        for one in found
        for is_on_buyer, pct in _who_pays(one, is_client_buying=one.client_id == deal.buyer_id)
    )


def _who_pays(commission: Commission, *, is_client_buying: bool) -> list[tuple[bool, Decimal]]:
    """(is on the buyer, percent) of each side that pays the broker, as its mandate says."""
    if commission.payer == Payer.SPLIT:
        return [(False, commission.pct / 2), (True, commission.pct / 2)]
    return [(is_client_buying == (commission.payer == Payer.CLIENT), commission.pct)]
