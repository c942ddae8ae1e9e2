"""What a deal does when something happened on the floors below: signatures, consents, money, payouts, the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from listings.deals.models import Deal
from listings.deals.services import closing, contracts, disputes, royalties
from marketplace.core.locks import locked
from marketplace.core.models import Event
from marketplace.core.relay import subscriber

SUBJECT = "deals.deal"


def _deal_of(event: Event) -> int | None:
    """The deal an event of a lower floor concerns: those floors name their subject in the event's data."""
    subject = event.data.get("subject") or ("", 0)
    return int(subject[1]) if subject[0] == SUBJECT else None


@subscriber(
    "deals-follow",
    kinds=(
        "document.complete",
        "consent.give",
        "consent.confirm",
        "obligation.settle",
        "payout.pay",
        "payout.fail",
        "refund.complete",
        "refund.overtake",
        "payin.dispute",
        "dispute.withdraw",
        "deal.lapse",
        "deal.complete",
        "royalty.end",
        "listing.release",
    ),
    batch=100,
)
def follow(events: Sequence[Event]) -> None:
    """Take the step each event opens. Every step looks at the deal as it is now, so twice or late changes nothing."""
    for event in events:
        if event.kind == "deal.lapse":
            closing.lapsed(deal_id=event.subject_id)
            continue
        if event.kind == "deal.complete":
            royalties.begin_royalties(Deal.objects.select_related("offer").get(pk=event.subject_id))
            continue
        if event.kind == "dispute.withdraw":
            closing.go_on(deal_id=int(event.data["deal"]))
            continue
        if event.kind == "listing.release":
            closing.keep_reserved(listing_id=event.subject_id)
            continue
        if event.kind == "royalty.end":
            royalties.next_period(event.subject_id)
            continue
        deal_id = _deal_of(event)
        if deal_id is not None:
            STEPS[event.kind](deal_id, event)


def _contract_signed(deal_id: int, event: Event) -> None:
    contracts.contract_signed(deal_id=deal_id, document_id=event.subject_id)


def _charged_back(deal_id: int, event: Event) -> None:
    with locked(Deal, deal_id) as deal:
        disputes.freeze_for_chargeback(
            deal, complaint=event.reason or str(event.data.get("reason", "")) or "chargeback"
        )


def _payout_failed(deal_id: int, event: Event) -> None:
    closing.payout_came_back(deal_id=deal_id)


STEPS: dict[str, Callable[[int, Event], None]] = {
    "document.complete": _contract_signed,
    "consent.confirm": lambda deal_id, event: contracts.consent_given(deal_id=deal_id),
    "consent.give": lambda deal_id, event: contracts.consent_given(deal_id=deal_id),
    "obligation.settle": lambda deal_id, event: closing.money_arrived(deal_id=deal_id),
    "payout.pay": lambda deal_id, event: closing.go_on(deal_id=deal_id),
    "payout.fail": _payout_failed,
    "refund.complete": lambda deal_id, event: closing.refund_done(deal_id=deal_id),
    "refund.overtake": lambda deal_id, event: closing.refund_done(deal_id=deal_id),
    "payin.dispute": _charged_back,
}
