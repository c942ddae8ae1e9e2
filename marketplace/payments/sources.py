"""From which provider, and which payment in, money on its way out is taken.

What is held for a subject came in through one or several providers and can only leave where it lies. Each part of a
release remembers its sources (`Release.legs`), so what is left at each is plain arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from marketplace.payments.gateways.ports import providers
from marketplace.payments.models import Obligation, Payout, Receipt, Refund, Release
from marketplace.payments.states import PayoutState, Subject

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A provider, and the payment in where the provider asks for it (else none)."""

    provider: str
    payin_id: int = 0


def source_for(provider: str, payin_id: int | None) -> Source:
    """Payments in are told apart only at providers that want to know."""
    try:
        tied = providers.get(provider).capabilities().pay_out_source
    except KeyError:
        tied = False
    return Source(provider, (payin_id or 0) if tied else 0)


def available(subject: Subject, currency: str) -> dict[Source, Decimal]:
    """What of the money held for a subject lies where. The parts sum to what is held."""
    left: dict[Source, Decimal] = {}

    def add(source: Source, amount: Decimal) -> None:
        left[source] = left.get(source, ZERO) + amount

    receipts = (
        Receipt.objects.filter(
            obligation__subject_kind=subject[0], obligation__subject_id=subject[1], obligation__currency=currency
        )
        .order_by()
        .values_list("provider", "payin")
        .annotate(total=Sum("amount"))
    )
    for provider, payin_id, total in receipts:
        add(source_for(provider, payin_id), total)
    releases = Release.objects.filter(subject_kind=subject[0], subject_id=subject[1], currency=currency)
    for legs in releases.values_list("legs", flat=True):
        for leg in legs:
            for part in leg["sources"]:
                add(Source(part["provider"], part["payin"]), -Decimal(part["amount"]))
    cancelled = Payout.objects.about(subject).filter(currency=currency, state=PayoutState.CANCELLED)
    for payout in cancelled.exclude(release=None):
        add(source_for(payout.provider, payout.source_id), payout.amount)
    owed = Obligation.objects.about(subject).filter(currency=currency)
    for refund in Refund.objects.filter(obligation__in=owed):
        add(source_for(refund.provider, refund.payin_id), -refund.from_held)
    return left


def draw(left: dict[Source, Decimal], amount: Decimal, *, prefer: Iterable[str] = ()) -> list[tuple[Source, Decimal]]:
    """Take `amount` from what is left, whole from one source if one has enough, else from as few as needed.

    Changes `left`. Raises ValueError when there is not enough in all.
    """
    rank = {provider: place for place, provider in enumerate(prefer)}
    order = sorted(
        (source for source, sum_ in left.items() if sum_ > 0),
        key=lambda source: (left[source] < amount, rank.get(source.provider, len(rank)), -left[source], source),
    )
    parts = []
    for source in order:
        part = min(amount, left[source])
        left[source] -= part
        amount -= part
        parts.append((source, part))
        if not amount:
            return parts
    if amount:
        raise ValueError(f"{amount} of the money held lies nowhere.")
    return parts
