"""Royalties of a completed licence: stated, reckoned, asked for, paid, and handed on, year after year."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from listings.catalogue.models import Listing
from listings.catalogue.states import Mode
from listings.deals import money
from listings.deals.models import Deal, RoyaltyPeriod
from listings.deals.services import royalties
from listings.deals.states import DealState, LegPurpose, PeriodState
from marketplace.core import clock, timers
from marketplace.core.errors import IllegalTransition, Invalid, NotPermitted
from marketplace.core.money import Money
from marketplace.core.workdays import months_after
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import Obligation, Payout, SandboxMovement
from tests import cast
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages
from tests.deals.test_deal_path import own_place  # noqa: F401
from tests.payments.makers import a_bank_account, sandbox_pays

pytestmark = pytest.mark.django_db(transaction=True)


def a_running_licence(listing: Listing, **given: Any) -> Deal:
    """An ordinary licence at 5 % of the sales, its entrance fee paid and paid out."""
    agreed = stages.agreed(listing, royalty_pct=Decimal("5.000"), royalty_base="净销售额", **given)
    deal = stages.paid_out(stages.paid(stages.signed(agreed)), cast.ines())
    assert deal.state == DealState.COMPLETED
    return deal


def after(period: RoyaltyPeriod):
    """A moment after a period's last day."""
    return clock.at(clock.now() + (period.ends_on - clock.today()) + timedelta(days=2))


def time_passes(deal: Deal) -> None:
    """Whatever the clock owes is done, and what follows from it."""
    timers.run_due()
    stages.now(deal)


def states(period_id: int, base: str, by: cast.Part) -> RoyaltyPeriod:
    royalties.state_royalty(period_id=period_id, base=Decimal(base), by=by.actor)
    return RoyaltyPeriod.objects.get(pk=period_id)


def test_a_statement_becomes_an_invoice_and_the_payment_goes_on_to_the_licensor():
    deal = a_running_licence(a_listing(mode=Mode.ORDINARY), term_months=18)
    licensee, licensor = cast.bo(), cast.ines()
    first = deal.royalty_periods.get()
    assert (first.starts_on, first.ends_on) == (clock.today(), months_after(clock.today(), 12) - timedelta(days=1))
    assert (first.statement_due_on, first.pct) == (first.ends_on + timedelta(days=30), Decimal("5.000"))
    with pytest.raises(IllegalTransition):
        states(first.pk, "1.00", licensee)
    page = f"/workspace/deals/{deal.number}/"
    address = f"{page}royalties/{first.pk}/state/"
    assert address not in licensee.signed_in().get(page).content.decode()
    with after(first):
        time_passes(deal)
        assert address in licensee.signed_in().get(page).content.decode()
        assert address not in licensor.signed_in().get(page).content.decode()
        with pytest.raises(NotPermitted):
            states(first.pk, "1.00", licensor)
        assert licensee.signed_in().post(address, {"base": "-1"}).status_code == 422
        assert licensee.signed_in().post(address, {"base": "3000001.10"}).status_code == 302
        first.refresh_from_db()
        owed = Obligation.objects.get(pk=first.obligation_id)
        # 5 % of 3,000,001.10 are 150,000.055: rounded half up, once.
        assert (first.state, first.royalty, owed.amount) == (PeriodState.INVOICED, *[Decimal("150000.06")] * 2)
        assert (owed.payer, owed.purpose, owed.subject) == (licensee.organisation, money.ROYALTY, deal.subject)
        assert str(first.starts_on) in owed.title_zh and str(first.ends_on) in owed.title_en
        assert round((owed.due_at - clock.now()) / timedelta(days=1)) == 30
        with pytest.raises(IllegalTransition):
            states(first.pk, "5.00", licensee)
        sandbox_pays(owed, "50000.06")
        stages.now(deal)
        first.refresh_from_db()
        assert first.state == PeriodState.INVOICED, "a part is not the royalty"
        sandbox_pays(owed)
        deal = stages.now(deal)
        first.refresh_from_db()
        assert (first.state, money.held(deal).amount, deal.state) == (PeriodState.PAID, 0, DealState.COMPLETED)
        entrance_fee, royalty = Payout.objects.about(deal.subject).order_by("id")
        assert (royalty.payee, royalty.amount) == (licensor.organisation, Decimal("148500.06"))
        second = deal.royalty_periods.get(state=PeriodState.RUNNING)
        assert second.starts_on == first.ends_on + timedelta(days=1)
        assert second.ends_on == months_after(first.starts_on, 18) - timedelta(days=1), "the licence's last day"
    with after(second):
        time_passes(deal)
        assert deal.royalty_periods.count() == 2, "nothing follows the licence's end"
        # A payout comes back and the deal is open again: the royalty that arrives now is still a royalty.
        sandbox.give_back(SandboxMovement.objects.get(text=entrance_fee.reference).pk)
        sandbox.pull_statement(a_bank_account("sandbox"))
        assert stages.now(deal).state == DealState.RELEASING
        second = states(second.pk, "1000000.00", licensee)
        sandbox_pays(Obligation.objects.get(pk=second.obligation_id))
        deal = stages.now(deal)
        second.refresh_from_db()
        assert (second.state, money.held(deal).amount) == (PeriodState.PAID, 0)
        latest = Payout.objects.about(deal.subject).latest("id")
        assert (latest.purpose, latest.amount, money.releases(deal)) == (LegPurpose.SELLER, Decimal("49500.00"), 3)
        stages.adds_up()


def test_without_a_term_the_years_follow_each_other_until_the_last_right_runs_out():
    asset = a_right(expires_on=clock.today() + timedelta(days=1200))
    deal = a_running_licence(a_listing(mode=Mode.ORDINARY, assets=[asset]))
    assert royalties.begin_royalties(deal) is None, "begun once"
    for _year in range(4):
        period = deal.royalty_periods.get(state=PeriodState.RUNNING)
        with after(period):
            time_passes(deal)
            royalties.next_period(period.pk)  # told again, it changes nothing
            stated = states(period.pk, "0.00", cast.bo())
            assert (stated.state, stated.royalty, stated.obligation_id) == (PeriodState.PAID, 0, None)
    assert deal.royalty_periods.count() == 4
    assert deal.royalty_periods.latest("starts_on").ends_on == asset.expires_on
    assert not Obligation.objects.about(deal.subject).filter(purpose=money.ROYALTY).exists()


@pytest.mark.parametrize(
    ("base", "royalty"),
    [("1600000.00", "80000.00"), ("1599999.99", "80000.00"), ("1600000.20", "80000.01"), ("0.00", "80000.00")],
)
def test_a_royalty_is_its_percentage_and_never_less_than_agreed(base, royalty):
    period = RoyaltyPeriod(pct=Decimal("5.000"), minimum=Decimal("80000.00"))
    owed = royalties.royalty_of(period, Money(Decimal(base), "CNY"))
    assert owed == Money(Decimal(royalty), "CNY")


@pytest.mark.parametrize("base", ["-0.01", "10.005"])
def test_a_statement_that_is_no_amount_is_refused(base):
    with pytest.raises(Invalid) as refused:
        royalties.state_royalty(period_id=0, base=Decimal(base), by=cast.bo().actor)
    assert refused.value.field == "base"
