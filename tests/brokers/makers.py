"""Makers of mandates and introductions, through the services."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from listings.brokers.models import Introduction, Mandate
from listings.brokers.services.introductions import introduce
from listings.brokers.services.mandates import accept_mandate, propose_mandate
from listings.catalogue.models import Listing
from listings.deals.talks.contributions import listing_matter
from marketplace.accounts.roles import Kind
from marketplace.core import clock
from tests import cast


def zhou(name: str = "zhou") -> cast.Part:
    """A technology broker."""
    return cast._part(
        f"{name}@broker.test", name.title(), Kind.BROKER, f"{name}技术经纪有限公司", f"{name} Brokers Ltd."
    )


def a_proposal(client: cast.Part | None = None, broker: cast.Part | None = None, **given: Any) -> Mandate:
    """Ines proposes a mandate for a year from today to Zhou."""
    client, broker = client or cast.ines(), broker or zhou()
    today = clock.today()
    told: dict[str, Any] = {
        "by": client.actor,
        "starts_on": today,
        "ends_on": today + timedelta(days=364),
        "commission_pct": Decimal("3.000"),
        **given,
    }
    return propose_mandate(client_id=client.organisation.pk, broker_id=broker.organisation.pk, **told)


def a_mandate(client: cast.Part | None = None, broker: cast.Part | None = None, **given: Any) -> Mandate:
    """The same, accepted by the broker."""
    broker = broker or zhou()
    made = a_proposal(client, broker, **given)
    return accept_mandate(mandate_id=made.pk, by=broker.actor)


def an_introduction(
    listing: Listing, *, other: cast.Part | None = None, pct: str = "3.000", mandate: Mandate | None = None
) -> Introduction:
    """Zhou brings Bo to a listing of Ines."""
    mandate = mandate or a_mandate(commission_pct=Decimal(pct))
    return introduce(
        mandate_id=mandate.pk,
        matter=listing_matter(listing.number),
        other_id=(other or cast.bo()).organisation.pk,
        by=zhou().actor,
    )
