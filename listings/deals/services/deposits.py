"""Deposits of sealed offers: owed when one is handed in, counted when paid, given back when its matter is settled."""

from __future__ import annotations

from collections.abc import Iterable

from listings.deals.models.negotiation import Negotiation
from listings.deals.models.offers import Offer
from listings.deals.models.sealed import SealedOffer, SealedRound
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.money import Money
from marketplace.payments.models import Obligation
from marketplace.payments.services.obligations import cancel_obligation, raise_obligation
from marketplace.payments.services.refunds import refund, refundable
from marketplace.payments.states import ObligationState

PURPOSE = "sealed_deposit"


def deposit_for(found: SealedRound, negotiation: Negotiation, by: Actor) -> int | None:
    """The obligation to pay the round's deposit, one per organisation; None where no deposit is asked."""
    if not found.deposit:
        return None
    earlier = (
        SealedOffer.objects.filter(round=found, negotiation=negotiation, obligation_id__isnull=False)
        .values_list("obligation_id", flat=True)
        .first()
    )
    if earlier is not None:
        return earlier
    number = found.listing.number
    made = raise_obligation(
        purpose=PURPOSE,
        subject=(negotiation._meta.label_lower, negotiation.pk),
        payer_id=negotiation.buyer_id,
        money=Money(found.deposit, found.currency),
        due_at=found.closes_at,
        title_zh=f"{number} 密封报价保证金",
        title_en=f"Deposit for the sealed offer on {number}",
        by=by,
    )
    return made.pk


def paid_among(obligation_ids: Iterable[int | None]) -> set[int]:
    """Those of these obligations that are paid in full."""
    wanted = [pk for pk in obligation_ids if pk is not None]
    return set(Obligation.objects.filter(pk__in=wanted, state=ObligationState.PAID).values_list("pk", flat=True))


def give_back(obligation_id: int | None) -> None:
    """Return whatever came in for a deposit, also a part of it, and ask for the rest no more. Runs twice harmlessly."""
    row = Obligation.objects.filter(pk=obligation_id or 0).first()
    if row is None:
        return
    came_in = refundable(row)
    if came_in:
        refund(
            obligation_id=row.pk,
            money=Money(came_in, row.currency),
            key=f"{PURPOSE}:{row.pk}:{row.refunded}",
            reason="sealed offer settled",
            by=SYSTEM,
        )
    elif row.is_payable and row.paid == row.refunded:
        cancel_obligation(obligation_id=row.pk, by=SYSTEM, reason="sealed offer settled")


def give_back_uncounted(found: SealedRound) -> None:
    """After the opening: return the deposits of offers that did not come to the table, since nothing else will.

    They were not paid in full by then, or their talks had ended.
    """
    asked = found.offers.exclude(obligation_id=None)
    on_the_table = Offer.objects.filter(opened_from__round=found).values("opened_from__obligation_id")
    aside = asked.exclude(obligation_id__in=on_the_table).order_by("obligation_id")
    for obligation_id in aside.values_list("obligation_id", flat=True).distinct():
        give_back(obligation_id)
