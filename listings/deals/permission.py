"""What the register of rights says to a deal: whether it may be done, whose consent it needs, who owns which share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from listings.catalogue.states import Mode
from listings.rights.checking import Verdict, check
from listings.rights.scope import Scope
from listings.rights.states import Act
from marketplace.signing.states import ConsentState

if TYPE_CHECKING:
    from listings.deals.models import Deal

ACTS: dict[str, Act] = {
    Mode.TRANSFER: Act.ASSIGN,
    Mode.DISPOSAL: Act.ASSIGN,
    Mode.EXCLUSIVE: Act.EXCLUSIVE,
    Mode.SOLE: Act.SOLE,
    Mode.ORDINARY: Act.ORDINARY,
    Mode.OPEN: Act.TAKE_OPEN,
}


def scope_of(deal: Deal) -> Scope:
    """Where, for what and until when the deal gives the buyer something; the whole for an assignment."""
    return deal.offer.scope if deal.is_licence else Scope()


def verdict(deal: Deal, *, asset_ids: Sequence[int] | None = None) -> Verdict:
    """What stands against the deal today, its own reservation aside; consents it needs are conditions of the verdict."""
    return check(
        asset_ids or list(deal.dealt.values_list("asset_id", flat=True)),
        ACTS[deal.mode],
        holder_id=deal.seller_id,
        other_id=deal.buyer_id,
        other_country=deal.buyer.country,
        scope=scope_of(deal),
        subject=deal.subject,
    )


def consents_missing(deal: Deal) -> list[str]:
    """Names of those whose consent to the current contract is needed and not given."""
    if deal.contract is None:
        return []
    asked = deal.contract.consents.standing().select_related("organisation", "person")
    return [one.party_name for one in asked if one.state != ConsentState.GIVEN]
