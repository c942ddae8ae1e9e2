"""What every event of a deal says, for notices, timelines and subscribers."""

from __future__ import annotations

from typing import Any

from listings.deals.models import Deal


def told(deal: Deal, **more: Any) -> dict[str, Any]:
    """Id, number, the two sides and the listing; no personal data."""
    return {
        "deal": deal.pk,
        "number": deal.number,
        "seller": deal.seller_id,
        "buyer": deal.buyer_id,
        "touched": {"catalogue.listing": [deal.listing_id]},
        **more,
    }
