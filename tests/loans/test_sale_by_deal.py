"""Collateral sold on this market: the bank's listing, a deal, the ledger, and the proceeds by rank, to the cent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from listings.assets.models import Asset
from listings.catalogue.models import Listing
from listings.catalogue.services import listings as listing_service
from listings.catalogue.states import ListingState
from listings.deals.models import Deal
from listings.deals.services import contracts
from listings.deals.states import DealState
from listings.rights.refusals import RightsRefused
from loans.models import Disposal, Loan, LossShare
from loans.services import day_end, disposing
from loans.states.servicing import DisposalState, LoanState, Route
from loans.waterfall import Bearer
from marketplace.core import clock
from marketplace.core.workdays import months_after
from marketplace.payments.models import Payout
from tests import cast
from tests.catalogue.makers import a_listing, a_right, bring_listing, content
from tests.deals import stages
from tests.deals.test_deal_path import own_place  # noqa: F401
from tests.loans.lent import a_cover, a_loan
from tests.payments.makers import cny
from tests.rights.makers import pledged

pytestmark = pytest.mark.django_db(transaction=True)


def for_sale(asset: Asset) -> Disposal:
    """A loan of 800,000.00 that owes 40,000.00 of interest and no penalty, its right put up for sale by the bank."""
    bank, today = cast.lena(), clock.today()
    entry = pledged(asset, bank)
    loan = a_loan(
        "800000.00",
        12,
        bank=bank,
        borrower=cast.ines(),
        paid_on=months_after(today, -14),
        covers=[a_cover(asset, entry_id=entry.pk)],
        method="SINGLE_PAYMENT",
        day_count="30E/360",
        annual_rate_pct=Decimal(5),
        penalty_grace_days=240,
    )
    with clock.at(clock.now() - timedelta(days=20)):
        day_end.close_day(clock.today())
        disposal = disposing.give_notice(
            loan_id=loan.pk, ground="unpaid", cure_by=clock.today() + timedelta(days=10), by=bank.actor
        )
    ladder = disposing.default_ladder(200_000_000, today)
    disposing.choose_route(disposal_id=disposal.pk, route=Route.MARKET, ladder=ladder, by=bank.actor)
    return disposing.offer(disposal_id=disposal.pk, by=bank.actor)


def sold_by_deal(disposal: Disposal, price: str) -> Deal:
    """Bo buys; the bank states its payoff as the market counts it, and everything arrives."""
    bank, owner = cast.lena(), cast.ines()
    listing = Listing.objects.get(number=disposal.listing_number)
    listing_service.save_draft(listing_id=listing.pk, by=bank.actor, values=content(price_min=Decimal(price)))
    bring_listing(listing.pk, ListingState.PUBLISHED, bank)
    listing.refresh_from_db()
    deal = stages.agreed(listing, seller=bank, price=Decimal(price))
    assert deal.pledgee_id == deal.seller_id == bank.organisation.pk
    deal = stages.signed(deal, seller=bank)
    assert deal.state == DealState.CONSENTING, "the payoff is still to be stated"
    most = int(deal.price * 100) - int(deal.price * deal.platform_fee_pct)
    owed = disposing.payoff_for(
        bank_id=bank.organisation.pk, asset_ids=[one.asset_id for one in disposal.securities.all()], most=most
    )
    contracts.state_payoff(deal_id=deal.pk, amount=cny(f"{owed / 100:.2f}"), by=bank.actor)
    deal = stages.now(deal)
    assert deal.state == DealState.PAYING
    deal = stages.recorded(stages.paid(deal))
    return stages.paid_out(deal, bank, owner)


def payouts(deal: Deal) -> dict[str, Decimal]:
    return dict(Payout.objects.about(deal.subject).values_list("purpose", "amount"))


def ranks(disposal: Disposal) -> dict[str, int]:
    return {one["rank"]: one["paid"] for one in disposal.waterfall}


@pytest.mark.rule("PLG-SURPLUS", "ENF-ORDER", "PLG-NO-TRANSFER")
def test_a_surplus_goes_back_to_the_pledgor_and_a_loss_is_borne(settings) -> None:
    settings.PLATFORM_FEE_PCT = "5.000"
    disposal = for_sale(a_right(cast.ines()))
    deal = sold_by_deal(disposal, "1000000.00")
    assert payouts(deal) == {"pledgee": Decimal("840000.00"), "co_owner": Decimal("110000.00")}
    disposal.refresh_from_db()
    assert (disposal.state, disposal.deal_id, disposal.costs) == (DisposalState.SOLD, deal.pk, 5_000_000)
    loan = Loan.objects.get(pk=disposal.loan_id)
    assert loan.state == LoanState.SETTLED
    done = disposing.distribute(disposal_id=disposal.pk, by=cast.lena().actor)
    assert ranks(done.disposal) == {
        "sale_costs": 5_000_000, "enforcement": 0, "interest": 4_000_000, "principal": 80_000_000, "penalty": 0,
        "surplus": 11_000_000,
    }  # fmt: skip
    assert loan.payments.get().cents == 84_000_000, "once, through the deal"
    stages.adds_up()

    settings.PLATFORM_FEE_PCT = "10.000"
    disposal = for_sale(a_right(cast.ines()))
    deal = sold_by_deal(disposal, "500000.00")
    assert payouts(deal) == {"pledgee": Decimal("450000.00")}
    pools = (Bearer("province", Decimal(40), 100_000_000), Bearer("city", Decimal(20), 100_000_000))
    done = disposing.distribute(disposal_id=disposal.pk, by=cast.lena().actor, bearers=pools)
    assert (done.flow.lost_principal, ranks(done.disposal)["principal"]) == (39_000_000, 41_000_000)
    assert dict(LossShare.objects.filter(loan=disposal.loan_id).values_list("bearer", "cents")) == {
        "province": 15_600_000, "city": 7_800_000, "bank": 15_600_000,
    }  # fmt: skip
    stages.adds_up()


@pytest.mark.rule("PLG-NO-TRANSFER")
def test_a_bank_sells_nothing_that_is_not_pledged_to_it() -> None:
    bank = cast.lena()
    free = a_right(cast.ines())
    listing = a_listing(by=bank, assets=[free], mode="disposal")
    with pytest.raises(RightsRefused) as refused:
        stages.agreed(listing, seller=bank)
    assert "not_owner" in [one.code for one in refused.value.findings]
    assert not Deal.objects.exists()


@pytest.mark.rule("PLG-REALISE")
def test_a_bank_sells_no_collateral_before_a_default_and_its_notice() -> None:
    """A listing of the bank's own making does not help: the loan is paid as agreed."""
    bank, asset = cast.lena(), a_right(cast.ines())
    entry = pledged(asset, bank)
    loan = a_loan("800000.00", 12, bank=bank, borrower=cast.ines(), covers=[a_cover(asset, entry_id=entry.pk)])
    listing = a_listing(by=bank, assets=[asset], mode="disposal")
    with pytest.raises(RightsRefused) as refused:
        stages.agreed(listing, seller=bank)
    assert "not_under_disposal" in [one.code for one in refused.value.findings]
    assert not Deal.objects.exists()
    loan.refresh_from_db()
    assert loan.state == LoanState.ACTIVE
