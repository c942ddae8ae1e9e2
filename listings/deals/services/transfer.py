"""What a deal changes in the register of rights here, once it has effect."""

from __future__ import annotations

from datetime import date
from typing import Any

from listings.catalogue.states import Mode
from listings.deals import permission
from listings.deals.guards import RECORDALS
from listings.deals.models import Deal
from listings.deals.states import FilingState
from listings.rights.checking import GivenConsent
from listings.rights.models import Entry
from listings.rights.services.entries import NOBODY, Who
from listings.rights.services.licences import record_licence
from listings.rights.services.ownership import record_assignment
from listings.rights.services.pledges import release_pledge
from listings.rights.states import ConsentKind, EntryKind, LicenceType, Source
from marketplace.core.actor import SYSTEM, Actor

LICENCE_TYPES: dict[str, LicenceType] = {
    Mode.EXCLUSIVE: LicenceType.EXCLUSIVE,
    Mode.SOLE: LicenceType.SOLE,
    Mode.ORDINARY: LicenceType.ORDINARY,
    Mode.OPEN: LicenceType.OPEN,
}


def enter_into_register(deal: Deal, *, on: date) -> list[Entry]:
    """Enter ownership or licence of every right of the deal, all or none, checked once more under the rights' locks.

    All owners' shares pass: those beside the seller have consented. Raises RightsRefused when the register has come to
    forbid it, and then nothing of the deal moves.
    """
    # The seller agreed by signing the contract; the register asks every owner, since all their shares pass.
    given = [*permission.given_consents(deal), GivenConsent(ConsentKind.CO_OWNER, deal.seller_id)]
    evidence = (
        deal.filings.filter(kind__in=RECORDALS, state=FilingState.APPROVED)
        .values_list("evidence_id", flat=True)
        .first()
    )
    common: dict[str, Any] = {
        "by": SYSTEM,
        "source": Source.MARKET,
        "evidence_id": evidence,
        "reference": deal.number,
        "recorded_on": on if evidence else None,
        "subject": deal.subject,
        "consents": given,
    }
    if not deal.is_licence:
        return [
            record_assignment(asset_id=pk, from_=NOBODY, to=Who(deal.buyer_id), effective_on=on, **common)
            for pk in sorted(permission.asset_ids_of(deal))
        ]
    return [
        record_licence(
            asset_id=pk,
            licensor=Who(deal.seller_id),
            licensee=Who(deal.buyer_id),
            licence_type=LICENCE_TYPES[deal.mode],
            scope=permission.scope_of(deal),
            amount=deal.money,
            other_country=deal.buyer.country,
            **common,
        )
        for pk in sorted(permission.asset_ids_of(deal))
    ]


def release_pledges(deal: Deal, *, on: date, by: Actor) -> None:
    """The pledgee shows that the pledge is cancelled: its entries end on that day."""
    for entry in (
        Entry.objects.live()
        .verified()
        .filter(asset__in=permission.asset_ids_of(deal), kind=EntryKind.PLEDGE, party=deal.pledgee_id)
    ):
        release_pledge(entry_id=entry.pk, by=by, on=on)
