"""Deals that took a turn nobody planned for, and still end: what the machine found, told one by one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from listings.assets.models import Asset
from listings.deals import money
from listings.deals.models import Negotiation, Offer
from listings.deals.refusals import ProceedsTooSmall
from listings.deals.services import closing, contracts, disputes, filings
from listings.deals.services.offers import accept_offer, make_offer
from listings.deals.states import DealState, LegPurpose
from listings.deals.talks.states import OfferState
from listings.deals.terms import Milestone
from listings.rights.models import Entry
from listings.rights.services.pledges import release_pledge
from marketplace.core import clock
from marketplace.core.money import Money
from marketplace.payments import ledger
from marketplace.payments.gateways import sandbox
from marketplace.payments.models import Obligation, Payout, SandboxMovement
from marketplace.payments.states import AccountKind, ObligationState
from tests import cast
from tests.catalogue.makers import a_listing, a_right
from tests.deals import stages
from tests.deals.test_deal_path import own_place  # noqa: F401
from tests.payments.makers import a_bank_account, sandbox_pays
from tests.rights.makers import pledged

pytestmark = pytest.mark.django_db(transaction=True)
HALVES = (Milestone("首付", Decimal("2300000.00"), 10), Milestone("尾款", Decimal("2300000.00"), 40))


def bank_takes_back(obligation: Obligation) -> None:
    """The payer's bank recalls the latest transfer for it."""
    sandbox.give_back(SandboxMovement.objects.filter(text=obligation.reference, amount__gt=0).latest("pk").pk)
    sandbox.pull_statement(a_bank_account("sandbox"))


def test_a_dispute_withdrawn_after_the_recordal_lets_the_money_go():
    deal = stages.paid(stages.signed(stages.agreed()))
    dispute = disputes.raise_dispute(deal_id=deal.pk, complaint="范围不符", by=cast.bo().actor)
    filings.approve_evidence(filing_id=stages.evidenced(deal).pk, by=cast.ops().actor)
    assert stages.now(deal).state == DealState.RECORDING
    disputes.withdraw_dispute(dispute_id=dispute.pk, reason="已澄清", by=cast.bo().actor)
    deal = stages.now(deal)
    assert (deal.state, money.held(deal).amount) == (DealState.RELEASING, 0)
    stages.adds_up()


def test_a_right_recorded_after_its_dispute_was_decided_passes_all_the_same():
    deal = stages.paid(stages.signed(stages.agreed()))
    filing = stages.evidenced(deal)
    dispute = disputes.raise_dispute(deal_id=deal.pk, complaint="范围不符", by=cast.bo().actor)
    disputes.propose_decision(dispute_id=dispute.pk, seller_pct=Decimal(60), decision="六四开", by=cast.ops().actor)
    from tests.cast import Part

    root = Part(cast.ops().organisation.memberships.get(user__email="root@market.test").user, cast.ops().organisation)
    disputes.confirm_decision(dispute_id=dispute.pk, by=root.actor)
    assert stages.now(deal).state == DealState.RELEASING
    filings.approve_evidence(filing_id=filing.pk, by=cast.ops().actor)
    assert Asset.objects.get(dealt__deal=deal).holder == cast.bo().organisation
    stages.adds_up()


def test_a_milestone_paid_early_goes_out_with_the_first():
    deal = stages.signed(stages.agreed(milestones=HALVES))
    deal = stages.paid(deal)
    assert money.held(deal).amount == stages.PRICE
    deal = stages.recorded(deal)
    assert (deal.state, money.held(deal).amount) == (DealState.RELEASING, 0)
    deal = stages.paid_out(deal, cast.ines())
    assert deal.state == DealState.COMPLETED
    stages.adds_up()


def test_a_payoff_is_covered_by_what_is_released_first():
    asset = a_right()
    pledged(asset, cast.lena())
    deal = stages.agreed(a_listing(assets=[asset]), milestones=HALVES)
    contracts.draw_up(deal_id=deal.pk, by=cast.ines().actor)
    with pytest.raises(ProceedsTooSmall):
        contracts.state_payoff(deal_id=deal.pk, amount=Money(Decimal("2300000.00"), "CNY"), by=cast.lena().actor)
    contracts.state_payoff(deal_id=deal.pk, amount=Money(Decimal("2000000.00"), "CNY"), by=cast.lena().actor)


def test_a_pledge_let_go_before_the_signatures_asks_for_no_payoff():
    asset = a_right()
    entry = pledged(asset, cast.lena())
    deal = stages.agreed(a_listing(assets=[asset]))
    release_pledge(entry_id=entry.pk, by=cast.lena().actor, on=clock.today())
    assert stages.signed(deal).state == DealState.PAYING
    assert not Entry.objects.live().filter(asset=asset, kind="pledge").exists()


def test_after_a_deal_fell_through_the_two_may_agree_anew():
    listing = a_listing()
    deal = stages.agreed(listing)
    closing.cancel(deal_id=deal.pk, reason="资金未到位", by=cast.bo().actor)
    talks = Negotiation.objects.get(listing=listing)
    assert (talks.state, Offer.objects.get().state) == ("talking", OfferState.UNDONE)
    closing.lapsed(deal_id=deal.pk)  # told again, it changes nothing
    offer = make_offer(
        negotiation_id=talks.pk, by=cast.bo().actor, terms=stages.terms(listing, price=Decimal("4000000.00")), answers=1
    )
    accept_offer(negotiation_id=talks.pk, version=offer.version, by=cast.ines().actor)
    assert listing.deals.exclude(pk=deal.pk).get().price == Decimal("4000000.00")
    stages.adds_up()


def test_a_deal_whose_payment_was_taken_back_in_part_can_still_be_cancelled():
    deal = stages.signed(stages.agreed())
    owed = Obligation.objects.about(deal.subject).get()
    sandbox_pays(owed, "1000000.00")
    sandbox_pays(owed, "500000.00")
    bank_takes_back(owed)
    owed.refresh_from_db()
    assert (owed.state, owed.paid) == (ObligationState.REOPENED, Decimal("1000000.00"))
    closing.cancel(deal_id=deal.pk, reason="不再购买", by=cast.bo().actor)
    deal = stages.paid_out(deal)
    owed.refresh_from_db()
    assert (owed.state, owed.refunded) == (ObligationState.REFUNDED, Decimal("1000000.00"))
    stages.adds_up()


def test_money_taken_back_after_the_release_is_made_good_and_not_paid_out_twice():
    deal = stages.recorded(stages.paid(stages.signed(stages.agreed())))
    deal = stages.paid_out(deal, cast.ines())
    assert deal.state == DealState.COMPLETED
    owed = Obligation.objects.about(deal.subject).get()
    bank_takes_back(owed)
    assert ledger.balances(deal.subject)[AccountKind.RECEIVABLE, "CNY"] == stages.PRICE
    owed.refresh_from_db()
    sandbox_pays(owed)
    deal = stages.now(deal)
    assert ledger.balances(deal.subject)[AccountKind.RECEIVABLE, "CNY"] == 0
    assert money.held(deal).amount == 0
    assert Payout.objects.about(deal.subject).filter(purpose=LegPurpose.SELLER).count() == 1
    stages.adds_up()
