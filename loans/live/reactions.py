"""What live loans do when something happened on the floors below: the register, deals, money, the clock."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone

from listings.deals.models import Deal
from listings.deals.money import legs_of
from listings.deals.states import LegPurpose
from loans.models import Application, Disposal, Security
from loans.services import disposing, repaying, watching
from loans.services.collecting import money_arrived
from loans.services.filings import OPEN, begin_cancellation
from loans.states.application import CollateralState
from loans.states.pledge import FilingKind
from loans.states.servicing import LIVE, DisposalState, LoanState, PaymentSource
from marketplace.core.actor import SYSTEM
from marketplace.core.models import Event
from marketplace.core.relay import subscriber
from marketplace.payments.models import Payout

DEAL = "deals.deal"
#: What a sale on this market costs: parts of the price that neither the bank nor the owners get.
COSTS = (LegPurpose.PLATFORM, LegPurpose.BROKER)


@subscriber(
    "loans-watch",
    kinds=(
        "asset.status",
        "rights.record",
        "rights.release_pledge",
        "rights.end",
        "deal.begin",
        "payout.pay",
        "obligation.settle",
        "loan.catch_up",
        "loan.settle",
    ),
    batch=100,
)
def watch(events: Sequence[Event]) -> None:
    """Take what each event means for loans. Everything looks at the loan as it is, so twice or late is harmless."""
    for event in events:
        if event.kind == "asset.status":
            watching.status_changed(asset_id=event.subject_id, event_id=event.pk)
        elif event.kind == "rights.record":
            watching.entry_recorded(entry_id=event.subject_id)
        elif event.kind in ("rights.release_pledge", "rights.end"):
            watching.entry_ended(entry_id=event.subject_id)
        elif event.kind == "deal.begin":
            rights = event.data.get("touched", {}).get("assets.asset", [])
            watching.request_made(asset_ids=rights, deal_number=str(event.data.get("number", "")), on=event.at.date())
        elif event.kind == "payout.pay":
            pledgee_paid(event.subject_id)
        elif event.kind == "obligation.settle":
            money_arrived(event)
        else:
            disposing.cured(event.subject_id)
            if event.kind == "loan.settle":
                owe_cancellation(event.subject_id)


def owe_cancellation(loan_id: int) -> None:
    """A loan is paid off: its pledge is to be cancelled at the office within the usual days."""
    application = Application.objects.filter(loan=loan_id, loan__state=LoanState.SETTLED).first()
    if application is None or application.filings.filter(kind=FilingKind.CANCELLATION, state__in=OPEN).exists():
        return
    if application.collateral.filter(state=CollateralState.PLEDGED).exists():
        begin_cancellation(application_id=application.pk, by=SYSTEM)


def pledgee_paid(payout_id: int) -> None:
    """A deal over pledged rights paid the bank: the sum is received on the loan they secure, and once only."""
    payout = Payout.objects.filter(pk=payout_id, purpose=LegPurpose.PLEDGEE, subject_kind=DEAL).first()
    if payout is None:
        return
    deal = Deal.objects.get(pk=payout.subject_id)
    security = (
        Security.objects.filter(asset__in=deal.assets.all(), loan__bank=payout.payee_id, loan__state__in=LIVE)
        .select_related("loan")
        .order_by("pk")
        .first()
    )
    if security is None:
        return
    on = timezone.localdate(payout.state_since)
    repaying.receive(
        loan_id=security.loan_id,
        reference=f"{deal.number}-{payout.pk}",
        value_date=max(on, security.loan.started_on),
        amount=Decimal(payout.amount),
        early="shorter",
        source=PaymentSource.DISPOSAL,
        by=SYSTEM,
    )
    disposal = Disposal.objects.filter(listing_number=deal.listing.number, state=DisposalState.OFFERED).first()
    if disposal is not None:
        costs = sum((leg.money.amount for leg in legs_of(deal) if leg.purpose in COSTS), Decimal("0.00"))
        disposing.sold(
            disposal_id=disposal.pk, proceeds=deal.price, costs=costs, sold_on=on, deal_id=deal.pk, by=SYSTEM
        )
