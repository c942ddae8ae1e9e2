"""Royalty licences after completion: periods, statements, invoices by obligation, payment on to the owners.

A period is a calendar year from the licence's first day on (Civil Code, article 846 leaves the kind of royalty to the
parties; the period is ours). The licensee states the base within thirty days of the period's end; the royalty is its
percentage, at least the minimum of the contract, and is held and paid out like the price, without hold-back.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from listings.deals import money
from listings.deals.graphs.royalty import PAYMENT_DAYS, ROYALTY_GRAPH
from listings.deals.models import Deal, RoyaltyPeriod
from listings.deals.states import PeriodState
from listings.deals.telling import told
from listings.rights.ruling import enforces
from marketplace.core import clock, lifecycle
from marketplace.core.actor import SYSTEM, Actor
from marketplace.core.errors import Invalid
from marketplace.core.locks import locked, locked_all
from marketplace.core.money import Money
from marketplace.core.workdays import months_after
from marketplace.payments.models import Obligation
from marketplace.payments.services import releases
from marketplace.payments.services.obligations import raise_obligation
from marketplace.payments.states import ObligationState

PERIOD_MONTHS = 12
STATEMENT_DAYS = 30


@enforces("LIC-PAYMENT")
def begin_royalties(deal: Deal) -> RoyaltyPeriod | None:
    """Begin the first period of a completed royalty licence; None when the deal knows no royalty or has begun."""
    if deal.offer.royalty_pct is None or deal.royalty_periods.exists():
        return None
    return _begin(deal, deal.offer.starts_on or deal.effective_on or clock.today())


def next_period(period_id: int) -> None:
    """The period is over: the next one begins, as long as the licence lasts. Runs twice harmlessly."""
    ended = RoyaltyPeriod.objects.select_related("deal__offer").get(pk=period_id)
    first = ended.ends_on + timedelta(days=1)
    last = _last_day(ended.deal)
    if (last is None or first <= last) and not ended.deal.royalty_periods.filter(starts_on__gte=first).exists():
        _begin(ended.deal, first)


def _begin(deal: Deal, first: date) -> RoyaltyPeriod:
    last, pct = _last_day(deal), deal.offer.royalty_pct
    assert pct is not None
    end = months_after(first, PERIOD_MONTHS) - timedelta(days=1)
    end = min(end, last) if last is not None else end
    period = RoyaltyPeriod(
        deal=deal,
        starts_on=first,
        ends_on=end,
        statement_due_on=end + timedelta(days=STATEMENT_DAYS),
        pct=pct,
        minimum=deal.offer.royalty_minimum or Decimal("0.00"),
    )
    lifecycle.begin(ROYALTY_GRAPH, period, by=SYSTEM, data=told(deal))
    return period


def _last_day(deal: Deal) -> date | None:
    """The licence's last day, or the last right's."""
    offer = deal.offer
    if offer.term_months:
        return months_after(offer.starts_on or deal.effective_on or clock.today(), offer.term_months) - timedelta(
            days=1
        )
    ends = [one.asset.expires_on for one in deal.dealt.select_related("asset") if one.asset.expires_on]
    return max(ends, default=None)


def state_royalty(*, period_id: int, base: Decimal, by: Actor) -> RoyaltyPeriod:
    """The licensee's statement for a period; the royalty is reckoned and asked for.

    Raises NotPermitted, IllegalTransition (not due yet, or stated already), Invalid.
    """
    if base < 0 or base != base.quantize(Decimal("0.01")):
        raise Invalid(field="base", problem=_("State an amount of at least zero, with two decimals at most."))
    deal_id = RoyaltyPeriod.objects.values_list("deal_id", flat=True).get(pk=period_id)
    with locked_all([(Deal, deal_id), (RoyaltyPeriod, period_id)]) as (deal, period):
        assert isinstance(deal, Deal) and isinstance(period, RoyaltyPeriod)
        due = royalty_of(period, Money(base, deal.currency))
        period.base, period.royalty, period.stated_by_id = base, due.amount, by.user_id
        if due:
            period.obligation_id = raise_obligation(
                purpose=money.ROYALTY,
                subject=deal.subject,
                payer_id=deal.buyer_id,
                money=due,
                due_at=clock.now() + timedelta(days=PAYMENT_DAYS),
                title_zh=f"许可使用费 {period.starts_on:%Y-%m-%d} 至 {period.ends_on:%Y-%m-%d}",
                title_en=f"Royalty {period.starts_on:%Y-%m-%d} to {period.ends_on:%Y-%m-%d}",
                by=SYSTEM,
            ).pk
        data = told(deal, base=f"{base:.2f}", royalty=f"{due.amount:.2f}")
        also = ("base", "royalty", "stated_by", "obligation_id")
        lifecycle.walk(ROYALTY_GRAPH, period, "state", by=by, data=data, also=also)
        if not due:
            lifecycle.walk(ROYALTY_GRAPH, period, "pay", by=SYSTEM, data=data)
    return period


def royalty_of(period: RoyaltyPeriod, base: Money) -> Money:
    """The royalty on a base: its percentage, rounded half up once, and never less than the period's minimum."""
    least = Money(period.minimum, base.currency)
    exact = base.times(period.pct / 100)
    return least if exact < least else exact


def pay_on(deal: Deal) -> None:
    """Settled royalties go out to the owners, each once, apart from the price. `deal` is locked by the caller."""
    for period_id in _settled(deal):
        with locked(RoyaltyPeriod, period_id) as period:
            assert period.royalty is not None
            legs = money.tranche_legs(deal, Money(period.royalty, deal.currency))
            releases.release(
                subject=deal.subject,
                legs=[releases.Leg(leg.payee_id, leg.purpose, leg.money) for leg in legs],
                key=f"deal:{deal.pk}:royalty:{period.pk}",
                by=SYSTEM,
            )
            lifecycle.walk(ROYALTY_GRAPH, period, "pay", by=SYSTEM, data=told(deal))


def _settled(deal: Deal) -> list[int]:
    paid = Obligation.objects.filter(purpose=money.ROYALTY, state=ObligationState.PAID).values("pk")
    invoiced = RoyaltyPeriod.objects.filter(deal=deal, state=PeriodState.INVOICED, obligation_id__in=paid)
    return list(invoiced.values_list("pk", flat=True))
